#!/usr/bin/env python3
"""Makes the screenshots of docs/report.md and docs/dashboard.md anew: runs studies, and looks at them.

    ./bazelw build //apps:sturgeon
    docs/screenshots.py bazel-bin/apps/sturgeon

Takes a few minutes; needs chromium, chromium-driver and dataset-fashion-mnist.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests"))
from browser import Browser  # noqa: E402

IMAGES = os.path.join(HERE, "images")
WIDTH = 960

MLP = {"name": "mlp", "dataset": "fashion_mnist", "epochs": 9, "train_limit": 4000}
TWO_AT_ONCE = {"name": "caviar", "parallelism": 2}
STUDIES = [
    {"name": "clothes", "model": dict(MLP, epochs=5), "strategy": {"name": "coarse_to_fine", "rounds": 4}, "runner": TWO_AT_ONCE,
     "tiers": [1, 2, 3], "trials": 100, "seed": 1},
    {"name": "clothes_by_asha", "model": MLP, "strategy": {"name": "asha", "over": "tpe"}, "stopping": "median",
     "runner": dict(TWO_AT_ONCE, trial_timeout=1.5), "trials": 120, "seed": 2},
    {"name": "clothes_by_the_panda", "model": dict(MLP, epochs=27), "fixed": {"learning_rate_decay": "none"}, "runner": "panda", "seed": 4},
    {"name": "clothes_in_a_hurry", "model": dict(MLP, epochs=4), "strategy": "nsga2", "runner": TWO_AT_ONCE, "trials": 150, "seed": 1,
     "objectives": [{"metric": "validation_error"}, {"metric": "train_seconds", "goal": "minimize"}]},
]
COMPARED = ["random", "coarse_to_fine", "tpe", "gp"]
SEEDS = 5


class Shots:
    def __init__(self, sturgeon, folder):
        self.sturgeon, self.folder = sturgeon, folder

    def run(self, *arguments):
        subprocess.run([self.sturgeon, *arguments], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def start(self, *arguments):
        return subprocess.Popen([self.sturgeon, *arguments], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def tune_arguments(self, study, storage, *more):
        with open(os.path.join(self.folder, "study.json"), "w", encoding="utf-8") as out:
            json.dump(study, out)
        return ["tune", "--study=study.json", "--storage=sqlite:" + storage, "--output=/dev/null", *more]

    def tune(self, study, storage, *more):
        self.run(*self.tune_arguments(study, storage, *more))

    def make_reports(self):
        for study in STUDIES:
            self.tune(study, "one.db")
            self.run("report", study["name"], "--storage=sqlite:one.db", f"--output={study['name']}.html")
        branin = {"model": {"name": "function", "function": "branin"}, "trials": 60, "runner": "sequential"}
        for strategy in COMPARED:
            for seed in range(SEEDS):
                self.tune(dict(branin, name=f"branin_{strategy}_{seed}"), "many.db", f"--strategy={strategy}", f"--seed={seed}")
        self.run("report", "--storage=sqlite:many.db", "--output=many.html")

    def look(self, browser, report, plots, dark=False, before=None):
        browser.dark(dark)
        browser.size(WIDTH, 1000)
        browser.open("file://" + os.path.join(self.folder, report))
        browser.wait_until(lambda: browser.count("table.trials tbody tr") > 0)
        for plot, name in plots:
            browser.box(plot)
            if before is not None:
                before()
            time.sleep(0.5)
            browser.screenshot(os.path.join(IMAGES, f"report_{name}.png"), plot)
        assert not browser.problems()

    def make_shots(self):
        os.makedirs(IMAGES, exist_ok=True)
        with Browser(self.folder) as browser:
            self.look(browser, "clothes.html", [("#history", "history"), ("#slices", "slices"), ("#importance", "importance"),
                                                ("#contour", "contour"), ("#boxes", "boxes"), ("#timeline", "timeline")])
            self.look(browser, "clothes_by_asha.html", [("#curves", "curves"), ("#rungs", "rungs"), ("#failures", "failures")])
            self.look(browser, "clothes_by_the_panda.html", [("#diary", "diary")])
            self.look(browser, "clothes_in_a_hurry.html", [("#pareto", "pareto"), ("#hypervolume", "hypervolume")])
            self.look(browser, "many.html", [("#comparison", "comparison")])
            # A brush over the best, as it shows in all plots.
            self.look(browser, "clothes.html", [("#parallel", "parallel")], before=lambda: self.brush(browser))
            browser.dark()
            browser.run("scrollTo(0, 0)")
            time.sleep(0.5)
            browser.screenshot(os.path.join(IMAGES, "report_page.png"))

    def make_dashboard_shots(self):
        """Of the list, and of a study while it runs."""
        with Browser(self.folder) as browser:
            tuning = self.start(*self.tune_arguments(dict(STUDIES[0], name="clothes_live", trials=1000), "one.db"))
            dashboard = self.start("dashboard", "--storage=sqlite:one.db", "--listen=127.0.0.1:0", "--format=json", "--allow_edits")
            url = json.loads(dashboard.stdout.readline())["url"]
            browser.size(WIDTH, 330)
            browser.open(url)
            browser.wait_until(lambda: browser.count("tbody tr") == len(STUDIES) + 1)
            browser.screenshot(os.path.join(IMAGES, "dashboard_list.png"))
            browser.size(WIDTH, 1150)
            browser.run("[...document.querySelectorAll('tbody a')].find((a) => a.textContent === 'clothes_live').click()")
            browser.wait_until(lambda: browser.count("table.trials tbody tr") > 20, seconds=120)
            browser.run("document.querySelector('.live .running').open = true")
            time.sleep(1)
            browser.screenshot(os.path.join(IMAGES, "dashboard_study.png"))
            assert not browser.problems(host=url.split("/")[2])
            for process in (tuning, dashboard):
                process.terminate()
                process.communicate()

    def brush(self, browser):
        left, top, width, height = browser.run(
            "const b = [...document.querySelectorAll('#parallel .brush .overlay')].pop().getBoundingClientRect();"
            "return [b.left, b.top, b.width, b.height]")
        browser.drag((left + width / 2, top + height * 0.95), (left + width / 2, top + height + 10))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        shots = Shots(os.path.abspath(sys.argv[1]), temporary)
        shots.make_reports()
        shots.make_shots()
        shots.make_dashboard_shots()
    print(f"{sum(os.path.getsize(os.path.join(IMAGES, file)) for file in os.listdir(IMAGES)) / 1000:.0f} kB in {IMAGES}")
