"""What stopping rules save, and what they lose, on real learning curves and cross-validations.

    stopping_rules.py run --bench DIR --results FILE --sturgeon PROGRAM [--rules none median ...]
    stopping_rules.py report --bench DIR --results FILE

A study of 60 trials, one after the other, by `sturgeon serve` with a stopping rule; and on, until it has
trained for as many epochs as 60 full trainings. The curves are those of learning_curves.py (52 epochs, four
data sets). For the rule `wilcoxon` steps are the 10 folds of a cross-validation of scikit-learn's models;
each is judged by its own loss, and a trial by the mean of its folds.

Of every trial, stopped or not, it is known how it ends. Regret is that of the best complete trial, on a
scale where 0 is the least loss known and 1 the median of random configurations. The table has, as means
over problems and seeds (in brackets the standard error):
  spent       the epochs that 60 trials took, in per cent of 60 full trainings;
  lost        their regret, less that of the best of them if none had been stopped;
  best lost   in how many per cent of the studies the best of the 60 was stopped;
  wrong       how many per cent of the stopped trials would have ended better than the best complete one
              at that moment;
  regret      after 60 trials;
  equal       the regret after as many epochs as 60 full trainings take, and
  trials      how many trials there were by then.
"""

import argparse
import json
import math
import multiprocessing
import os
import sys
import warnings
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before NumPy is imported
    os.environ.setdefault(variable, "1")

import numpy as np
import simulator
import tuners

TRIALS = 60
CURVES = {  # task -> the cross entropy of a guess that holds all classes equally likely
    "3945": math.log(2),
    "7593": math.log(7),
    "126026": math.log(2),
    "167149": math.log(2),
}
FOLDS = {  # model, data, rows, metric, degree of the features, as the harness names them
    "svm/digits": ("svm", "digits", 300, "error", 1),
    "svm/breast_cancer": ("svm", "breast_cancer", 569, "error", 1),
    "svr/diabetes": ("svr", "diabetes", 442, "mse", 1),
    "enet/diabetes": ("enet", "diabetes", 442, "mse", 2),
}
RULES = ["none", "median", "percentile", "patience", "threshold", "curve"]


class LearningCurve:
    """A problem of 52 steps; a trial's loss is that of the last one."""

    def __init__(self, problems, task):
        self.curves = simulator.Curves(problems, task)
        self.space, self.steps, self.guess = self.curves.space, self.curves.epochs, CURVES[task]

    def losses(self, params):
        return self.curves(params)[0]

    def scale(self):
        return self.curves.least(), self.curves.median

    @staticmethod
    def loss(losses):
        return float(losses[-1])


class CrossValidation:
    """A problem of 10 folds; a trial's loss is the mean of its folds'."""

    steps = 10

    def __init__(self, problems, name):
        self.model, data, rows, self.metric, degree = FOLDS[name]
        self.problems, self.space = problems, problems._MODELS[self.model]
        self.x, self.y = problems.data(data, rows, degree)
        self.guess = math.nan
        self.losses_of = lru_cache(maxsize=None)(self._losses)

    def losses(self, params):
        return self.losses_of(json.dumps(params, sort_keys=True))

    def _losses(self, params):
        from sklearn.metrics import mean_squared_error, zero_one_loss
        from sklearn.model_selection import KFold, StratifiedKFold

        classify = self.metric != "mse"
        folds = (StratifiedKFold if classify else KFold)(self.steps, shuffle=True, random_state=0)
        losses = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for train, test in folds.split(self.x, self.y):
                fit = self.problems._estimator(self.model, json.loads(params), classify)
                fit.fit(self.x[train], self.y[train])
                loss = zero_one_loss if classify else mean_squared_error
                losses.append(loss(self.y[test], fit.predict(self.x[test])))
        return np.array(losses)

    def scale(self):
        draw = np.random.default_rng(0)
        random = [
            {p.name: p.from_unit(float(u)) for p, u in zip(self.space, draw.random(len(self.space)))}
            for _ in range(200)
        ]
        losses = [self.loss(self.losses(params)) for params in random]
        return min(losses), float(np.median(losses))

    @staticmethod
    def loss(losses):
        return float(np.mean(losses))


def with_bound(rule, guess):
    """`threshold` needs a bound: worse than a guess after five epochs."""
    if rule == "threshold":
        return {"name": rule, "at_most": guess, "warmup_steps": 5}
    return rule


def play(problem, program, strategy, rule, seed):
    """The trials in order: [steps trained, its loss in the end if trained in full]."""
    stopping = [] if rule == "none" else [with_bound(rule, problem.guess)]
    tuner = tuners.Sturgeon(problem.space, problem.steps, seed, 1, program, strategy, stopping)
    trials, spent = [], 0
    try:
        while spent < TRIALS * problem.steps or len(trials) < TRIALS:
            jobs = tuner.ask(1)
            if not jobs:
                break
            losses = problem.losses(jobs[0].params)
            step = tuner.report_all(jobs[0], 1, losses.tolist()) or problem.steps
            tuner.end(jobs[0], step, problem.loss(losses[:step]), step == problem.steps)
            trials.append([step, problem.loss(losses)])
            spent += step
    finally:
        tuner.close()
    return trials


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


