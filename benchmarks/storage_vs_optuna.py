"""Trials a second of processes that share a study: Sturgeon's SQLite beside Optuna's storages.

    storage_vs_optuna.py STORAGE_PROCESSES [FOLDER]

STORAGE_PROCESSES is the program of //benchmarks:storage_processes; FOLDER is on the file system to be
measured. Needs Optuna. One run after the other, in the same folder; five floats a trial, no sampler
(Optuna's random one), and nothing to compute.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time

import optuna
from optuna.storages.journal import JournalFileBackend

PROCESSES = (1, 4, 8, 32)
OPTUNA_TRIALS = 160  # they are slow
STURGEON_TRIALS = 4000


def open_storage(kind, path):
    if kind == "rdb":
        return f"sqlite:///{path}"
    return optuna.storages.JournalStorage(JournalFileBackend(path))


def work(kind, path, trials):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(
        study_name="s", storage=open_storage(kind, path), sampler=optuna.samplers.RandomSampler()
    )
    study.optimize(lambda t: sum(t.suggest_float(f"x{i}", 0, 1) for i in range(5)), n_trials=trials)


def measure_optuna(kind, folder, processes):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = os.path.join(folder, f"{kind}_{processes}")
    optuna.create_study(study_name="s", storage=open_storage(kind, path))
    context = multiprocessing.get_context("spawn")
    start = time.time()
    workers = [
        context.Process(target=work, args=(kind, path, OPTUNA_TRIALS // processes)) for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.time() - start
    study = optuna.load_study(study_name="s", storage=open_storage(kind, path))
    trials = study.trials
    # From the first trial's start, so that Python's own start does not count.
    first = min(t.datetime_start for t in trials)
    last = max(t.datetime_complete or t.datetime_start for t in trials)
    failed = sum(worker.exitcode != 0 for worker in workers)
    rate = len(trials) / min(seconds, max((last - first).total_seconds(), 1e-9))
    return rate, failed


def main():
    program = os.path.abspath(sys.argv[1])
    print("| processes | Sturgeon sqlite | Optuna SQLite | Optuna journal |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else ".") as folder:
        for processes in PROCESSES:
            url = f"sqlite:{folder}/sturgeon_{processes}.db"
            row = [f"{processes}"]
            out = subprocess.run(
                [program, url, str(processes), str(STURGEON_TRIALS)],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            row.append(out.split(":")[1].split()[0])
            for kind in ("rdb", "journal"):
                rate, failed = measure_optuna(kind, folder, processes)
                row.append(f"{rate:.0f}" + (f" ({failed} failed)" if failed else ""))
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
