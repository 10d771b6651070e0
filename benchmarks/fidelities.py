"""What a good network costs on Fashion-MNIST: epochs and time of strategies that train in part.

    ./bazelw build //apps:sturgeon //experiments:fashion_mnist
    python3 benchmarks/fidelities.py --results FOLDER random hyperband asha bohb pbt

The study: ten hyperparameters of a multilayer perceptron of up to 128 units a layer, up to 27 epochs on
4,000 images, judged by 15,000 others; one trial at a time, so that a run can be repeated. First random search trains 60 networks
in full with each seed; the median over the seeds of the least validation error is the target. Then each
strategy runs until a network that was trained in full is at the target, or until it has trained for as
many epochs as random search. What is in FOLDER is not run again.

The table: with how many seeds the target was reached; the epochs and the CPU time of that, their mean and
the least and the most, a seed that failed counting with all that it spent; the epochs until any report was
at the target, of whatever epoch; and how many times cheaper in epochs than the 60 trainings that is.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EPOCHS, TRIALS = 27, 60
STUDY = {
    "name": "fidelities",
    "model": {
        "name": "mlp",
        "dataset": "fashion_mnist",
        "epochs": EPOCHS,
        "train_limit": 4000,
        "validation_fraction": 0.25,
    },
    "objectives": [{"metric": "validation_error", "goal": "minimize"}],
    "parameters": [
        {"name": "hidden_units", "type": "int", "low": 16, "high": 128, "scale": "log", "tier": 2}
    ],
    "tiers": [1, 2, 3],
    "runner": "sequential",
}


def full(trial):
    return trial["state"] == "complete"


def spent(trials):
    """Epochs: a trial that went on from another's checkpoint reports its own only."""
    return sum(len(trial["reports"]) for trial in trials)


def tune(args, strategy, seed, target):
    """Runs a study until it has a full training at the target; its trials and its CPU time."""
    with tempfile.TemporaryDirectory() as folder:
        study, storage = Path(folder) / "study.json", f"sqlite:{folder}/study.db"
        trials = TRIALS if target is None else EPOCHS * TRIALS  # one takes an epoch at least
        study.write_text(json.dumps({**STUDY, "strategy": strategy, "trials": trials}))
        command = [ROOT / "bazel-bin/experiments/fashion_mnist", f"--study={study}"]
        command += [f"--storage={storage}", f"--checkpoints={folder}/checkpoints", f"--seed={seed}"]
        log = open(Path(folder) / "log", "w+")
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        found, ended = [], False
        while not ended:
            time.sleep(args.poll)
            pid, status, usage = os.wait4(run.pid, os.WNOHANG)
            ended = pid == run.pid
            if target is None and not ended:
                continue
            found = read(args, storage) or found
            at_target = (
                any(full(t) and t["values"][0] <= target for t in found) if target else False
            )
            if not ended and (at_target or spent(found) >= EPOCHS * TRIALS):
                run.send_signal(signal.SIGINT)  # what has finished is kept
                _, status, usage = os.wait4(run.pid, 0)
                ended, found = True, read(args, storage)
        run.returncode = os.waitstatus_to_exitcode(status)
        if run.returncode not in (0, 130):
            log.seek(0)
            sys.exit(f"{strategy}, seed {seed}: exit status {run.returncode}\n{log.read()[-2000:]}")
        return {"cpu_s": usage.ru_utime + usage.ru_stime, "trials": found}


def read(args, storage):
    """The trials that have ended so far, in the order of their ids; None before there is a study."""
    command = [ROOT / "bazel-bin/apps/sturgeon", "export", f"--storage={storage}", "--format=json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if done.returncode != 0:
        return None
    trials = json.loads(done.stdout)["trials"]
    return [t for t in trials if t["state"] not in ("running", "waiting")]


def until(trials, reached):
    """The epochs trained up to the first report for which reached(trial, report, last), or None."""
    epochs = 0
    for trial in trials:
        for report in trial["reports"]:
            epochs += 1
            if reached(trial, report, report is trial["reports"][-1]):
                return epochs
    return None


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("strategies", nargs="+", metavar="NAME|LABEL=JSON")
    parser.add_argument(
        "--results", type=Path, required=True, help="a folder for what was measured"
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--poll", type=float, default=2, help="seconds between two looks at a run")
    args = parser.parse_args()
    args.results.mkdir(parents=True, exist_ok=True)

    def runs(label, strategy, target):
        found = []
        for seed in range(1, args.seeds + 1):
            path = args.results / f"{label}-{seed}.json"
            if not path.exists():
                path.write_text(json.dumps(tune(args, strategy, seed, target)))
                print(f"{label}, seed {seed}: done", file=sys.stderr, flush=True)
            found.append(json.loads(path.read_text()))
        return found

    random = runs("random", "random", None)
    best = [min(t["values"][0] for t in r["trials"] if full(t)) for r in random]
    target = statistics.median(best)
    print(f"Random search's least errors: {', '.join(f'{100 * e:.1f}' for e in best)} %; ")
    print(f"the target: {100 * target:.1f} %.\n")
    print("| strategy | seeds | epochs | CPU seconds | epochs until any report | times cheaper |")
    print("| --- | --- | --- | --- | --- | --- |")
    for spec in args.strategies:
        label, equals, strategy = spec.partition("=")
        strategy = json.loads(strategy) if equals else label
        rows, reached, epochs, any_report = runs(label, strategy, target), 0, [], []
        for run in rows:
            at = until(
                run["trials"], lambda t, r, last: full(t) and last and t["values"][0] <= target
            )
            reached += at is not None
            epochs.append(spent(run["trials"]) if label == "random" or at is None else at)
            early = until(run["trials"], lambda t, r, last: r[1] is not None and r[1] <= target)
            any_report.append(epochs[-1] if early is None else early)
        cpu = [run["cpu_s"] for run in rows]
        cells = [label, f"{reached} of {len(rows)}"]
        for of in (epochs, cpu, any_report):
            cells.append(f"{statistics.mean(of):.0f} ({min(of):.0f} to {max(of):.0f})")
        cells.append(f"{EPOCHS * TRIALS / statistics.mean(epochs):.1f}")
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
