"""Scores Sturgeon's strategies beside the recorded peers (benchmarks/README.md has examples).

    scoreboard.py run --bench DIR --sturgeon PROGRAM --strategies tpe gp
    scoreboard.py report --bench DIR --labels sturgeon-tpe sturgeon-gp --detail
    scoreboard.py compare --bench DIR sturgeon-tpe sturgeon-tpe-pending8
    scoreboard.py overhead --bench DIR --sturgeon PROGRAM --strategies tpe gp --optimizers optuna-tpe
    scoreboard.py harness --bench DIR COMMAND ...

DIR is a copy of the harness. What `run` measures goes to its results/labels/LABEL.jsonl and replaces
what was there; with --record it is added to results/runs.jsonl, as a peer that need not run again.
"""

import argparse
import importlib.metadata
import json
import sys
import time
from collections import defaultdict
from pathlib import Path

import harness
import numpy as np

RECORDED = Path("results/runs.jsonl")
LABELS = Path("results/labels")
PEERS = ["vizier", "ax", "optuna-gp", "optuna-tpe-mv", "optuna-tpe", "pycma"]  # shown in details


def factories_of(hpobench, args):
    """Label -> (factory, version) for all that the command line names."""
    chosen = {}
    suffix = args.suffix + (f"-pending{args.pending}" if args.pending > 1 else "")
    for spec in args.strategies:
        label, equals, strategy = spec.partition("=")
        if not equals:
            label, strategy = f"sturgeon-{spec}", spec
        if strategy.startswith("{"):
            strategy = json.loads(strategy)
        factory = harness.sturgeon(hpobench, args.sturgeon, strategy, args.pending)
        chosen[label + suffix] = (harness.with_pending(factory, args.pending), str(strategy))
    for name in args.optimizers:
        factory, package = hpobench.OPTIMIZERS[name]
        version = importlib.metadata.version(package)
        chosen[name + suffix] = (harness.with_pending(factory, args.pending), version)
    return chosen


def run(hpobench, args):
    """Runs optimisers, and shows the score of each problem."""
    problems = [
        (split, problem)
        for split in args.splits
        for problem in hpobench.build(split)
        if not args.problems or any(part in problem.name for part in args.problems)
    ]
    factories = factories_of(hpobench, args)
    path = {label: RECORDED if args.record else LABELS / f"{label}.jsonl" for label in factories}
    done = set()
    if args.record:
        done = {
            (r["optimizer"], r["problem"], r["seed"])
            for r in harness.read(RECORDED)
            if len(r["values"]) >= args.budget
        }
    else:
        peers = {r["optimizer"] for r in harness.read(RECORDED)} & set(factories)
        if peers:
            sys.exit(
                f"recorded already: {', '.join(sorted(peers))}; give --record, another label or a --suffix"
            )
        for label in factories:
            path[label].unlink(missing_ok=True)
    start, seconds, failed = time.time(), defaultdict(float), 0
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    for record in harness.run(hpobench, factories, problems, seeds, args.budget, args.jobs, done):
        label = record["optimizer"]
        if "error" in record:
            failed += 1
            print(
                f"FAILED {label} {record['problem']} seed {record['seed']}: {record['error']}",
                flush=True,
            )
            continue
        seconds[label] += record["optimizer_s"]
        hpobench.append_jsonl(path[label], record)
    spent = ", ".join(f"{label} {s:.1f} s" for label, s in seconds.items())
    print(f"{time.time() - start:.1f} s, {failed} failed; in the optimisers: {spent}\n")
    names = {problem.name for _, problem in problems}
    records = [r for r in records_of(factories) if r["problem"] in names]
    budgets = [b for b in args.budgets if b <= args.budget] or [args.budget]
    for split in args.splits:
        detail(hpobench, records, split, budgets, list(factories))
    return failed


def records_of(labels):
    """The runs of the recorded peers and of the labels."""
    return [
        r
        for path in [RECORDED, *(LABELS / f"{label}.jsonl" for label in labels)]
        for r in harness.read(path)
    ]


