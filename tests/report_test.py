"""A report in a browser: that it shows what is there, can be brushed, filtered, read and printed, and
runs nothing that a study brought along.

    axe_python report_test.py STURGEON
"""

import base64
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

from browser import Browser

STURGEON = None

BRANIN = {
    "name": "branin",
    "model": {"name": "function", "function": "branin"},
    "strategy": "random",
    "runner": {"name": "caviar", "deterministic": True, "parallelism": 2},
    "trials": 80,
    "seed": 3,
}

EVIL = "<script>alert(1)</script>"
EVIL_IMAGE = '"><img src=x onerror="alert(2)">'


def result(name, parameters, trials, metric="value"):
    return {"study": name, "seed": 0, "objectives": [{"metric": metric, "goal": "minimize"}], "metrics": [metric],
            "space": parameters, "best": None, "trials": trials}


def rich_studies():
    """Results that every plot has something of: one of a single objective, one of two."""
    space = [{"name": "rate", "type": "float", "low": 1e-4, "high": 1, "scale": "log"},
             {"name": "momentum", "type": "float", "low": 0.5, "high": 0.999, "scale": "reverse_log", "tier": 2},
             {"name": "optimizer", "type": "categorical", "choices": ["sgd", "adam"], "tier": 3}]
    trials = []
    for i in range(60):
        params = {"rate": 10 ** (-4 + 4 * (i * 37 % 60) / 60), "momentum": 0.5 + 0.499 * (i * 23 % 60) / 60, "optimizer": "adam" if i % 3 else "sgd"}
        trial = {"id": i, "params": params, "started": 1e9 + i // 2 * 10, "seconds": 9}
        value = 0.2 + abs((i * 37 % 60) / 60 - 0.5) + 1 / (3 + i)
        if i % 11 == 5:
            trial.update(state="failed", failure="exit_code" if i % 2 else "timeout", reason=f"it ended after {i} s")
        elif i % 4 == 3 and i > 8:
            # Goes on from another one, with another rate.
            trial.update(state="complete", resume_from=i - 2, values=[value / 2], reports=[[3, value * 0.7], [4, value / 2]])
        else:
            trial.update(state="stopped", budget=2, values=[value], reports=[[1, value + 0.4], [2, value]], reason="paused at its budget")
        trials.append(trial)
    single = result("rich", space, trials)
    single.update(strategy={"name": "coarse_to_fine", "rounds": 3}, max_steps=4, unit="epoch", settable=["rate"], planned=60)
    two = dict(single, study="two", strategy="random", objectives=[{"metric": "error", "goal": "minimize"}, {"metric": "accuracy", "goal": "maximize"}],
               metrics=["error", "accuracy"])
    two["trials"] = [{"id": i, "state": "complete", "params": trial["params"], "values": [1 + (i + 5) * 7 % 60, 100 - (i + 5) * 13 % 60], "started": 1e9, "seconds": 1}
                     for i, trial in enumerate(trials)]
    return single, two


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        cls.browser = Browser(cls.folder)
        cls.storage = "sqlite:" + os.path.join(cls.folder, "s.db")
        file = cls.write("branin.json", BRANIN)
        cls.sturgeon("tune", "--study=" + file, "--storage=" + cls.storage)
        cls.sturgeon("report", "branin", "--storage=" + cls.storage, "--output=branin.html")
        for study in rich_studies():
            cls.write(study["study"] + ".json", study)
        cls.sturgeon("report", "rich.json", "two.json", "branin", "--storage=" + cls.storage, "--output=several.html")
        cls.trials = json.loads(cls.sturgeon("trials", "--study_name=branin", "--storage=" + cls.storage, "--format=json"))

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    @classmethod
    def write(cls, name, value):
        path = os.path.join(cls.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            json.dump(value, out)
        return path

    @classmethod
    def sturgeon(cls, *arguments):
        done = subprocess.run([STURGEON, *arguments], cwd=cls.folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout

    def open(self, name):
        self.browser.open("file://" + os.path.join(self.folder, name))
        self.browser.wait_until(lambda: self.browser.count(".count") == 1 and self.browser.text(".count") != "", what="the report")
        self.browser.wait_until(lambda: self.browser.count("table.trials tbody tr") > 0, what="the table")

    def shown(self):
        return self.browser.text(".count")

    def wait_for_count(self, text):
        self.browser.wait_until(lambda: self.shown() == text, what=f"{text!r}, not {self.shown()!r},")

    def test_the_policy_names_the_script_and_the_style_that_are_there(self):
        with open(os.path.join(self.folder, "branin.html"), encoding="utf-8", newline="") as file:
            page = file.read()
        for element in ("script", "style"):
            (text,) = re.findall(f"<{element}>(.*?)</{element}>", page, re.S)
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            self.assertIn(f"{element}-src &#39;sha256-{digest}&#39;", page)

    def test_shows_the_study(self):
        self.open("branin.html")
        self.assertEqual(self.browser.text("h1"), "branin")
        self.assertEqual(self.shown(), "80 trials")
        for plot in ("history", "parallel", "slices", "importance"):
            self.assertEqual(self.browser.count(f"figure#{plot}"), 1, plot)
        # A study that has nothing for them.
        for plot in ("curves", "rungs", "pareto", "diary", "boxes", "failures"):
            self.assertEqual(self.browser.count(f"figure#{plot}"), 0, plot)
        # The table begins with the best.
        best = min(self.trials, key=lambda trial: trial["values"][0])
        self.assertEqual(self.browser.text("table.trials tbody tr th"), str(best["id"]))
        self.assertEqual(self.browser.problems(), [])

    def check_that_plots_are_drawn(self):
        plots = self.browser.run("return [...document.querySelectorAll('figure')].map((f) => f.id)")
        for plot in plots:
            self.browser.box(f"figure#{plot}")
            drawn = ("const f = document.getElementById(arguments[0]); const c = f.querySelector('canvas.base');"
                     "if (f.querySelectorAll('svg text').length === 0) return false;"
                     "const blank = document.createElement('canvas'); blank.width = c.width; blank.height = c.height;"
                     "return c.toDataURL() !== blank.toDataURL() || f.querySelectorAll('svg path, svg rect').length > 0")
            self.browser.wait_until(lambda: self.browser.run(drawn, plot), what=f"the plot {plot}")
            # And there is a table behind it.
            self.browser.run("document.getElementById(arguments[0]).querySelector('details').open = true", plot)
            self.browser.wait_until(lambda: self.browser.count(f"#{plot} details tbody tr") > 0, what=f"the table of {plot}")
        return plots

    def test_every_plot_is_drawn_and_has_a_table(self):
        self.open("several.html")
        self.assertEqual(self.browser.text("h1"), "3 studies")
        seen = set(self.check_that_plots_are_drawn())
        # To the second study, by its name in the list.
        self.browser.run("document.querySelectorAll('#comparison tbody th button')[1].click()")
        self.browser.wait_until(lambda: self.browser.text("h2.study") == "two", what="the study two")
        seen |= set(self.check_that_plots_are_drawn())
        self.assertEqual(seen, {"comparison", "history", "parallel", "slices", "importance", "contour", "boxes", "diary", "curves",
                                "rungs", "failures", "timeline", "pareto", "hypervolume"})
        self.assertEqual(self.browser.problems(), [])

    def test_failures_lead_to_their_trials(self):
        self.open("several.html")
        self.browser.box("#failures")
        self.browser.wait_until(lambda: self.browser.count("#failures .group") > 1)
        self.browser.run("const s = document.querySelector('#failures select'); s.selectedIndex = 1; s.dispatchEvent(new Event('change'))")
        self.browser.wait_until(lambda: " of 60 trials" in self.shown(), what="the failures")
        count = int(self.shown().split()[0])
        self.browser.wait_until(lambda: self.browser.count("table.trials tbody tr") == count)
        self.assertEqual(self.browser.count("table.trials tbody .state.failed"), count)
        self.assertEqual(self.browser.problems(), [])

    def test_a_brush_marks_the_same_trials_everywhere(self):
        self.open("branin.html")
        # The upper half of the axis of the objective, which stands last.
        axis = "#parallel .brush:last-of-type .overlay"
        self.browser.box("#parallel")
        self.browser.wait_until(lambda: self.browser.count(axis) == 1)
        left, top, width, height = self.browser.run(
            "const b = document.querySelector(arguments[0]).getBoundingClientRect(); return [b.left, b.top, b.width, b.height]", axis)
        self.browser.drag((left + width / 2, top + height / 2), (left + width / 2, top + height + 20))
        self.browser.wait_until(lambda: "of 80 trials" in self.shown(), what="a selection")
        count = int(self.shown().split()[0])
        self.assertGreater(count, 10)
        self.assertLess(count, 80)
        self.assertEqual(self.browser.count(".chip"), 1)
        # They are the best ones: all values of the table are below those of the others.
        self.browser.wait_until(lambda: self.browser.count("table.trials tbody tr") == min(50, count), what="the table")
        values = sorted(trial["values"][0] for trial in self.trials)
        shown = self.browser.run("return [...document.querySelectorAll('table.trials tbody tr')].map((r) => Number(r.cells[2].textContent))")
        self.assertAlmostEqual(max(shown), values[min(50, count) - 1], delta=abs(values[min(50, count) - 1]) * 1e-3)
        self.browser.box("#history")
        self.browser.wait_until(lambda: self.browser.count("#history .dimmed") == 1, what="the dimmed history")
        # One brush more, in another plot, leaves fewer; clearing leaves all.
        left, top, width, height = self.browser.box("#history .brush .overlay")
        self.browser.drag((left + 2, top + 2), (left + width / 2, top + height - 2))
        self.browser.wait_until(lambda: self.browser.count(".chip") == 2, what="the second brush")
        self.assertLess(int(self.shown().split()[0]), count)
        self.browser.find(".chip button").click()
        self.browser.wait_until(lambda: self.browser.count(".chip") == 1)
        self.browser.run("[...document.querySelectorAll('.bar > button')].find((b) => b.textContent === 'Clear').click()")
        self.wait_for_count("80 trials")
        self.assertEqual(self.browser.count(".chip"), 0)
        self.assertEqual(self.browser.problems(), [])

    def test_a_filter_in_words(self):
        self.open("branin.html")
        wanted = sum(trial["params"]["x1"] < 2.5 and trial["values"][0] >= 20 for trial in self.trials)
        self.browser.find("#filter").type("x1<2.5, value>=20")
        self.wait_for_count(f"{wanted} of 80 trials")
        self.browser.find("#filter").type(", nosuch=1")
        self.browser.wait_until(lambda: "there is no “nosuch”" in self.browser.text(".error"), what="the error")
        self.wait_for_count("80 trials")
        self.assertEqual(self.browser.problems(), [])

    def test_csv_that_is_downloaded_can_be_imported(self):
        self.open("branin.html")
        self.browser.find("#filter").type("x1<2.5")
        count = sum(trial["params"]["x1"] < 2.5 for trial in self.trials)
        self.wait_for_count(f"{count} of 80 trials")
        self.browser.run("[...document.querySelectorAll('button')].find((b) => b.textContent === 'Download CSV').click()")
        text = self.browser.downloaded("branin.csv").decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(len(rows), count)
        by_id = {trial["id"]: trial for trial in self.trials}
        for row in rows:
            self.assertEqual(float(row["values.value"]), by_id[int(row["id"])]["values"][0])
            self.assertEqual(float(row["params.x0"]), by_id[int(row["id"])]["params"]["x0"])
        self.sturgeon("import", os.path.join(self.browser.downloads, "branin.csv"),
                      "--study=branin.json", "--study_name=again", "--storage=" + self.storage)
        self.assertEqual(self.browser.problems(), [])

    def test_sorting_and_paging(self):
        self.open("branin.html")
        ids = "return [...document.querySelectorAll('table.trials tbody th')].map((c) => Number(c.textContent))"
        self.assertEqual(self.browser.text(".pager span").strip(), "Page 1 of 2")
        self.browser.find("table.trials thead button").click()
        self.browser.wait_until(lambda: self.browser.run(ids) == list(range(50)), what="the order by id")
        self.browser.find("table.trials thead button").click()
        self.browser.wait_until(lambda: self.browser.run(ids) == list(range(79, 29, -1)), what="the other order")
        self.browser.run("[...document.querySelectorAll('.pager button')].find((b) => b.textContent === 'Next').click()")
        self.browser.wait_until(lambda: self.browser.run(ids) == list(range(29, -1, -1)), what="the second page")

    def test_by_keyboard(self):
        self.open("branin.html")
        self.browser.wait_until(lambda: self.browser.count("#history svg text") > 0, what="the plot")
        self.browser.run("document.querySelector('#history .plot').focus()")
        self.browser.press("ArrowRight")
        self.browser.wait_until(lambda: self.browser.text("#announcer").startswith("Trial 0, value "), what="trial 0")
        self.browser.press("End")
        self.browser.wait_until(lambda: self.browser.text("#announcer").startswith("Trial 79, "), what="trial 79")
        self.browser.press("Enter")
        self.browser.wait_until(lambda: self.browser.text(".card h2") == "Trial 79", what="the card")
        self.browser.press("Escape")
        self.browser.wait_until(lambda: self.browser.run("return document.querySelector('.card').hidden"), what="the end of the card")
        self.assertTrue(self.browser.run("return document.activeElement.closest('#history') !== null"))
        self.assertEqual(self.browser.problems(), [])

    def test_axe_finds_no_serious_fault(self):
        try:
            for page in ("branin.html", "several.html"):
                self.open(page)
                self.browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
                for dark in (False, True):
                    self.browser.dark(dark)
                    self.assertEqual(self.browser.axe_faults(), [], f"{page}, {'dark' if dark else 'light'}")
        finally:
            self.browser.dark(False)

    def test_can_be_printed(self):
        self.open("branin.html")
        pdf = base64.b64decode(self.browser.devtools("Page.printToPDF", printBackground=True)["data"])
        # What was drawn on canvases is there: those of the history and the slices, at least.
        self.assertGreater(len(re.findall(rb"/Subtype\s*/Image", pdf)), 2)
        self.browser.wait_until(lambda: self.browser.count(".plot img") == 0, what="the page as it was before")
        self.assertEqual(self.browser.problems(), [])

    def test_names_are_names(self):
        trials = [{"id": i, "state": "complete", "params": {EVIL: 0.1 * i, "__proto__": i % 2 + 0.5, EVIL_IMAGE: EVIL},
                   "values": [1 + 0.5 * i], "started": 1e9 + i, "seconds": 1} for i in range(9)]
        trials.append({"id": 9, "state": "failed", "params": {EVIL: 0.3, "__proto__": 1, EVIL_IMAGE: EVIL_IMAGE},
                       "failure": "error", "reason": EVIL + EVIL_IMAGE, "started": 1e9, "seconds": 1})
        parameters = [{"name": EVIL, "type": "float", "low": 0, "high": 1}, {"name": "__proto__", "type": "float", "low": 0, "high": 2},
                      {"name": EVIL_IMAGE, "type": "categorical", "choices": [EVIL, EVIL_IMAGE]}]
        study = result("</script>" + EVIL, parameters, trials, metric=EVIL_IMAGE)
        self.write("evil.json", study)
        self.sturgeon("report", "evil.json", "--output=evil.html")
        self.open("evil.html")
        self.assertEqual(self.browser.text("h1"), "</script>" + EVIL)
        self.assertEqual(self.browser.text("title"), "</script>" + EVIL)
        # What is only shown on demand, too.
        self.browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        self.browser.run("document.querySelector('table.trials tbody button').click()")
        self.browser.wait_until(lambda: EVIL in self.browser.text(".card"), what="the card")
        self.browser.run("document.querySelector('#history .plot').focus()")
        self.browser.press("ArrowRight")
        self.assertEqual(self.browser.count("img"), 0)
        self.assertIsNone(self.browser.alert())
        self.assertEqual(self.browser.problems(), [])

    def test_a_hundred_thousand_trials(self):
        parameters = [{"name": "rate", "type": "float", "low": 1e-5, "high": 1, "scale": "log"},
                      {"name": "momentum", "type": "float", "low": 0.5, "high": 0.999, "scale": "reverse_log"},
                      {"name": "layers", "type": "int", "low": 1, "high": 9}]
        trials = [{"id": i, "state": "complete" if i % 50 else "stopped",
                   "params": {"rate": 10 ** (-5 + 5 * (i * 7919 % 100000) / 100000), "momentum": 0.5 + 0.499 * (i * 104729 % 99991) / 99991,
                              "layers": 1 + i % 9}, "values": [abs((i * 7919 % 100000) / 1e5 - 0.4) + 1000 / (1000 + i)],
                   "started": 1e9 + i, "seconds": 0.5} for i in range(100000)]
        self.write("large.json", result("large", parameters, trials))
        self.sturgeon("report", "large.json", "--output=large.html")
        start = time.monotonic()
        self.open("large.html")
        print(f"100,000 trials: {time.monotonic() - start:.1f} s until the table is there", file=sys.stderr)
        self.assertEqual(self.shown(), "100,000 trials")
        wanted = sum(trial["params"]["layers"] == 3 for trial in trials)
        self.browser.find("#filter").type("layers=3")
        self.wait_for_count(f"{wanted:,} of 100,000 trials")
        self.assertEqual(self.browser.problems(), [])


if __name__ == "__main__":
    STURGEON = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