_work = None  # what the forked processes work on


def _run(todo):
    problems, rules, program = _work
    name, strategy, label, seed = todo
    record = {"problem": name, "strategy": strategy, "rule": label, "seed": seed}
    trials = play(problems[name], program, strategy, rules[label], seed)
    return {**record, "options": rules[label], "steps": problems[name].steps, "trials": trials}


def make(problems, name):
    return LearningCurve(problems, name) if name in CURVES else CrossValidation(problems, name)


def run(problems, args):
    """Runs what is missing in the results file."""
    global _work
    rules = {}
    for spec in args.rules:
        label, equals, rule = spec.partition("=")
        rules[label] = json.loads(rule) if equals else spec
    _work = ({name: make(problems, name) for name in args.problems}, rules, args.sturgeon)
    done = {(r["problem"], r["strategy"], r["rule"], r["seed"]) for r in read(args.results)}
    todo = [
        (name, strategy, label, seed)
        for seed in range(1, args.seeds + 1)
        for name in args.problems
        for strategy in args.strategies
        for label in rules
        if (name, strategy, label, seed) not in done
    ]
    with multiprocessing.get_context("fork").Pool(args.jobs) as pool:
        for record in pool.imap_unordered(_run, todo):
            with args.results.open("a") as file:
                file.write(json.dumps(record) + "\n")


def judge(record, least, median):
    """The columns of the table, of one study."""

    def regret(loss):
        return (loss - least) / (median - least)

    full, trials = record["steps"], record["trials"]
    best, stopped, wrong, spent, by_then = math.inf, 0, 0, 0, None
    for i, (steps, loss) in enumerate(trials):
        spent += steps
        if steps == full:
            best = min(best, loss)
        elif i < TRIALS:
            stopped += 1
            wrong += loss < best
        if i + 1 == TRIALS:
            share, after = spent / (TRIALS * full), best
        if spent <= TRIALS * full:
            by_then = best, i + 1
    steps, loss = min(trials[:TRIALS], key=lambda trial: trial[1])
    return {
        "spent": 100 * share,
        "lost": regret(after) - regret(loss),
        "best lost": 100 * (steps < full),
        "wrong": 100 * wrong / stopped if stopped else math.nan,
        "regret": regret(after),
        "equal": regret(by_then[0]),
        "trials": by_then[1],
    }


def report(problems, args):
    """A table for each strategy."""
    records = [r for r in read(args.results) if r["problem"] in args.problems]
    scale = {}
    for name in sorted({r["problem"] for r in records}):
        found = min(t[1] for r in records if r["problem"] == name for t in r["trials"])
        least, median = make(problems, name).scale()
        scale[name] = min(least, found), median
    rows = defaultdict(list)
    for r in records:
        rows[r["strategy"], r["rule"]].append(judge(r, *scale[r["problem"]]))
    columns = list(next(iter(rows.values()))[0])
    for strategy in dict.fromkeys(r["strategy"] for r in records):
        print(f"\n| over {strategy} | seeds | " + " | ".join(columns) + " |")
        print("| --- " * (len(columns) + 2) + "|")
        for rule in args.rules or dict.fromkeys(r["rule"] for r in records):
            found = rows[strategy, rule]
            if not found:
                continue
            cells = []
            for column in columns:
                values = np.array([row[column] for row in found])
                values = values[~np.isnan(values)]
                if len(values) == 0:
                    cells.append("")
                    continue
                error = values.std(ddof=1) / math.sqrt(len(values)) if len(values) > 1 else 0
                digits = 3 if column in ("lost", "regret", "equal") else 0
                cells.append(f"{values.mean():.{digits}f} ({error:.{digits}f})")
            print(f"| {rule} | {len(found)} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for function in (run, report):
        p = commands.add_parser(function.__name__, help=function.__doc__.split("\n")[0])
        p.set_defaults(function=function)
        p.add_argument("--bench", required=True, help="a copy of the harness")
        p.add_argument("--results", required=True, type=Path, help="the file of what was measured")
        p.add_argument("--problems", nargs="*", default=list(CURVES), choices=[*CURVES, *FOLDS])
        p.add_argument(
            "--rules", nargs="*", default=RULES if function is run else [], metavar="NAME|LABEL=JSON"
        )
        if function is run:
            p.add_argument("--sturgeon", default="sturgeon", help="the program")
            p.add_argument("--strategies", nargs="*", default=["random", "tpe"])
            p.add_argument("--seeds", type=int, default=10)
            p.add_argument("--jobs", type=int, default=1, help="runs at a time")
    args = parser.parse_args()
    sys.path.insert(0, str(Path(args.bench).resolve()))
    import problems

    args.function(problems, args)


if __name__ == "__main__":
    main()