class Scores:
    """The score of each run on the problems of a split at a budget, on the harness's scale."""

    def __init__(self, hpobench, records, split, budget):
        optima = {p.name: p.optimum for p in hpobench.build(split)}
        found, best = defaultdict(lambda: defaultdict(dict)), dict(optima)
        for r in sorted(records, key=lambda r: -len(r["values"])):
            name = r["problem"]
            if name not in optima:
                continue
            values = np.nan_to_num(np.array(r["values"], dtype=float), nan=np.inf)
            if optima[name] is None:
                best[name] = min(values.min(), np.inf if best[name] is None else best[name])
            if len(values) >= budget:
                found[name][r["optimizer"]][r["seed"]] = values[:budget].min()
        self.of = {}  # problem -> optimiser -> scores, [seeds]
        for name in optima:
            if len(found[name].get("random", ())) < 2:
                continue
            zero = float(np.median(list(found[name]["random"].values())))
            if zero - best[name] > 1e-12:  # there is room above random search
                self.of[name] = {
                    optimizer: hpobench.scores(
                        np.array([runs[seed] for seed in sorted(runs)]), zero, best[name]
                    )
                    for optimizer, runs in found[name].items()
                }


def detail(hpobench, records, split, budgets, labels):
    """A line a problem: the mean scores of the labels, then of peers."""
    tables = [Scores(hpobench, records, split, budget).of for budget in budgets]
    names = labels + [p for p in PEERS if p not in labels]
    columns = [
        (b, t, n)
        for b, t in zip(budgets, tables)
        for n in names
        if any(n in row for row in t.values())
    ]
    width = [max(6, len(n)) for _, _, n in columns]
    means = [[] for _ in columns]
    if not columns:
        return
    print(f"{'':32}" + "  ".join(f"{n:>{w}}" for (_, _, n), w in zip(columns, width)))
    print(
        f"{split + ', trials:':32}" + "  ".join(f"{b:{w}}" for (b, _, _), w in zip(columns, width))
    )
    for problem in sorted({p for t in tables for p in t}):
        cells = []
        for mean, (_, table, name), w in zip(means, columns, width):
            scores = table.get(problem, {}).get(name)
            cells.append(" " * w if scores is None else f"{scores.mean():{w}.2f}")
            if scores is not None:
                mean.append(scores.mean())
        print(f"{problem:32}" + "  ".join(cells))
    print(f"{'mean':32}" + "  ".join(f"{np.mean(m):{w}.3f}" for m, w in zip(means, width)))
    print(f"{'problems':32}" + "  ".join(f"{len(m):{w}}" for m, w in zip(means, width)) + "\n")


def report(hpobench, args):
    """The harness's table of all optimisers, and with --detail the scores of each problem."""
    labels = args.labels or sorted(path.stem for path in LABELS.glob("*.jsonl"))
    records = records_of(labels)
    for split in args.splits:
        if args.detail:
            detail(hpobench, records, split, args.budgets, labels)
        optima = {p.name: p.optimum for p in hpobench.build(split)}
        mine = [r for r in records if r["problem"] in optima]
        for budget in args.budgets:
            print(
                f"{split}. "
                + "\n".join(
                    hpobench.table_for(mine, optima, budget, 1, args.draws, False, "optuna-tpe")
                )
            )


def compare(hpobench, args):
    """Mean scores of two optimisers and the 95 % interval of their difference, problems drawn in pairs."""
    records = records_of([args.first, args.second])
    print(
        "| problems | trials | {0} | {1} | {1} less {0} | 95 % |\n|---|---|---|---|---|---|".format(
            args.first, args.second
        )
    )
    draw = np.random.default_rng(0)
    for split in args.splits:
        for budget in args.budgets:
            rows = [
                (scores[args.first], scores[args.second])
                for scores in Scores(hpobench, records, split, budget).of.values()
                if args.first in scores and args.second in scores
            ]
            if not rows:
                continue
            a, b = (np.mean([row[i].mean() for row in rows]) for i in (0, 1))
            differences = [
                np.mean(
                    [
                        draw.choice(rows[k][1], len(rows[k][1])).mean()
                        - draw.choice(rows[k][0], len(rows[k][0])).mean()
                        for k in draw.integers(len(rows), size=len(rows))
                    ]
                )
                for _ in range(args.draws)
            ]
            low, high = np.percentile(differences, [2.5, 97.5])
            print(
                f"| {len(rows)} {split} | {budget} | {a:.3f} | {b:.3f} | {b - a:+.3f} | [{low:+.3f}, {high:+.3f}] |"
            )


