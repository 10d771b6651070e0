#!/usr/bin/env python3
"""The panda from bad starts, beside well-tuned trainings of as many epochs (mlp, Fashion-MNIST).

    bazel build -c opt //apps:sturgeon
    python3 benchmarks/panda.py --sturgeon=bazel-bin/apps/sturgeon

Tunes the learning rate by a grid of full trainings (constant, or falling as a cosine; the best mean
over the seeds is the reference), then lets the panda train from that rate, from 10 times and from a
30th of it. All get the same number of epochs; the panda's count whatever led nowhere. Prints a
table of validation errors.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile


def tune(arguments, folder, name, runner, rate, decay, seed):
    study = {
        "name": name,
        "model": {"name": "mlp", "dataset": "fashion_mnist", "epochs": arguments.epochs,
                  "train_limit": arguments.train_limit, "validation_fraction": 0.15},
        "fixed": {"learning_rate_decay": decay},
        "tiers": [1, 2, 3],
        "enqueue": [{"learning_rate": rate}],
        "strategy": "random",
        "runner": runner,
        "seed": seed,
    }
    if runner != "panda":
        study["trials"] = 1
    path = os.path.join(folder, name + ".json")
    output = os.path.join(folder, name + ".result.json")
    with open(path, "w") as file:
        json.dump(study, file)
    done = subprocess.run([arguments.sturgeon, "tune", "--study=" + path, "--storage=memory:",
                           "--output=" + output], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{name}: {done.stderr}")
    with open(output) as file:
        result = json.load(file)
    epochs = sum(len(trial.get("reports", [])) for trial in result["trials"])
    return result["best"]["values"][0] if result["best"] else float("nan"), epochs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sturgeon", required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=27)
    parser.add_argument("--train_limit", type=int, default=10000)
    arguments = parser.parse_args()
    seeds = range(1, arguments.seeds + 1)
    with tempfile.TemporaryDirectory() as folder:
        reference = None
        for decay in ("none", "cosine"):
            for rate in (0.003, 0.01, 0.02, 0.03, 0.05, 0.1):
                errors = [tune(arguments, folder, f"tuned_{decay}_{rate}_{seed}", "sequential", rate,
                               decay, seed)[0] for seed in seeds]
                mean = statistics.mean(errors)
                print(f"{decay:8} {rate:7} {mean:.4f}", file=sys.stderr, flush=True)
                if reference is None or mean < reference[0]:
                    reference = (mean, rate, decay, errors)
        best, rate, decay, errors = reference
        print(f"well tuned: learning_rate {rate}, {decay}: {best:.4f}")
        print("| start | " + " | ".join(f"seed {seed}" for seed in seeds)
              + " | mean | of the well-tuned | epochs |")
        print("| --- " * (len(seeds) + 4) + "|")
        print("| well tuned | " + " | ".join(f"{error:.4f}" for error in errors)
              + f" | {best:.4f} | 1.00 | {arguments.epochs} |")
        for title, factor in (("as tuned", 1), ("10 x too high", 10), ("30 x too low", 1 / 30)):
            start = min(max(rate * factor, 1e-4), 1)
            results = [tune(arguments, folder, f"panda_{factor:.3f}_{seed}", "panda", start, "none",
                            seed) for seed in seeds]
            mean = statistics.mean(error for error, _ in results)
            print(f"| panda, {title}, {start:.3g} | "
                  + " | ".join(f"{error:.4f}" for error, _ in results)
                  + f" | {mean:.4f} | {mean / best:.2f} | {max(epochs for _, epochs in results)} |",
                  flush=True)


if __name__ == "__main__":
    main()
