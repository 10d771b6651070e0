"""Optuna and its dashboard on our database, and we on Optuna's: SQLite's files, and PostgreSQL.

    with_postgres python optuna_test.py STURGEON
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import unittest
import wsgiref.util

import optuna
import optuna_dashboard
import psycopg2

STURGEON = None

STUDY = {
    "name": "shared; \"quoted\" ünïcode",
    "model": {"name": "mlp", "dataset": "csv:points.csv", "epochs": 3},
    "objectives": [{"metric": "validation_error", "goal": "minimize"}],
    "parameters": [{"name": "hidden_units", "type": "int", "low": 8, "high": 64, "step": 8}],
    "tiers": [1, 2, 3],
    "strategy": "tpe",
    "runner": "sequential",
    "trials": 12,
    "seed": 3,
}


def states(trials):
    return [t.state.name for t in trials]


class OnSqlite(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        # The same database, as we name it and as Optuna does.
        self.storage, self.url = self.make_database()
        # Two classes on either side of a line.
        with open(os.path.join(self.folder, "points.csv"), "w", encoding="utf-8") as out:
            out.write("a,b,label\n")
            for i in range(80):
                a, b = i * 37 % 80 / 80, i * 59 % 80 / 80
                out.write(f"{a},{b},{'up' if b > a else 'down'}\n")

    def make_database(self):
        file = os.path.join(self.folder, "s.db")
        return "sqlite:" + file, "sqlite:///" + file

    def sturgeon(self, *arguments):
        done = subprocess.run([STURGEON, *arguments], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def tune(self, study, *more):
        file = os.path.join(self.folder, "study.json")
        with open(file, "w", encoding="utf-8") as out:
            json.dump(study, out)
        result = os.path.join(self.folder, "result.json")
        self.sturgeon("tune", "--study=" + file, "--storage=" + self.storage,
                      "--output=" + result, *more)
        with open(result, encoding="utf-8") as written:
            return json.load(written)

    def assert_same(self, ours, theirs):
        """Our trials, of a result file, and Optuna's, are the same."""
        kinds = {"complete": "COMPLETE", "stopped": "PRUNED", "failed": "FAIL"}
        self.assertEqual([kinds[t["state"]] for t in ours], states(theirs))
        for mine, trial in zip(ours, theirs):
            self.assertEqual(mine["id"], trial.number)
            self.assertEqual(mine["params"], trial.params)
            if mine["state"] == "complete":
                self.assertEqual(mine["values"], trial.values)
            reports = {row[0]: row[1] for row in mine.get("reports", [])}
            self.assertEqual(reports, trial.intermediate_values)

    def test_optuna_loads_what_we_tuned_and_we_go_on_from_what_it_adds(self):
        result = self.tune(STUDY)
        study = optuna.load_study(study_name=STUDY["name"], storage=self.url)
        self.assertEqual(study.direction.name, "MINIMIZE")
        self.assert_same(result["trials"], study.trials)
        self.assertEqual(study.best_trial.number, result["best"]["id"])

        # Optuna's own sampler goes on within the distributions that it finds.
        study.sampler = optuna.samplers.TPESampler(seed=1)
        distributions = {}
        for trial in study.trials:
            distributions.update(trial.distributions)
        self.assertEqual(distributions["hidden_units"],
                         optuna.distributions.IntDistribution(8, 64, step=8))
        self.assertEqual(distributions["learning_rate"],
                         optuna.distributions.FloatDistribution(1e-4, 1, log=True))
        self.assertEqual(distributions["optimizer"].choices, ("sgd", "rmsprop", "adam", "adamw"))
        for i in range(3):
            trial = study.ask(fixed_distributions=distributions)
            if i == 2:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, -1.0 + i)
        study.enqueue_trial({"learning_rate": 0.25, "layers": 3}, user_attrs={"why": "a guess"})

        more = self.tune(STUDY, "--trials=20")
        self.assertEqual(len(more["trials"]), 20)
        # Optuna's trials have values for parameters that are inactive, which ours have not.
        self.assert_same(more["trials"][15:], study.trials[15:])
        self.assertEqual([t["values"] for t in more["trials"][12:14]], [[-1.0], [0.0]])
        # A storage keeps microseconds.
        self.assertEqual([{**t, "started": 0, "seconds": 0} for t in more["trials"][:12]],
                         [{**t, "started": 0, "seconds": 0} for t in result["trials"]])
        self.assertEqual(states(study.trials)[12:15], ["COMPLETE", "COMPLETE", "FAIL"])
        self.assertEqual(more["best"]["id"], 12)
        self.assertEqual(more["trials"][15]["params"]["learning_rate"], 0.25)
        self.assertEqual(more["trials"][15]["params"]["layers"], 3)
        self.assertEqual(study.trials[15].user_attrs["why"], "a guess")

    def test_we_go_on_with_a_study_of_optunas(self):
        study = optuna.create_study(study_name="theirs", storage=self.url, direction="maximize")

        def objective(trial):
            x = trial.suggest_float("x0", -5, 5)
            trial.report(x, 1)
            trial.report(math.inf, 2)
            if trial.number == 3:
                raise optuna.TrialPruned()
            if trial.number == 4:
                raise ValueError("a reason")
            return -(x - 1) ** 2 + trial.suggest_int("x1", 0, 3)

        study.optimize(objective, n_trials=8, catch=(ValueError,))
        result = self.tune({
            "name": "theirs",
            "model": {"name": "function", "function": "sphere", "dimensions": 2},
            "objectives": [{"metric": "value", "goal": "maximize"}],
            "parameters": [{"name": "x0", "type": "float", "low": -5, "high": 5},
                           {"name": "x1", "type": "int", "low": 0, "high": 3}],
            "strategy": "tpe",
            "runner": "sequential",
            "trials": 12,
        })
        self.assertEqual(len(result["trials"]), 12)
        for mine, trial in zip(result["trials"], study.trials):
            if mine["state"] == "complete":
                self.assertEqual(mine["params"], trial.params)
                self.assertEqual(mine["values"], trial.values)
        self.assertEqual(states(study.trials)[3:5], ["PRUNED", "FAIL"])
        self.assertEqual(len(study.trials), 12)
        self.assertEqual(states(study.trials)[8:], ["COMPLETE"] * 4)

    def test_two_objectives(self):
        result = self.tune({
            "name": "two",
            "model": STUDY["model"],
            "objectives": [{"metric": "validation_error"}, {"metric": "train_loss"}],
            "strategy": "nsga2",
            "runner": "sequential",
            "trials": 10,
        })
        study = optuna.load_study(study_name="two", storage=self.url)
        self.assert_same(result["trials"], study.trials)
        self.assertEqual({t.number for t in study.best_trials}, {t["id"] for t in result["pareto"]})

    def test_the_dashboard_shows_it(self):
        self.tune(STUDY)
        app = optuna_dashboard.wsgi(optuna.storages.RDBStorage(self.url))

        def get(path):
            environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET"}
            wsgiref.util.setup_testing_defaults(environ)
            answer = {}

            def start(status, headers, exc_info=None):
                answer["status"] = status

            body = b"".join(app(environ, start))
            return answer["status"], body

        status, page = get("/dashboard")
        self.assertEqual(status, "200 OK")
        self.assertIn(b"<div id=\"dashboard\"", page)
        status, studies = get("/api/studies")
        self.assertEqual(status, "200 OK")
        self.assertEqual([s["study_name"] for s in json.loads(studies)["study_summaries"]],
                         [STUDY["name"]])
        status, detail = get("/api/studies/1")
        self.assertEqual(status, "200 OK")
        trials = json.loads(detail)["trials"]
        self.assertEqual(len(trials), 12)
        self.assertEqual({t["state"] for t in trials}, {"Complete"})


class OnPostgres(OnSqlite):
    def make_database(self):
        server = os.environ["STURGEON_POSTGRES"]
        name = self.id().rpartition(".")[2]
        connection = psycopg2.connect(server)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE " + name)
        connection.close()
        url = server.replace("/postgres?", f"/{name}?")
        return url, url.replace("postgresql:", "postgresql+psycopg2:", 1)


if __name__ == "__main__":
    STURGEON = os.path.abspath(sys.argv.pop(1))
    unittest.main()
