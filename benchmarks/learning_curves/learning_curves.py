"""Multi-fidelity strategies beside peers, on real learning curves in simulated time.

    learning_curves.py run --bench DIR --results FILE --sturgeon PROGRAM --strategies random asha
    learning_curves.py run --bench DIR --results FILE --peers optuna-hyperband syne-asha
    learning_curves.py report --bench DIR --results FILE

A neural network's validation cross entropy after each of 52 epochs and the seconds until then, as
LCBench's surrogate tells them (DIR is a copy of the harness, see README.md), for four data sets. A tuner
drives 1, 8, 64 or 512 workers; only training takes (simulated) time. The unit of time is the mean full
training of random configurations of the data set, and a mark is so many of those: at mark 10, ten of
them would have fitted one after the other on each worker.

Regret is that of the trial which a user would take then: of those trained furthest the one with the
least loss. Its loss after the last epoch counts, on a scale where 0 is the least loss found by a search
over the surrogate itself and 1 the median of random configurations.
"""

import argparse
import functools
import importlib.metadata
import json
import math
import multiprocessing
import os
import sys
import time
from collections import defaultdict
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # before NumPy is imported
    os.environ.setdefault(variable, "1")

import numpy as np
import simulator
import tuners

TASKS = ["3945", "7593", "126026", "167149"]
MARKS = [0.3, 1, 3, 10, 30]
HORIZON = {1: 30, 8: 10, 64: 3, 512: 1}  # by workers: 30 to 512 full trainings in all

PEERS = {  # name -> (class, options, package)
    "optuna-hyperband": (tuners.Optuna, {}, "optuna"),
    "optuna-hyperband-liar": (tuners.Optuna, {"sampler": "tpe-liar"}, "optuna"),
    "optuna-asha": (tuners.Optuna, {"pruner": "asha"}, "optuna"),
    "optuna-tpe": (tuners.Optuna, {"pruner": "none"}, "optuna"),
    "syne-asha": (tuners.SyneTune, {}, "syne-tune"),
    "syne-bohb": (tuners.SyneTune, {"scheduler": "BOHB"}, "syne-tune"),
    "smac-hyperband": (tuners.Smac, {}, "smac"),
    "dehb": (tuners.Dehb, {}, "dehb"),
}


def chosen(args):
    """Label -> (factory, version) of what the command line names."""
    found = {}
    for spec in args.strategies:
        label, equals, strategy = spec.partition("=")
        if not equals:
            strategy = spec
        if strategy.startswith("{"):
            strategy = json.loads(strategy)
        program = (
            str(Path(args.sturgeon).resolve()) if Path(args.sturgeon).exists() else args.sturgeon
        )
        factory = functools.partial(tuners.Sturgeon, program=program, strategy=strategy)
        found[label] = (factory, json.dumps(strategy))
    for name in args.peers:
        kind, options, package = PEERS[name]
        found[name] = (functools.partial(kind, **options), importlib.metadata.version(package))
    return found


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


_work = None  # what the forked processes work on


def _run(work):
    label, task, workers, seed = work
    factories, curves, horizon = _work
    factory, version = factories[label]
    of = curves[task]
    record = {"tuner": label, "version": version, "task": task, "workers": workers, "seed": seed}
    start = time.time()
    try:
        tuner = factory(of.space, of.epochs, seed, workers)
        try:
            result = simulator.simulate(tuner, of, workers, horizon[workers] * of.full)
        finally:
            tuner.close()
    except Exception as e:  # a failure is a result, too
        return {**record, "error": f"{type(e).__name__}: {e}"[:500]}
    wall = round(time.time() - start, 1)
    return {**record, "horizon": horizon[workers], "full": of.full, **result, "wall_s": wall}


def run(problems, args):
    """Runs what is missing in the results file."""
    global _work
    horizon = {w: args.horizon or HORIZON[w] for w in args.workers}
    factories = chosen(args)
    _work = (factories, {task: simulator.Curves(problems, task) for task in args.tasks}, horizon)
    done = {
        (r["tuner"], r["task"], r["workers"], r["seed"])
        for r in read(args.results)
        if r["horizon"] >= horizon.get(r["workers"], 0)
    }
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    todo = [
        (label, task, workers, seed)
        for seed in seeds
        for workers in args.workers
        for label in factories
        for task in args.tasks
        if (label, task, workers, seed) not in done
    ]
    failed = 0
    with multiprocessing.get_context("fork").Pool(args.jobs) as pool:
        for record in pool.imap_unordered(_run, todo):
            where = "{tuner}, task {task}, {workers} workers, seed {seed}".format(**record)
            if "error" in record:
                failed += 1
                print(f"FAILED {where}: {record['error']}", flush=True)
                continue
            with args.results.open("a") as file:
                file.write(json.dumps(record) + "\n")
            print(
                f"{where}: {record['configurations']} configurations, {record['epochs']} epochs, "
                f"{100 * record['utilisation']:.1f} % busy, {record['wall_s']} s",
                flush=True,
            )
    return failed


