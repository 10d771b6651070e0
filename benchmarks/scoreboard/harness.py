"""The harness hpobench with more splits, Sturgeon as an optimiser, and several runs at a time."""

import functools
import json
import multiprocessing
import os
import random
import sys
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # before NumPy is imported
    os.environ.setdefault(variable, "1")


def load(bench):
    """Imports the harness of the folder `bench`, whose paths are relative to it, and enters it."""
    os.chdir(bench)
    sys.path.insert(0, str(Path.cwd()))
    import problems
    from more_problems import DISCRETE, HELD, MORE

    problems.SPLITS.update(more=MORE, held=HELD, discrete=DISCRETE)
    import hpobench

    return hpobench


def sturgeon(hpobench, program, strategy, pending):
    """The factory of `PROGRAM serve` with a strategy: a name, or {"name": ..., option: value}."""

    class Sturgeon(hpobench.JsonLines):
        def __init__(self, space, seed, budget):
            super().__init__(space, seed, budget, f"{program} serve", strategy)

        def _send(self, message):
            super()._send({**message, "parallelism": pending} if "space" in message else message)

    return Sturgeon


class Pending:
    """Keeps trials pending: the one that ends next is any of them, and is told only then.

    Which one is drawn from the seed; so a run is as if that many workers ran trials of random length.
    """

    def __init__(self, factory, pending, space, seed, budget):
        self.optimizer, self.pending = factory(space, seed, budget), pending
        self.running, self.draw = [], random.Random(seed)

    def ask(self):
        while len(self.running) < self.pending:
            self.running.append(self.optimizer.ask())
        return self.running.pop(self.draw.randrange(self.pending))

    def tell(self, handle, value):
        self.optimizer.tell(handle, value)

    def close(self):
        getattr(self.optimizer, "close", lambda: None)()


def with_pending(factory, pending):
    return functools.partial(Pending, factory, pending) if pending > 1 else factory


def read(path):
    return (
        [json.loads(line) for line in Path(path).read_text().splitlines()]
        if Path(path).exists()
        else []
    )


_work = None  # what the forked processes work on: (hpobench, factories, problems, budget)


def _run(task):
    name, index, seed = task
    hpobench, factories, problems, budget = _work
    split, problem = problems[index]
    factory, version = factories[name]
    record = {
        "optimizer": name,
        "version": version,
        "problem": problem.name,
        "split": split,
        "seed": seed,
    }
    try:
        values, seconds = hpobench.run_once(factory, problem, seed, budget)
    except Exception as e:  # a failure is a result, too
        return {**record, "error": f"{type(e).__name__}: {e}"[:500]}
    return {**record, "budget": budget, "values": values, "optimizer_s": round(seconds, 4)}


def run(hpobench, factories, problems, seeds, budget, jobs, done=()):
    """Yields the records of all runs, as they end, but of those in `done`: (optimiser, problem, seed)."""
    global _work
    _work = (hpobench, factories, problems, budget)
    slow_first = sorted(
        range(len(problems)), key=lambda i: not problems[i][1].name.startswith(("cond/", "sk/"))
    )
    tasks = [
        (name, i, seed)
        for name in factories
        for seed in seeds
        for i in slow_first
        if (name, problems[i][1].name, seed) not in done
    ]
    with multiprocessing.get_context("fork").Pool(
        jobs
    ) as pool:  # the tables are loaded once, before
        yield from pool.imap_unordered(_run, tasks)