def overhead(hpobench, args):
    """Milliseconds an ask and tell with n finished trials, in the harness's ten-dimensional mixed space."""
    walk_there = hpobench.prefill

    def prefill(optimizer, n, limit):
        if not isinstance(optimizer, hpobench.JsonLines):
            return walk_there(optimizer, n, limit)
        source = hpobench.Random(hpobench.mixed_space(), 12345, n)  # the points that the others get
        for start in range(0, n, 10000):
            points = [source.ask()[1] for _ in range(min(10000, n - start))]
            optimizer._call({"enqueue": points})  # they are handed out without the strategy's work
            trials = optimizer._call({"ask": len(points)})["trials"]
            told = [(t["id"], hpobench.mixed_objective(t["params"])) for t in trials]
            optimizer._call({"tell": [{"id": id, "value": value} for id, value in told]})
        return True

    hpobench.prefill = prefill
    factories = factories_of(hpobench, args)
    hpobench.factories = lambda _: factories
    path = LABELS.parent / "overhead_now.jsonl"
    path.unlink(missing_ok=True)
    hpobench.cmd_overhead(argparse.Namespace(n=args.n, limit=args.limit, overhead=path))
    cells = defaultdict(dict)
    for r in harness.read(path):
        if "median_s" in r:
            cells[r["optimizer"]][r["n"]] = f"{1000 * r['median_s']:.3g} ({1000 * r['mean_s']:.3g})"
    print("\n| ms a trial: median (mean) | " + " | ".join(f"{n:,}" for n in args.n) + " |")
    print("|---" * (len(args.n) + 1) + "|")
    for name in factories:
        print(f"| {name} | " + " | ".join(cells[name].get(n, "") for n in args.n) + " |")


def main():
    if (
        sys.argv[1:3] == ["harness", "--bench"] and len(sys.argv) > 3
    ):  # its own command line, all splits
        bench = sys.argv[3]
        del sys.argv[1:4]
        return harness.load(bench).main()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for function in (run, report, compare, overhead):
        p = commands.add_parser(
            function.__name__, help=function.__doc__.split("\n")[0]
        )
        p.set_defaults(function=function)
        p.add_argument("--bench", required=True, help="a copy of the harness")
        if function in (run, overhead):
            p.add_argument("--sturgeon", default="sturgeon", help="the program")
            p.add_argument("--strategies", nargs="*", default=[], metavar="[LABEL=]NAME|JSON")
            p.add_argument("--optimizers", nargs="*", default=[], help="the harness's")
            p.add_argument("--suffix", default="", help="of the labels")
            p.add_argument("--pending", type=int, default=1, help="trials that are kept pending")
        if function is overhead:
            p.add_argument("--n", type=int, nargs="*", default=[100, 1000, 10000])
            p.add_argument("--limit", type=float, default=120, help="seconds for each measurement")
            continue
        p.add_argument("--splits", nargs="*", default=["public", "more"])
        p.add_argument("--budgets", type=int, nargs="*", default=[50, 100], help="of the tables")
        p.add_argument("--draws", type=int, default=500, help="of the bootstrap")
        if function is run:
            p.add_argument("--budget", type=int, default=100, help="trials of a run")
            p.add_argument("--seeds", type=int, default=3)
            p.add_argument("--first-seed", type=int, default=0)
            p.add_argument(
                "--problems",
                nargs="*",
                default=[],
                help="only those whose names contain one of these",
            )
            p.add_argument("--jobs", type=int, default=2, help="runs at a time")
            p.add_argument(
                "--record", action="store_true", help="add what is missing to the recorded peers"
            )
        if function is report:
            p.add_argument(
                "--labels", nargs="*", default=[], help="by default all that were measured"
            )
            p.add_argument("--detail", action="store_true", help="also the score of each problem")
        if function is compare:
            p.add_argument("first")
            p.add_argument("second")
    args = parser.parse_args()
    if getattr(args, "sturgeon", None) and Path(args.sturgeon).exists():
        args.sturgeon = str(Path(args.sturgeon).resolve())
    sys.exit(args.function(harness.load(args.bench), args))


if __name__ == "__main__":
    main()
