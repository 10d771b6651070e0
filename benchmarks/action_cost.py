"""What an action of a study that is built costs, by how it is executed.

    ./bazelw run //benchmarks:action_cost -- [ROUNDS…]

The trials take no time, so the whole time of a build is overhead.
"""

import os
import sys
import time

sys.path.insert(0, "tests")

from nested_bazel import Workspace  # noqa: E402
from remote_engine import RemoteEngine  # noqa: E402

WIDTH = 4
BUILD = """
load("//experiments:defs.bzl", "tuning_experiment")

tuning_experiment(
    name = "branin",
    model = {"name": "function", "function": "branin"},
    rounds = %d,
    seed = 1,
    strategy = "random",
    trials_per_round = %d,
)
"""
TARGET = "//study:branin.result"


def main():
    engine, workspace = RemoteEngine(), Workspace()
    remote = ["--config=remote", "--remote_executor=" + engine.endpoint]
    try:
        engine.start()
        workspace.add_sturgeon()
        workspace.write("study/BUILD", BUILD % (1, 1))
        workspace.bazel("build", *remote, TARGET)  # what is uploaded once
        print("| rounds of 4 | actions | how | ms an action | s in all |\n| --- | --- | --- | --- | --- |")
        for rounds in map(int, sys.argv[1:] or ["5", "25", "50"]):
            workspace.write("study/BUILD", BUILD % (rounds, WIDTH))
            actions = rounds * (1 + WIDTH) + 1
            for how, flags in (("local", ["--spawn_strategy=local"]),
                               ("sandboxed", ["--spawn_strategy=sandboxed"]),
                               ("remote", remote),
                               ("remote cache hit", remote),
                               ("nothing to do", remote)):
                if how != "nothing to do":
                    workspace.bazel("clean")
                workspace.bazel("build", "--nobuild", *flags, TARGET)  # reads and analyses
                start = time.monotonic()
                workspace.bazel("build", *flags, TARGET)
                seconds = time.monotonic() - start
                print(f"| {rounds} | {actions} | {how} | {1000 * seconds / actions:.1f} | {seconds:.1f} |",
                      flush=True)
        print("load %.1f to %.1f, %d cores" % (*os.getloadavg()[:2], os.cpu_count()))
    finally:
        engine.close()
        workspace.close()


if __name__ == "__main__":
    main()
