"""The dashboard in a browser: it lists studies, shows one and what changes about it while others write,
edits what it may, ends cleanly, and runs nothing that a study brought along.

    axe_python dashboard_test.py STURGEON
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from browser import Browser

STURGEON = None
EVIL = "<script>alert(1)</script>"
EVIL_IMAGE = '"><img src=x onerror="alert(2)">'

# A trial takes a while, and reports as it goes: the panda's days would, too.
BRANIN = {
    "name": "branin",
    "model": {"name": "function", "function": "branin"},
    "strategy": "random",
    "runner": {"name": "caviar", "parallelism": 2},
    "seed": 3,
}


def slow_study(data):
    """A study whose trials train for seconds, unless they are stopped."""
    with open(data, "w", encoding="utf-8") as out:
        out.write("a,b,label\n")
        for i in range(4000):
            out.write(f"{i % 17},{i * i % 23},{'x' if i * 7 % 5 < 2 else 'y'}\n")
    return {
        "name": "slow",
        "model": {"name": "mlp", "dataset": f"csv:{data}", "epochs": 100000},
        "parameters": [{"name": "learning_rate", "type": "float", "low": 1e-5, "high": 1e-3, "scale": "log"}],
        "strategy": "random",
        "runner": {"name": "caviar", "parallelism": 1},
    }


class DashboardTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.storage = f"--storage=sqlite:{self.path('studies.db')}"
        self.processes = []

    def tearDown(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def tune_command(self, study, *flags):
        file = self.path("study.json")
        with open(file, "w", encoding="utf-8") as out:
            json.dump(study, out)
        return [STURGEON, "tune", f"--study={file}", self.storage, f"--output={self.path('result.json')}", *flags]

    def tune(self, study, *flags):
        subprocess.run(self.tune_command(study, *flags), check=True, capture_output=True)

    def start(self, command):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.processes.append(process)
        return process

    def dashboard(self, *flags):
        """Starts one; returns its process and its address."""
        process = self.start([STURGEON, "dashboard", self.storage, "--listen=127.0.0.1:0", "--format=json", *flags])
        said = json.loads(process.stdout.readline())
        return process, said["url"]

    def end(self, process):
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (0, ""))
        self.assertLess(time.monotonic() - began, 30)

    def check(self, browser, url):
        self.assertIsNone(browser.alert())
        self.assertEqual(browser.problems(host=url.split("/")[2]), [])

    def test_a_new_trial_arrives_without_a_reload(self):
        self.tune(BRANIN, "--trials=20")
        process, url = self.dashboard()
        with Browser(self.path("browser")) as browser:
            browser.open(url)
            browser.wait_until(lambda: browser.text("tbody a") == "branin", what="the list of studies")
            self.assertEqual(browser.text("tbody td.number:nth-of-type(5)"), "20")
            self.assertEqual(browser.axe_faults(), [])
            browser.find("tbody a").click()
            browser.wait_until(lambda: (browser.text("#trials .what") or "").startswith("20 trials"), what="the study")
            browser.run("window.untouched = true; document.querySelector('h1').dataset.mine = '1'")
            self.assertEqual(browser.axe_faults(), [])

            # What another process writes.
            self.tune(BRANIN, "--trials=33")
            began = time.monotonic()
            browser.wait_until(lambda: browser.text("#trials .what").startswith("33 trials"), what="the new trials")
            print(f"33 trials were shown {time.monotonic() - began:.2f} s after the other process had ended")
            self.assertTrue(browser.run("return window.untouched"))
            # A selection holds over news.
            browser.find("#filter").type("id<10")
            browser.wait_until(lambda: browser.text("#trials .what").startswith("10 of 33 trials"), what="the filter")
            self.tune(BRANIN, "--trials=36")
            browser.wait_until(lambda: browser.text("#trials .what").startswith("10 of 36 trials"), what="more trials")
            # It only shows.
            self.assertEqual(browser.count(".live button"), 0)

            # The list follows, too.
            browser.open(url)
            browser.wait_until(lambda: browser.text("tbody td.number:nth-of-type(5)") == "36", what="the list")
            self.tune(dict(BRANIN, name="second"), "--trials=3")
            browser.wait_until(lambda: browser.count("tbody tr") == 2, what="the second study")
            self.check(browser, url)
            self.end(process)

    def test_studies_are_compared_while_others_write(self):
        for seed in (1, 2):
            self.tune(dict(BRANIN, name=f"seed {seed}", seed=seed), "--trials=10")
        self.tune(dict(BRANIN, name="sobol", strategy={"name": "random", "sampler": "sobol"}), "--trials=10")
        process, url = self.dashboard("--allow_edits")
        with Browser(self.path("browser")) as browser:
            browser.open(url)
            browser.wait_until(lambda: browser.count("tbody tr") == 3, what="the list of studies")
            self.assertFalse(browser.run("return document.querySelector('#compare').disabled === false"))
            for k in (1, 2, 3):
                browser.find(f"tbody tr:nth-child({k}) input").click()
            # The list is made anew, and the choice stays.
            self.tune(dict(BRANIN, name="fourth"), "--trials=3")
            browser.wait_until(lambda: browser.count("tbody tr") == 4, what="the fourth study")
            self.assertEqual(browser.count("tbody input:checked"), 3)
            self.assertEqual(browser.axe_faults(), [])
            browser.find("#compare").click()
            browser.wait_until(lambda: browser.text("h1") == "3 studies", what="the comparison")
            rows = lambda: browser.run("return [...document.querySelectorAll('#comparison table tbody tr')].map((r) => r.cells[0].textContent + ' ' + r.cells[3].textContent)")
            browser.wait_until(lambda: rows()[:3] == ["seed 1 10", "seed 2 10", "sobol 10"], what="the studies")
            self.assertEqual(browser.axe_faults(), [])
            self.tune(dict(BRANIN, name="seed 2", seed=2), "--trials=14")
            browser.wait_until(lambda: rows()[1] == "seed 2 14", what="the new trials")
            self.assertEqual(browser.text(".live .state"), "Live")
            self.assertEqual(browser.count(".live button"), 0)  # what is edited is one study
            subprocess.run([STURGEON, "delete", "--study_name=seed 1", self.storage, "--yes"], check=True, capture_output=True)
            browser.wait_until(lambda: browser.text(".live .state") == "The study is gone", what="that one is gone")
            browser.problems()  # the console tells of the 404
            self.end(process)

    def test_hostile_names_are_text(self):
        space = [{"name": EVIL, "type": "float", "low": 0, "high": 1},
                 {"name": "__proto__", "type": "categorical", "choices": [EVIL_IMAGE, "b"]}]
        result = {"study": EVIL, "seed": 0, "objectives": [{"metric": EVIL_IMAGE, "goal": "minimize"}],
                  "metrics": [EVIL_IMAGE], "space": space, "best": None,
                  "trials": [{"id": i, "state": "failed" if i == 3 else "complete",
                              "params": {EVIL: i / 9, "__proto__": EVIL_IMAGE if i % 2 else "b"},
                              **({"failure": "error", "reason": EVIL_IMAGE} if i == 3 else {"values": [i % 4]}),
                              "started": 1e9 + i, "seconds": 1} for i in range(9)]}
        with open(self.path("evil.json"), "w", encoding="utf-8") as out:
            json.dump(result, out)
        self.tune(BRANIN, "--trials=2")
        subprocess.run([STURGEON, "import", self.path("evil.json"), self.storage], check=True, capture_output=True)
        process, url = self.dashboard("--allow_edits")
        with Browser(self.path("browser")) as browser:
            browser.open(url)
            browser.wait_until(lambda: browser.count("tbody a") == 2, what="the list of studies")
            self.assertIn(EVIL, browser.text("tbody"))
            browser.run("[...document.querySelectorAll('tbody a')].find((a) => a.textContent.startsWith('<')).click()")
            browser.wait_until(lambda: browser.text("h1") == EVIL, what="the study")
            self.assertEqual(browser.count("img"), 0)
            # Enqueue one, with what the choice is called.
            browser.run("document.querySelector('details.enqueue').open = true;"
                        "const select = document.querySelector('.fields select'); select.value = '0';")
            browser.run("[...document.querySelectorAll('.live button')].find((b) => b.textContent === 'Enqueue').click()")
            browser.wait_until(lambda: "Trial 9 waits" in browser.text(".live"), what="the enqueued trial")
            browser.wait_until(lambda: (browser.text("#trials .what") or "").startswith("10 trials"), what="the trial in the table")
            self.check(browser, url)
            self.end(process)
        listed = json.loads(subprocess.run([STURGEON, "trials", self.storage, f"--study_name={EVIL}", "--format=json", "--state=waiting"],
                                           check=True, capture_output=True).stdout)
        self.assertEqual([trial["id"] for trial in listed], [9])

    def test_users_pause_stop_and_note(self):
        process, url = None, None
        tuning = self.start(self.tune_command(slow_study(self.path("data.csv"))))
        deadline = time.monotonic() + 60
        while not os.path.exists(self.path("studies.db")) and time.monotonic() < deadline:
            time.sleep(0.1)
        process, url = self.dashboard("--allow_edits")
        with Browser(self.path("browser")) as browser:
            browser.open(url)
            browser.wait_until(lambda: browser.text("tbody a") == "slow", what="the list of studies")
            browser.find("tbody a").click()
            press = lambda text: browser.run(
                "[...document.querySelectorAll('.live button')].find((b) => b.textContent === arguments[0]).click()", text)
            browser.wait_until(lambda: browser.count(".running tbody button") == 1, what="the running trial")
            browser.run("document.querySelectorAll('.live details').forEach((d) => { d.open = true; })")
            self.assertEqual(browser.axe_faults(), [])
            # Pause; the trial that runs goes on until it is stopped, and then none starts.
            press("Pause the study")
            browser.wait_until(lambda: browser.text(".live .state") == "Live, paused", what="the pause")
            press("Stop")
            browser.wait_until(lambda: browser.count(".running tbody tr") == 0, what="the trial's end")
            browser.wait_until(lambda: "stopped by a user of the dashboard" in browser.text("#trials tbody"), what="the reason")
            time.sleep(3)
            self.assertEqual(browser.count(".running tbody tr"), 0)
            press("Resume the study")
            browser.wait_until(lambda: browser.count(".running tbody tr") == 1, what="the next trial")
            browser.find("textarea").type("<i>seen</i>")
            press("Keep the note")
            browser.wait_until(lambda: browser.text(".live .note") == "<i>seen</i>", what="the note")
            # What another process notes arrives, too; so does the end of the connection.
            tuning.send_signal(signal.SIGINT)
            tuning.communicate(timeout=60)
            browser.wait_until(lambda: browser.count(".running tbody tr") == 0, what="the end")
            self.check(browser, url)
            self.end(process)
            browser.wait_until(lambda: "Not up to date" in browser.text(".live .state"), what="that it is lost")

    def test_elsewhere_it_wants_the_token(self):
        self.tune(BRANIN, "--trials=3")
        process = self.start([STURGEON, "dashboard", self.storage, "--listen=0.0.0.0:0", "--format=json"])
        url = json.loads(process.stdout.readline())["url"]
        port, token = url.split(":")[2].split("/")[0], url.split("=")[1]
        here = f"http://127.0.0.1:{port}/"
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(here)
        self.assertEqual(refused.exception.code, 401)
        refused.exception.close()
        with Browser(self.path("browser")) as browser:
            browser.open(f"{here}?token={token}")
            browser.wait_until(lambda: browser.text("tbody a") == "branin", what="the list of studies")
            self.assertEqual(browser.run("return location.href"), here)  # the token is not kept there
            self.assertEqual(browser.run("return document.cookie"), "")  # nor shown to scripts
            self.check(browser, here)
            self.end(process)

    def test_what_is_wrong_is_said(self):
        def error(*flags):
            done = subprocess.run([STURGEON, "dashboard", *flags], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertEqual(done.stderr.count("\n"), 1)
            return done.stderr
        self.assertIn("memory: is within one process", error("--storage=memory:"))
        self.assertIn("sturgeon tune makes one", error(self.storage))
        self.tune(BRANIN, "--trials=1")
        self.assertIn("say HOST:PORT", error(self.storage, "--listen=here"))
        self.assertIn("192.0.2.1", error(self.storage, "--listen=192.0.2.1:80"))
        process, url = self.dashboard()
        self.assertIn("is taken by another program", error(self.storage, f"--listen={url.split('/')[2]}"))
        self.end(process)


if __name__ == "__main__":
    STURGEON = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1])
