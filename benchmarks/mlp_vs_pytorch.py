#!/usr/bin/env python3
"""Training speed of Sturgeon's network against PyTorch on one CPU core, in one run.

Both train a 784-H-H-10 perceptron (ReLU, softmax cross-entropy, SGD with momentum 0.9, float32)
over 60,000 examples in random mini-batches. The two take turns on the same core, one epoch each
time; a figure is the best epoch's, in samples per second of processor time, so that other
programs on the machine disturb it little. PyTorch gets the best of its three SGD implementations,
data in memory, no loader, subnormal numbers flushed to zero as in Sturgeon.

    ./bazelw build //benchmarks:mlp_benchmark
    python3 -m venv venv && venv/bin/pip install torch numpy
    venv/bin/python benchmarks/mlp_vs_pytorch.py bazel-bin/benchmarks/mlp_benchmark

Exit code 1: below the bound of 1.4 times PyTorch's speed in the geometric mean, 1.1 in each case.
"""

import argparse
import math
import os
import re
import subprocess
import sys
import time

CASES = ((64, 64), (256, 128), (512, 512))  # hidden units, batch size
ROWS, INPUTS, CLASSES = 60000, 784, 10
MEAN_BOUND, EACH_BOUND = 1.4, 1.1


class Torch:
    """PyTorch's side; an epoch at a time."""

    def __init__(self):
        import torch

        self.torch = torch
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        torch.manual_seed(0)
        self.x = torch.rand(ROWS, INPUTS)
        self.x[self.x < 0.5] = 0
        self.y = torch.randint(0, CLASSES, (ROWS,))

    def trainers(self, hidden):
        """One (name, network, optimiser) for each implementation of SGD."""
        torch = self.torch
        for name, kind in (("loop", {"foreach": False}), ("foreach", {"foreach": True}),
                           ("fused", {"fused": True})):
            network = torch.nn.Sequential(
                torch.nn.Linear(INPUTS, hidden), torch.nn.ReLU(),
                torch.nn.Linear(hidden, hidden), torch.nn.ReLU(),
                torch.nn.Linear(hidden, CLASSES))
            yield name, network, torch.optim.SGD(
                network.parameters(), lr=0.01, momentum=0.9, **kind)

    def epoch(self, network, optimiser, batch):
        """Samples per second of one epoch."""
        start = time.process_time()
        order = self.torch.randperm(ROWS)
        for begin in range(0, ROWS, batch):
            rows = order[begin:begin + batch]
            optimiser.zero_grad(set_to_none=True)
            loss = self.torch.nn.functional.cross_entropy(
                network(self.x.index_select(0, rows)), self.y[rows])
            loss.backward()
            optimiser.step()
        return ROWS / (time.process_time() - start)


def sturgeon_epochs(program, hidden, batch, epochs):
    """Samples per second of each epoch of a fresh process."""
    output = subprocess.run([program, str(hidden), str(batch), str(epochs)], check=True,
                            stdout=subprocess.PIPE, universal_newlines=True).stdout
    return [float(figure) for figure in re.findall(r"samples_per_second (\d+)", output)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the built mlp_benchmark")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side in each case")
    parser.add_argument("--core", type=int, default=0, help="the core that both run on")
    args = parser.parse_args()
    os.sched_setaffinity(0, {args.core})

    side = Torch()
    print(f"PyTorch {side.torch.__version__}, one thread; {args.rounds} rounds\n")
    print("| H, batch | PyTorch | (SGD) | Sturgeon | ratio |")
    print("| --- | --- | --- | --- | --- |")
    ratios = []
    for hidden, batch in CASES:
        trainers = list(side.trainers(hidden))
        best_torch, best_name, best_sturgeon = 0.0, "", 0.0
        for _ in range(args.rounds):
            for name, network, optimiser in trainers:
                figure = side.epoch(network, optimiser, batch)
                if figure > best_torch:
                    best_torch, best_name = figure, name
            best_sturgeon = max(best_sturgeon,
                                *sturgeon_epochs(args.program, hidden, batch, len(trainers)))
        ratios.append(best_sturgeon / best_torch)
        print(f"| {hidden}, {batch} | {best_torch:,.0f} | {best_name} | {best_sturgeon:,.0f} "
              f"| {ratios[-1]:.2f} |", flush=True)
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"\ngeometric mean {mean:.2f} (bound {MEAN_BOUND}), least {min(ratios):.2f} "
          f"(bound {EACH_BOUND})")
    return 0 if mean >= MEAN_BOUND and min(ratios) >= EACH_BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
