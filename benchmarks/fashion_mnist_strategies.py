"""Strategies on Fashion-MNIST: the error that each reaches in the same number of trials.

    ./bazelw build //apps:sturgeon //experiments:fashion_mnist
    python3 benchmarks/fashion_mnist_strategies.py random auto

Runs the study //experiments:fashion_mnist (or --experiment) with each strategy and each seed, and prints
the validation error of the best trial after a half and after all of them, and the error of its network
on the test images, which nothing else touches: means over the seeds and their standard deviations, in
percent.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tune(args, strategy, seed):
    """The result file of one run."""
    name, colon, options = strategy.partition(":")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "result.json"
        command = [ROOT / "bazel-bin" / "experiments" / args.experiment, f"--strategy={name}",
                   "--storage=memory:"]
        command += [f"--seed={seed}", f"--output={output}", "--test_best", "--format=json"]
        if colon:
            command.append(f"--strategy_options={options}")
        if args.trials:
            command.append(f"--trials={args.trials}")
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(
                f"{strategy}, seed {seed}: exit status {done.returncode}\n{done.stderr[-2000:]}"
            )
        return json.loads(output.read_text())


def errors(result):
    """Percent: validation error after half of the trials and after all, and test error."""
    metric = result["objectives"][0]["metric"]
    trials = sorted(result["trials"], key=lambda trial: trial["id"])
    values = [100 * t["values"][0] if t["state"] == "complete" else 100.0 for t in trials]
    test = result["test"]["metrics"][metric.replace("validation", "test")]
    return min(values[: len(values) // 2]), min(values), 100 * test


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("strategies", nargs="+", metavar="STRATEGY[:OPTION=VALUE,…]")
    parser.add_argument("--experiment", default="fashion_mnist")
    parser.add_argument("--trials", type=int, default=0, help="by default what the study says")
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()

    found = {strategy: [] for strategy in args.strategies}
    for seed in range(1, args.seeds + 1):
        for strategy in args.strategies:
            start = time.time()
            found[strategy].append(errors(tune(args, strategy, seed)))
            cells = ", ".join(f"{e:.2f}" for e in found[strategy][-1])
            print(
                f"seed {seed}, {strategy}: {cells} ({time.time() - start:.0f} s)",
                file=sys.stderr,
                flush=True,
            )
    print("| strategy | validation error, half of the trials | all | test error | seeds won |")
    print("| --- | --- | --- | --- | --- |")
    least = [min(found[s][k][1] for s in found) for k in range(args.seeds)]
    for strategy, rows in found.items():
        cells = " | ".join(
            f"{statistics.mean(column):.2f} ± {statistics.stdev(column) if len(rows) > 1 else 0:.2f}"
            for column in zip(*rows)
        )
        won = sum(row[1] == best for row, best in zip(rows, least))
        print(f"| {strategy} | {cells} | {won} |")


if __name__ == "__main__":
    main()
