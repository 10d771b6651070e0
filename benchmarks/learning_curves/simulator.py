"""Workers in simulated time: they train what a tuner asks for, along known learning curves.

A job takes the seconds that the curve says, its tuner none: what the tuner itself spent is measured
and reported apart. So 512 workers and days of training pass in seconds, and in the same way for all.
"""

import heapq
import math
import time
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Job:
    """A stretch of training: of `params`, from after epoch `start` up to and with epoch `end`."""

    key: object  # the tuner's own handle
    params: dict
    start: int = 0
    end: int = 0
    curve: tuple = ()  # (losses [epochs], seconds until the end of each [epochs])
    state: dict = field(default_factory=dict)  # of the tuner


class Curves:
    """The learning curves of a task: LCBench's surrogate in the harness's module `problems`."""

    def __init__(self, problems, task):
        self.problems, self.task = problems, task
        self.epochs = problems.LCBENCH_EPOCHS
        self.space = problems.lcbench(task).space
        draw = np.random.default_rng(0)
        random = [self.random(draw) for _ in range(1000)]
        curves = [self(params) for params in random]
        self.full = float(np.mean([seconds[-1] for _, seconds in curves]))  # a full training
        self.median = float(np.median([losses[-1] for losses, _ in curves]))

    def random(self, draw):
        return {
            p.name: p.from_unit(float(u)) for p, u in zip(self.space, draw.random(len(self.space)))
        }

    def __call__(self, params):
        losses, seconds = self.problems.lcbench_curve(self.task, params)
        # The surrogate's seconds fall here and there by a little, which no clock does.
        steps = np.diff(np.asarray(seconds, dtype=float), prepend=0.0)
        return np.asarray(losses, dtype=float), np.cumsum(np.maximum(steps, 1e-3))

    def least(self, rounds=40, width=1000, parents=50):
        """About the least loss after the last epoch: a random search, then an evolution from its best."""
        draw = np.random.default_rng(1)
        unit = draw.random((20000, len(self.space)))
        loss = self._finals(unit)
        for _ in range(rounds):
            best = np.argsort(loss, kind="stable")[:parents]
            unit, loss = unit[best], loss[best]
            pairs = unit[draw.integers(parents, size=(3, width))]
            children = pairs[0] + 0.5 * (pairs[1] - pairs[2]) + draw.normal(0, 0.01, pairs[0].shape)
            children = np.clip(children, 0.0, np.nextafter(1.0, 0.0))
            unit, loss = np.concatenate([unit, children]), np.append(loss, self._finals(children))
        return float(loss.min())

    def _finals(self, unit):
        model, encoding = self.problems._lcbench_model()
        names = self.problems._LCBENCH_CONT[1:]
        points = [{p.name: p.from_unit(float(u)) for p, u in zip(self.space, row)} for row in unit]
        rows = np.array(
            [[self.epochs, *(float(p[n]) for n in names)] for p in points], dtype=np.float32
        )
        code = np.full((len(rows), 1), encoding[self.task], dtype=np.int32)
        return model.run(None, {"x_cat": code, "x_cont": rows})[0][:, 2]


class Incumbent:
    """What a user would take at each moment.

    That is the trial with the least loss among those that were trained furthest: so of full trainings,
    as soon as there is one. `path` has [seconds, its loss after the last epoch] whenever that changes;
    `seen` has the least loss reported at any epoch.
    """

    def __init__(self):
        self.path, self.seen, self.furthest, self.loss = [], [], 0, math.inf

    def report(self, now, epoch, job):
        loss = job.curve[0][epoch - 1]
        if epoch > self.furthest or (epoch == self.furthest and loss < self.loss):
            self.furthest, self.loss = epoch, loss
            final = float(job.curve[0][-1])
            if not self.path or self.path[-1][1] != final:
                self.path.append([round(now, 3), final])
        if not self.seen or loss < self.seen[-1][1]:
            self.seen.append([round(now, 3), float(loss)])


def simulate(tuner, curves, workers, horizon):
    """Runs `tuner` for `horizon` simulated seconds on so many workers; returns what to record.

    The tuner has ask(n): at most n jobs; report(job, epoch, loss): whether to go on; and end(job,
    epoch, loss, done): done unless `report` stopped it. A worker for which ask has nothing is idle
    until some job ends.
    """
    incumbent, spent = Incumbent(), 0.0
    events, order = [], 0  # (seconds, order of entry, job, epoch that ends then)
    idle, busy, epochs, jobs = workers, 0.0, 0, 0
    configurations = set()

    def timed(function, *args):
        nonlocal spent
        start = time.perf_counter()
        result = function(*args)
        spent += time.perf_counter() - start
        return result

    def push(now, job, epoch):
        nonlocal order, busy
        seconds = job.curve[1]
        last = seconds[epoch - 2] if epoch > 1 else 0.0
        took = seconds[epoch - 1] - last
        busy += max(0.0, min(horizon, now + took) - now)
        order += 1
        heapq.heappush(events, (now + took, order, job, epoch))

    now = 0.0
    while now < horizon:
        while idle > 0:
            new = timed(tuner.ask, idle)
            if not new:
                break
            for job in new:
                job.curve = curves(job.params)
                configurations.add(tuple(job.params.values()))
                push(now, job, job.start + 1)
            idle -= len(new)
            jobs += len(new)
        if not events:
            break  # the tuner has nothing more to try
        now, _, job, epoch = heapq.heappop(events)
        if now > horizon:
            break
        epochs += 1
        loss = float(job.curve[0][epoch - 1])
        incumbent.report(now, epoch, job)
        go_on = timed(tuner.report, job, epoch, loss)
        if go_on and epoch < job.end:
            push(now, job, epoch + 1)
            continue
        timed(tuner.end, job, epoch, loss, epoch >= job.end)
        idle += 1
    return {
        "path": incumbent.path,
        "seen": incumbent.seen,
        "utilisation": busy / (workers * horizon),
        "epochs": epochs,
        "jobs": jobs,
        "configurations": len(configurations),
        "tuner_s": round(spent, 3),
        "end": min(now, horizon),
    }