def at(path, seconds, before):
    """The last value of [[seconds, value], ...] at a time."""
    value = before
    for when, then in path:
        if when > seconds:
            break
        value = then
    return value


def interval(values, draw=np.random.default_rng(0)):
    """The 95 % bootstrap interval of the mean."""
    means = draw.choice(values, (1000, len(values))).mean(axis=1)
    return np.percentile(means, [2.5, 97.5])


def report(problems, args):
    """Mean regret and rank at each mark, one table for each number of workers."""
    newest = {
        (r["tuner"], r["task"], r["workers"], r["seed"]): r
        for path in args.results
        for r in read(path)
    }
    records = [r for r in newest.values() if not args.tuners or r["tuner"] in args.tuners]
    scale = {}
    for task in sorted({r["task"] for r in records}):
        curves = simulator.Curves(problems, task)
        found = min(min(v for _, v in r["path"]) for r in records if r["task"] == task)
        scale[task] = (min(curves.least(), found), curves.median)
    path = "seen" if args.seen else "path"
    for workers in sorted({r["workers"] for r in records}):
        mine = [r for r in records if r["workers"] == workers]
        labels = args.tuners or sorted({r["tuner"] for r in mine})
        marks = [m for m in args.marks if m <= max(r["horizon"] for r in mine)]
        regret = defaultdict(dict)  # (task, mark) -> tuner -> [seeds]
        for r in sorted(mine, key=lambda r: r["seed"]):
            least, median = scale[r["task"]]
            for mark in marks:
                if mark <= r["horizon"]:
                    value = at(r[path], mark * r["full"], before=median)
                    of = regret[r["task"], mark].setdefault(r["tuner"], [])
                    of.append((value - least) / (median - least))
        print(f"\n{workers} workers\n")
        head = [f"regret at {m}" for m in marks] + [f"rank at {m}" for m in marks]
        print("| tuner | seeds | " + " | ".join(head) + " | busy | epochs a configuration |")
        print("| --- " * (len(head) + 4) + "|")
        for label in labels:
            rows = [r for r in mine if r["tuner"] == label]
            if not rows:
                continue
            cells = [label, str(len({r["seed"] for r in rows}))]
            for mark in marks:
                of = [regret[t, mark].get(label, []) for t in scale]
                every = [x for values in of for x in values]
                cells.append(f"{np.mean(every):.4f} ({np.median(every):.4f})" if every else "")
            for mark in marks:
                ranks = []
                for task in scale:
                    others = regret[task, mark]
                    if label not in others:
                        continue
                    a = np.array(others[label])
                    rank = 1.0
                    for other, values in others.items():
                        if other != label and other in labels:
                            b = np.array(values)
                            rank += np.mean((b[:, None] < a) + 0.5 * (b[:, None] == a))
                    ranks.append(rank)
                cells.append(f"{np.mean(ranks):.2f}" if ranks else "")
            cells.append(f"{100 * np.mean([r['utilisation'] for r in rows]):.1f} %")
            cells.append(
                f"{sum(r['epochs'] for r in rows) / sum(r['configurations'] for r in rows):.1f}"
            )
            print("| " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for function in (run, report):
        p = commands.add_parser(function.__name__, help=function.__doc__.split("\n")[0])
        p.set_defaults(function=function)
        p.add_argument("--bench", required=True, help="a copy of the harness")
        if function is run:
            p.add_argument("--results", required=True, type=Path, help="the file to add to")
            p.add_argument("--sturgeon", default="sturgeon", help="the program")
            p.add_argument("--strategies", nargs="*", default=[], metavar="NAME|LABEL=JSON")
            p.add_argument("--peers", nargs="*", default=[], choices=list(PEERS), metavar="PEER")
            p.add_argument("--tasks", nargs="*", default=TASKS)
            p.add_argument("--workers", type=int, nargs="*", default=list(HORIZON))
            p.add_argument("--horizon", type=float, default=0, help="in full trainings a worker")
            p.add_argument("--seeds", type=int, default=5)
            p.add_argument("--first-seed", type=int, default=0)
            p.add_argument("--jobs", type=int, default=1, help="runs at a time")
        else:
            p.add_argument("--results", required=True, type=Path, nargs="+", help="such files")
            p.add_argument("--tuners", nargs="*", default=[], help="by default all")
            p.add_argument("--marks", type=float, nargs="*", default=MARKS)
            p.add_argument(
                "--seen", action="store_true", help="of the least loss seen at any epoch"
            )
    args = parser.parse_args()
    sys.path.insert(0, str(Path(args.bench).resolve()))
    import problems

    sys.exit(args.function(problems, args))


if __name__ == "__main__":
    main()
