"""An experiment as actions on a service of the Remote Execution API."""

import collections
import json
import signal
import time
import unittest

from nested_bazel import Workspace
from remote_engine import RemoteEngine

ROUNDS, WIDTH = 5, 4
BUILD = f"""
load("//experiments:defs.bzl", "tuning_experiment")

[tuning_experiment(
    name = name,
    study = "fashion_mnist_quick.json",
    exec_properties = exec_properties,
    rounds = rounds,
    trials_per_round = trials_per_round,
) for name, rounds, trials_per_round, exec_properties in [
    ("one_trial", 1, 1, {{}}),
    ("fashion_mnist_quick", {ROUNDS}, {WIDTH}, {{"container-image": "docker://debian:12"}}),
    ("anywhere", {ROUNDS}, {WIDTH}, {{}}),
]]
"""
RESULT = "//study:fashion_mnist_quick.result"
RESULT_FILE = "bazel-bin/study/fashion_mnist_quick.result/result.json"


def how(spawns):
    """How many actions ran where, by mnemonic."""
    return collections.Counter((spawn["mnemonic"], spawn["runner"]) for spawn in spawns)


def all_by(runner):
    return {("SturgeonPropose", runner): ROUNDS, ("SturgeonTrial", runner): ROUNDS * WIDTH,
            ("SturgeonCollect", runner): 1}


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items()
                if key not in ("started", "seconds")}
    if isinstance(value, list):
        return [without_times(item) for item in value]
    return value


class RemoteExecution(unittest.TestCase):
    def setUp(self):
        self.engine = RemoteEngine()
        self.addCleanup(self.engine.close)
        self.engine.start()
        self.workspace = Workspace()
        self.addCleanup(self.workspace.close)
        self.workspace.add_sturgeon()
        self.workspace.write("study/BUILD", BUILD)
        self.workspace.copy("experiments/fashion_mnist_quick.json", "study/fashion_mnist_quick.json")

    def executed(self):
        """How many actions the two executors have finished."""
        return [self.engine.log(executor).count("Runner exited") for executor in range(2)]

    def result(self):
        return without_times(json.loads(self.workspace.read(RESULT_FILE)))

    def test_study(self):
        remote = ["--config=remote", "--remote_executor=" + self.engine.endpoint]
        spawns = self.workspace.spawns(*remote, "//study:one_trial.result")
        self.assertEqual(how(spawns), {("SturgeonPropose", "remote"): 1, ("SturgeonTrial", "remote"): 1,
                                       ("SturgeonCollect", "remote"): 1})
        of_one_trial = self.engine.uploaded_bytes
        self.assertGreater(of_one_trial, 30e6)  # Fashion-MNIST has 30.9 MB

        # Both executors die in mid-study and come back. What ran then runs again, and the build goes on.
        build = self.workspace.start_spawns(*remote, RESULT)
        while sum(self.executed()) < 3 + ROUNDS * WIDTH // 2:
            self.assertIsNone(build.poll(), "the build has ended before its time")
            time.sleep(0.05)
        self.engine.stop(signal.SIGKILL)
        time.sleep(1)
        self.engine.start()
        spawns = self.workspace.finish_spawns(build)
        # What an executor had finished but not yet answered when it died is in its cache.
        hits = [spawn for spawn in spawns if spawn["runner"] == "remote cache hit"]
        self.assertLessEqual(len(hits), 2)
        for spawn in hits:
            spawn["runner"] = "remote"
        self.assertEqual(how(spawns), all_by("remote"))
        self.assertGreater(min(self.executed()), 1, "one of the executors has been idle")
        for spawn in spawns:
            self.assertEqual(spawn["platform"]["properties"],
                             [{"name": "container-image", "value": "docker://debian:12"}])
        # The data and the program were sent once. What else an action sends is its command, the names
        # and checksums of its inputs, and small ones such as a task: about 6 kB (0.4 % in all).
        self.assertLess(self.engine.uploaded_bytes - of_one_trial, of_one_trial / 50)
        result = self.result()
        self.assertEqual(len(result["trials"]), ROUNDS * WIDTH)

        self.workspace.bazel("clean")
        self.assertEqual(how(self.workspace.spawns(*remote, RESULT)), all_by("remote cache hit"))
        self.assertEqual(self.result(), result)

        self.workspace.bazel("clean")
        runners = {spawn["runner"] for spawn in self.workspace.spawns(RESULT)}
        self.assertFalse({runner for runner in runners if "remote" in runner})
        self.assertEqual(self.result(), result)

        # The same study may be built with other platform properties, and at the same time.
        self.workspace.bazel("build", "--nobuild", RESULT, "//study:anywhere.result")


if __name__ == "__main__":
    unittest.main()
