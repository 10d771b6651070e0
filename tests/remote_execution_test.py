"""Experiments on a Remote Execution API service.

    python3 remote_execution_test.py CASD RUN
"""

import signal
import sys
import time
import unittest

from nested_bazel import Workspace
from remote_engine import RemoteEngine

CASD = RUN = None

# Actions that share an input of some size.
BUILD = """
[genrule(
    name = "count_%d" % i,
    srcs = ["data"],
    outs = ["count_%d.txt" % i],
    cmd = "sleep 0.5; echo %d >$@; wc -c <$< >>$@" % i,
) for i in range(8)]
"""
DATA = "0123456789" * 300000


def runners(spawns):
    return sorted({spawn["runner"] for spawn in spawns})


class RemoteExecution(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = RemoteEngine(CASD, RUN)
        cls.addClassCleanup(cls.engine.close)
        cls.engine.start()
        cls.workspace = Workspace()
        cls.addClassCleanup(cls.workspace.close)
        cls.flags = ["--config=remote", "--remote_executor=" + cls.engine.endpoint]

    def test_actions_run_on_both_executors_and_then_come_from_the_cache(self):
        self.workspace.write("BUILD", BUILD)
        self.workspace.write("data", DATA)
        before = self.engine.stored_bytes()
        spawns = self.workspace.spawns(*self.flags, "//:count_0")
        self.assertEqual(runners(spawns), ["remote"])
        first = self.engine.stored_bytes() - before
        self.assertGreater(first, len(DATA))
        spawns = self.workspace.spawns(*self.flags, "//...")
        self.assertEqual((len(spawns), runners(spawns)), (7, ["remote"]))
        # The data are not sent again.
        self.assertLess(self.engine.stored_bytes() - before, first + 7 * 10000)
        for executor in range(2):
            self.assertIn("Runner exited", self.engine.log(executor))
        self.workspace.bazel("clean")
        spawns = self.workspace.spawns(*self.flags, "//...")
        self.assertEqual((len(spawns), runners(spawns)), (8, ["remote cache hit"]))

    def test_a_build_outlives_the_engine(self):
        self.workspace.write("BUILD", BUILD)
        self.workspace.write("data", DATA[::-1])
        build = self.workspace.start_spawns(*self.flags, "//...")
        while self.engine.log(0).count("Runner exited") < 2:
            self.assertIsNone(build.poll())
            time.sleep(0.05)
        self.engine.stop(signal.SIGKILL)
        time.sleep(1)
        self.engine.start()
        spawns = self.workspace.finish_spawns(build)
        self.assertEqual((len(spawns), runners(spawns)), (8, ["remote"]))


if __name__ == "__main__":
    CASD, RUN = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
