"""Two objectives: how much hypervolume strategies and other tuners reach in the same number of trials.

    ./bazelw build //apps:sturgeon //benchmarks:model_server
    python3 -m venv venv && venv/bin/pip install "optuna==5.*" torch scipy
    venv/bin/python benchmarks/multi_objective.py random nsga2 tpe gp auto optuna-tpe optuna-nsga2 optuna-gp

A tuner is a strategy of `sturgeon serve`, as NAME or LABEL={"name": NAME, OPTION: VALUE}, or one of
Optuna's samplers. All of them minimise both losses of

    zdt1 … zdt3   the problems of Zitzler, Deb and Thiele (2000), in 10 and, as published, 30 dimensions
    fashion_mnist the validation error of a network on 6,000 images of Fashion-MNIST, against the
                  logarithm of the multiplications of its training, which say what a training takes
                  without a clock: 8 mixed parameters

and the table has the hypervolume below a reference point as a share of the most there is, in percent:
the mean over the seeds and its standard error. For zdt the reference is (11, 11) and the most is what
the true front dominates; for fashion_mnist it is an error of 50 % at the greatest cost, and the most an
error of 0 at the least. The last column is a tuner's own time a trial, in zdt1/30.

With --results, runs are added to that file as they end, and those in it are not repeated.
"""

import argparse
import concurrent.futures
import functools
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # one core a run
    os.environ.setdefault(variable, "1")

ROOT = Path(__file__).resolve().parent.parent


def number(name, low, high, kind="float", scale="linear"):
    return {"name": name, "type": kind, "low": low, "high": high, "scale": scale}


def hypervolume(points, reference):
    """The area below `reference` that the points (two losses each, less is better) dominate."""
    area, ceiling = 0.0, reference[1]
    for x, y in sorted(points):
        if x < reference[0] and y < ceiling:
            area += (reference[0] - x) * (ceiling - y)
            ceiling = y
    return area


class Zdt:
    reference = (11.0, 11.0)

    def __init__(self, which, dimensions):
        self.name, self.which = f"zdt{which}/{dimensions}", which
        self.space = [number(f"x{i}", 0.0, 1.0) for i in range(dimensions)]
        front = [self.shape(i / 1e5, 1.0) for i in range(100001)]
        self.most = hypervolume(front, self.reference)

    def shape(self, f, g):
        ratio = f / g
        if self.which == 1:
            h = 1 - math.sqrt(ratio)
        elif self.which == 2:
            h = 1 - ratio**2
        else:
            h = 1 - math.sqrt(ratio) - ratio * math.sin(10 * math.pi * f)
        return f, g * h

    def losses(self, params):
        first, *others = (params[p["name"]] for p in self.space)
        return self.shape(first, 1 + 9 * statistics.fmean(others))


