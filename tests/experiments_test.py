"""Experiments as builds: what runs when, and what comes of it."""

import collections
import json
import os
import re
import subprocess
import tempfile
import unittest

from nested_bazel import Failed, Workspace

LOAD = """
load("//experiments:defs.bzl", "tuning_experiment", "tuning_matrix")
"""


def experiment(name="valley", rounds=6, strategy='"tpe"', model='{"name": "function", "function": "branin"}',
               more=""):
    return f"""
tuning_experiment(
    name = "{name}",
    model = {model},
    strategy = {strategy},
    rounds = {rounds},
    trials_per_round = 4,
    seed = 5,
    {more}
)
"""


# Says how far its argument --x0=… is from 3.
TRAINER = """#!/bin/sh
for flag; do
  case $flag in
    --x0=*) exec awk -v x="${flag#*=}" 'BEGIN { printf "{\\"value\\": %.9g}\\n", OFFSET + (x - 3) ^ 2 }' ;;
  esac
done
"""


def without_times(text):
    return re.sub(r'("started"|"seconds"): [-+.e0-9]+', r"\1: 0", text)


class Experiments(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = workspace = Workspace()
        cls.addClassCleanup(workspace.close)
        workspace.add_sturgeon()

    def build(self, *targets):
        """Builds, and returns how many actions of each kind ran."""
        return dict(collections.Counter(spawn["mnemonic"].replace("Sturgeon", "")
                                        for spawn in self.workspace.spawns(*targets)))

    def define(self, *experiments):
        self.workspace.write("BUILD", LOAD + "".join(experiments))

    def result(self, name="valley"):
        return self.workspace.read(f"bazel-bin/{name}.result/result.json")

    def fails(self, *arguments):
        with self.assertRaises(Failed) as caught:
            self.workspace.bazel(*arguments)
        return str(caught.exception)

    def fresh(self):
        """Nothing is built."""
        self.workspace.bazel("clean")

    def rounds(self):
        folder = self.workspace.path("bazel-bin/_rounds")
        (name,) = os.listdir(folder)
        return os.path.join(folder, name)

    def test_runs_what_must_run_and_nothing_else(self):
        self.fresh()
        self.define(experiment(rounds=6))
        self.assertEqual(self.build("//:valley.result"), {"Propose": 6, "Trial": 24, "Collect": 1})
        six = self.result()
        self.assertEqual(self.build("//:valley.result"), {})

        self.define(experiment(rounds=7))
        self.assertEqual(self.build("//:valley.result"), {"Propose": 1, "Trial": 4, "Collect": 1})
        first = [trial["params"] for trial in json.loads(six)["trials"]]
        self.assertEqual([trial["params"] for trial in json.loads(self.result())["trials"]][:24], first)

        # Its result is as it was, so that nobody proposes anew; its time is not.
        os.remove(os.path.join(self.rounds(), "round_2", "trial_1.result.json"))
        self.assertEqual(self.build("//:valley.result"), {"Trial": 1, "Collect": 1})

        # A limit on failures is no trial's business.
        self.define(experiment(rounds=7, more="max_failures = 3,"))
        self.assertEqual(self.build("//:valley.result"), {"Collect": 1})

    def test_a_strategy_that_plans_proposes_anew_and_trains_what_is_new(self):
        self.fresh()
        self.define(experiment(rounds=2, strategy='"coarse_to_fine"'))
        self.workspace.bazel("build", "//:valley.result")
        self.define(experiment(rounds=3, strategy='"coarse_to_fine"'))
        self.assertEqual(self.build("//:valley.result"), {"Propose": 3, "Trial": 4, "Collect": 1})

    def test_experiments_share_their_trials(self):
        self.fresh()
        self.define(experiment("short", rounds=3), experiment("long", rounds=5, more='tags = ["x"],'))
        self.assertEqual(self.build("//:short.result", "//:long.result"),
                         {"Propose": 5, "Trial": 20, "Collect": 2})

    def test_comes_to_the_same_as_run(self):
        self.fresh()
        self.define(experiment(rounds=4))
        self.workspace.bazel("build", "//:valley.result")
        self.workspace.bazel("run", "//:valley", "--", "--storage=memory:", "--output=tuned.json",
                             "--runner_options=deterministic=true,schedule=rounds,width=4")
        self.assertEqual(without_times(self.result()), without_times(self.workspace.read("tuned.json")))
        self.assertIn("valley: 16 trials complete",
                      self.workspace.read("bazel-bin/valley.result/summary.txt"))

    def test_what_the_programs_are_is_part_of_the_key(self):
        self.fresh()
        self.define(experiment(rounds=2))
        self.workspace.bazel("build", "//:valley.result")
        for program, ran in [("sturgeon", {"Propose": 2, "Collect": 1}),
                             ("trial", {"Trial": 8, "Collect": 1})]:
            with open(self.workspace.path("apps/prebuilt/" + program), "ab") as file:
                file.write(b"another one")
            self.assertEqual(self.build("//:valley.result"), ran, program)

    def test_another_model_trains_anew_and_another_strategy_what_it_proposes(self):
        self.fresh()
        point = 'enqueue = [{"x0": 1.0, "x1": 2.0}] * 4,'
        self.define(experiment(rounds=2, more=point))
        self.workspace.bazel("build", "//:valley.result")
        self.define(experiment(rounds=2, more=point, model='{"name": "function", "function": "branin", "noise": 0.5}'))
        self.assertEqual(self.build("//:valley.result"), {"Propose": 2, "Trial": 8, "Collect": 1})

    def test_a_binary_is_the_model(self):
        self.fresh()

        def write(offset):
            self.workspace.write("train.sh", TRAINER.replace("OFFSET", offset))
            os.chmod(self.workspace.path("train.sh"), 0o755)

        write("0")
        self.define("""
tuning_experiment(
    name = "own",
    binary = "train.sh",
    parameters = [{"name": "x0", "type": "float", "low": 0, "high": 10}],
    strategy = "tpe",
    rounds = 2,
    seed = 1,
)
""")
        self.assertEqual(self.build("//:own.result"), {"Propose": 2, "Trial": 8, "Collect": 1})
        for trial in json.loads(self.result("own"))["trials"]:
            self.assertAlmostEqual(trial["values"][0], (trial["params"]["x0"] - 3) ** 2, places=6)
        self.workspace.bazel("run", "//:own", "--", "--storage=memory:", "--output=tuned.json",
                             "--runner_options=deterministic=true,schedule=rounds,width=4")
        self.assertEqual(without_times(self.result("own")), without_times(self.workspace.read("tuned.json")))
        self.workspace.bazel("test", "//:own.smoke")
        write("100")
        self.assertEqual(self.build("//:own.result").get("Trial"), 8)
        self.assertGreater(json.loads(self.result("own"))["best"]["values"][0], 100)

    def test_a_failed_trial_is_a_result(self):
        self.fresh()
        failing = dict(model='{"name": "function", "function": "sphere", "dimensions": 1}', rounds=2)
        # x0 squared is no number above 1e154.
        space = 'parameters = [{"name": "x0", "type": "float", "low": 1, "high": 1e308, "scale": "log"}],'
        self.define(experiment(more=space, **failing))
        self.workspace.bazel("build", "//:valley.result")
        states = collections.Counter(trial["state"] for trial in json.loads(self.result())["trials"])
        self.assertGreater(states["failed"], 1)
        self.assertGreater(states["complete"], 1)
        self.define(experiment(more=space + "max_failures = 1,", **failing))
        self.assertRegex(self.fails("build", "//:valley.result"),
                         "[2-8] trials of 8 failed, and max_failures is 1; trial [0-7]: ")

    def test_says_what_cannot_be_built(self):
        self.define(experiment(strategy='"asha"'))
        output = self.fails("build", "//:valley.result")
        self.assertIn("the strategy asha cannot run as the actions of a build", output)
        self.assertIn("Take one of auto, cma_es, coarse_to_fine, differential_evolution, gp, grid, "
                      "nsga2, random, tpe", output)
        self.define(experiment(rounds=0))
        self.assertIn("rounds and trials_per_round must be at least 1",
                      self.fails("build", "//:valley.result"))
        self.define(experiment(more='stopping = "median",'))
        self.assertIn("median looks at other trials", self.fails("build", "//:valley.result"))
        self.define(experiment(more='study = "study.json",'))
        self.assertIn("give a study file (study), or a model", self.fails("build", "//:valley.result"))
        self.workspace.write("study.json", '{"model": "mlp", "strategy": "hyperband"}')
        self.define('tuning_experiment(name = "own", study = "study.json", rounds = 2)')
        self.assertIn("study.json: hyperband trains trials in parts", self.fails("build", "//:own.result"))

    def propose(self, model, trials, rounds, strategy, **options):
        """The tasks of the first rounds of four trials, by the program itself; its error if it refuses."""
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "data.csv"), "w", encoding="utf-8") as file:
                file.writelines(f"{i},{i % 2}\n" for i in range(40))
            with open(os.path.join(folder, "study.json"), "w", encoding="utf-8") as file:
                json.dump({"model": model, "seed": 5, "trials": trials,
                           "strategy": dict(options, name=strategy)}, file)

            def action(*arguments):
                return subprocess.run([os.path.abspath("apps/sturgeon"), "action", *arguments], cwd=folder,
                                      capture_output=True, text=True, check=False)

            tasks = []
            for r in range(rounds):
                os.makedirs(os.path.join(folder, f"rounds/round_{r}"))
                done = action("propose", "rounds", "--study=study.json", "--width=4", f"--rounds={r}")
                if done.returncode != 0:
                    return done.stderr
                for i in range(4):
                    task = f"rounds/round_{r}/trial_{i}.json"
                    with open(os.path.join(folder, task), encoding="utf-8") as file:
                        tasks.append(json.load(file))
                    self.assertEqual(action("trial", task).returncode, 0)
            return tasks

    def test_the_list_of_strategies_is_true(self):
        rules = {}
        with open("experiments/strategies.bzl", encoding="utf-8") as file:
            exec(file.read(), rules)  # pylint: disable=exec-used # Starlark is Python enough
        plugins = json.loads(subprocess.run(["apps/sturgeon", "plugins", "--format=json"],
                                            capture_output=True, text=True, check=True).stdout)
        names = {plugin["name"] for plugin in plugins["strategies"]}
        batch = set(rules["BATCH_STRATEGIES"])
        self.assertLessEqual(batch, names)
        # A model that trains in steps: then there are parts to train.
        steps = {"name": "softmax_regression", "dataset": "csv:data.csv", "epochs": 9}
        for name in sorted(names):
            proposed = self.propose(steps, 12, 1, name)
            self.assertEqual(isinstance(proposed, list), name in batch, f"{name}: {proposed}")
            if name not in batch:
                self.assertIn("trains trials in parts", proposed)
        # Who does not plan by the number of trials proposes the same in a longer study.
        own = {"coarse_to_fine": {"trials_per_round": 8}, "grid": {"points_per_parameter": 4},
               "nsga2": {"population_size": 8}}
        for name in sorted(batch):
            options = own.get(name, {})
            if rules["plans_by_trials"](name, options):
                continue
            branin = {"name": "function", "function": "branin"}
            self.assertEqual(self.propose(branin, 12, 3, name, **options),
                             self.propose(branin, 40, 3, name, **options), name)

    def test_warns_of_strategies_that_plan_by_the_number_of_trials(self):
        for strategy, warns in [('"auto"', True), ('"tpe"', False), ('{"name": "nsga2"}', True),
                                ('{"name": "nsga2", "population_size": 8}', False)]:
            self.define(experiment(strategy=strategy))
            output = self.workspace.bazel("build", "--nobuild", "//:valley.result")
            self.assertEqual("plans by the number of trials" in output, warns, strategy)

    def test_checks_what_is_expected(self):
        self.define(experiment("good", rounds=2, more='expect = {"value": "< 1000", "x0": ">= -5"},'),
                    experiment("bad", rounds=2, more='expect = {"value": "<= 0.1"},'))
        self.workspace.bazel("test", "//:good.check")
        self.assertRegex(self.fails("test", "//:bad.check"),
                         "bad: the best falls short of value <= 0.1: trial [0-7] has [0-9]")

    def test_smoke(self):
        self.define(experiment())
        self.workspace.bazel("test", "//:all")

    def test_a_matrix_is_a_table(self):
        self.fresh()
        self.define("""
tuning_matrix(
    name = "matrix",
    model = {"name": "function", "function": "branin"},
    strategies = ["random", {"name": "tpe", "startup_trials": 4}],
    seeds = [1, 2, 3],
    rounds = 2,
)
""")
        self.assertEqual(self.build("//:matrix"), {"Propose": 12, "Trial": 48, "Collect": 6, "Table": 1})
        lines = self.workspace.read("bazel-bin/matrix/table.csv").splitlines()
        self.assertEqual(lines[0], "strategy,seed,value,trials,failed")
        self.assertEqual([line.split(",")[:2] for line in lines[1:]],
                         [[strategy, seed] for strategy in ("random", "tpe startup_trials=4")
                          for seed in "123"])
        table = json.loads(self.workspace.read("bazel-bin/matrix/table.json"))
        self.assertEqual([len(row["seeds"]) for row in table["rows"]], [3, 3])
        self.assertIn("| tpe startup_trials=4 |", self.workspace.read("bazel-bin/matrix/table.md"))


if __name__ == "__main__":
    unittest.main()
