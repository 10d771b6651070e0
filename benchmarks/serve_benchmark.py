"""Asks and tells a second through the pipe of `sturgeon serve`.

    bazel build //apps:sturgeon
    python3 benchmarks/serve_benchmark.py bazel-bin/apps/sturgeon

Asks for trials of a ten-dimensional mixed space in batches and tells a value for each, and prints
how many asked and told trials a second passed, with the peer's JSON and this program's both paid for.
"""

import argparse
import json
import subprocess
import time

SPACE = [
    {"name": "f0", "type": "float", "low": -5, "high": 5},
    {"name": "f1", "type": "float", "low": 0, "high": 1},
    {"name": "f2", "type": "float", "low": 1e-6, "high": 1, "scale": "log"},
    {"name": "f3", "type": "float", "low": 1e-3, "high": 1e3, "scale": "log"},
    {"name": "i0", "type": "int", "low": 1, "high": 10},
    {"name": "i1", "type": "int", "low": 0, "high": 100},
    {"name": "i2", "type": "int", "low": 1, "high": 1024, "scale": "log"},
    {"name": "c0", "type": "categorical", "choices": ["a", "b"]},
    {"name": "c1", "type": "categorical", "choices": ["a", "b", "c"]},
    {"name": "c2", "type": "categorical", "choices": ["a", "b", "c", "d", "e"]},
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("sturgeon", help="the program")
    parser.add_argument("--trials", type=int, default=100000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--strategy", default="random")
    args = parser.parse_args()

    peer = subprocess.Popen(
        [args.sturgeon, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )

    def send(message):
        peer.stdin.write(json.dumps(message).encode() + b"\n")
        peer.stdin.flush()

    def call(message):
        send(message)
        answer = json.loads(peer.stdout.readline())
        if "error" in answer:
            raise SystemExit(answer["error"])
        return answer

    send({"space": SPACE, "strategy": args.strategy, "seed": 1, "budget": args.trials})
    start = time.perf_counter()
    done = 0
    while done < args.trials:
        trials = call({"ask": min(args.batch, args.trials - done)})["trials"]
        call({"tell": [{"id": t["id"], "value": t["params"]["f0"] ** 2} for t in trials]})
        done += len(trials)
    seconds = time.perf_counter() - start
    peer.stdin.close()
    peer.wait()
    print(
        f"{args.strategy}: {done} trials asked and told in {seconds:.2f} s, in batches of {args.batch}: "
        f"{done / seconds:.0f} a second"
    )


if __name__ == "__main__":
    main()