class FashionMnist:
    name = "fashion_mnist"
    space = [
        number("learning_rate", 1e-4, 1.0, scale="log"),
        number("hidden_units", 32, 256, "int", "log"),
        number("layers", 1, 3, "int"),
        number("log2_batch_size", 5, 9, "int"),
        number("epochs", 1, 8, "int"),
        number("dropout", 0.0, 0.5),
        {"name": "optimizer", "type": "categorical", "choices": ["sgd", "adam"]},
        {"name": "activation", "type": "categorical", "choices": ["relu", "tanh"]},
    ]
    images = 6000
    model = {"name": "mlp", "epochs": 8, "train_limit": images, "validation_fraction": 0.15}

    def __init__(self, model_server):
        self.model_server, self.peer = model_server, None
        self.least = self.cost({"hidden_units": 32, "layers": 1, "epochs": 1})
        self.reference = (0.5, self.cost({"hidden_units": 256, "layers": 3, "epochs": 8}))
        self.most = 0.5 * (self.reference[1] - self.least)

    def cost(self, params):
        units, layers = params["hidden_units"], params["layers"]
        weights = 784 * units + (layers - 1) * units**2 + 10 * units
        # An image takes one multiplication a weight forwards, and two backwards.
        return math.log10(3.0 * weights * 0.85 * self.images * params["epochs"])

    def losses(self, params):
        # What is trained at a constant rate is worth after k epochs what training for k gives.
        point = {**params, "batch_size": 2 ** params["log2_batch_size"], "learning_rate_decay": "none"}
        request = {"steps": point.pop("epochs"), "params": point}
        del point["log2_batch_size"]
        if self.peer is None:
            command = [self.model_server, json.dumps(self.model)]
            self.peer = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        self.peer.stdin.write(json.dumps(request) + "\n")
        self.peer.stdin.flush()
        answer = json.loads(self.peer.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        error = answer["validation_error"]
        return 0.9 if error is None else error, self.cost(params)  # 0.9: chance


@functools.lru_cache  # one model server a process
def problems(model_server):
    zdts = [Zdt(which, dimensions) for dimensions in (10, 30) for which in (1, 2, 3)]
    return {problem.name: problem for problem in [*zdts, FashionMnist(model_server)]}


class Sturgeon:
    def __init__(self, program, strategy, space, seed, budget):
        self.peer = subprocess.Popen(
            [program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.send(
            {
                "space": space,
                "directions": ["minimize", "minimize"],
                "strategy": strategy,
                "seed": seed,
                "budget": budget,
            }
        )

    def send(self, message):
        self.peer.stdin.write(json.dumps(message) + "\n")
        self.peer.stdin.flush()

    def call(self, message):
        self.send(message)
        answer = json.loads(self.peer.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def ask(self):
        trial = self.call({"ask": 1})["trials"][0]
        return trial["id"], trial["params"]

    def tell(self, handle, losses):
        self.call({"tell": [{"id": handle, "values": list(losses)}]})

    def close(self):
        self.peer.stdin.close()
        self.peer.wait()


class Optuna:
    def __init__(self, sampler, space, seed):
        import warnings

        import optuna

        warnings.simplefilter("ignore")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        samplers = {
            "random": optuna.samplers.RandomSampler,
            "tpe": optuna.samplers.TPESampler,
            "nsga2": optuna.samplers.NSGAIISampler,
            "gp": optuna.samplers.GPSampler,
        }
        self.space = space
        self.study = optuna.create_study(
            directions=["minimize", "minimize"], sampler=samplers[sampler](seed=seed)
        )

    def ask(self):
        trial = self.study.ask()
        params = {}
        for p in self.space:
            if p["type"] == "categorical":
                params[p["name"]] = trial.suggest_categorical(p["name"], p["choices"])
            else:
                suggest = trial.suggest_float if p["type"] == "float" else trial.suggest_int
                params[p["name"]] = suggest(
                    p["name"], p["low"], p["high"], log=p["scale"] == "log"
                )
        return trial, params

    def tell(self, handle, losses):
        self.study.tell(handle, list(losses))

    def close(self):
        pass


def tuner_of(text):
    """(label, strategy, sampler of Optuna or None)"""
    label, equals, strategy = text.partition("=")
    if label.startswith("optuna-"):
        return label, None, label[len("optuna-") :]
    return label, json.loads(strategy) if equals else label, None


def run(text, problem_name, seed, trials, sturgeon, model_server):
    problem = problems(model_server)[problem_name]
    label, strategy, sampler = tuner_of(text)
    if sampler:
        tuner = Optuna(sampler, problem.space, seed)
    else:
        tuner = Sturgeon(sturgeon, strategy, problem.space, seed, trials)
    points, seconds = [], 0.0
    try:
        for _ in range(trials):
            start = time.perf_counter()
            handle, params = tuner.ask()
            seconds += time.perf_counter() - start
            losses = problem.losses(params)
            points.append(losses)
            start = time.perf_counter()
            tuner.tell(handle, losses)
            seconds += time.perf_counter() - start
    finally:
        tuner.close()
    return {
        "tuner": label,
        "problem": problem_name,
        "seed": seed,
        "trials": trials,
        "share": hypervolume(points, problem.reference) / problem.most,
        "ms": 1e3 * seconds / trials,
    }


def key(record):
    return record["tuner"], record["problem"], record["seed"], record["trials"]


def table(records, labels, names, trials, seeds):
    print(f"| {trials} trials, {seeds} seeds | {' | '.join(names)} | ms a trial |")
    print("| --- |" + " --- |" * (len(names) + 1))
    for label in labels:
        cells, ms = [], "–"
        for name in names:
            rows = [r for r in records if (r["tuner"], r["problem"]) == (label, name)]
            shares = [100 * r["share"] for r in rows]
            if len(shares) < 2:
                cells.append("–")
                continue
            error = statistics.stdev(shares) / math.sqrt(len(shares))
            cells.append(f"{statistics.fmean(shares):.1f} ± {error:.1f}")
            if name == "zdt1/30":
                ms = f"{statistics.median(r['ms'] for r in rows):.3g}"
        print(f"| {label} | {' | '.join(cells)} | {ms} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("tuners", nargs="+", metavar="TUNER")
    parser.add_argument("--problems", nargs="+", default=list(problems("")))
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--sturgeon", default=f"{ROOT}/bazel-bin/apps/sturgeon")
    parser.add_argument("--model_server", default=f"{ROOT}/bazel-bin/benchmarks/model_server")
    args = parser.parse_args()

    records = []
    if args.results and args.results.exists():
        records = [json.loads(line) for line in args.results.read_text().splitlines()]
    done = {key(record) for record in records}
    tasks = [
        (tuner, problem, seed, args.trials, args.sturgeon, args.model_server)
        for seed in range(args.seeds)
        for tuner in args.tuners
        for problem in args.problems
        if (tuner_of(tuner)[0], problem, seed, args.trials) not in done
    ]
    random.Random(0).shuffle(tasks)  # so that the load of the machine is alike for all
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        futures = [pool.submit(run, *task) for task in tasks]
        for future in concurrent.futures.as_completed(futures):
            records.append(future.result())
            print(json.dumps(records[-1]), file=sys.stderr, flush=True)
            if args.results:
                with args.results.open("a") as file:
                    file.write(json.dumps(records[-1]) + "\n")

    labels = [tuner_of(tuner)[0] for tuner in args.tuners]
    wanted = [r for r in records if r["trials"] == args.trials and r["seed"] < args.seeds]
    table(wanted, labels, args.problems, args.trials, args.seeds)


if __name__ == "__main__":
    main()
