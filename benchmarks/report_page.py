#!/usr/bin/env python3
"""How quick a report is in a browser: loading it, and brushing, by the number of trials.

    ./bazelw build //apps:sturgeon
    benchmarks/report_page.py bazel-bin/apps/sturgeon [TRIALS…]

Needs chromium and chromium-driver. Trials have eight parameters and four reports. What is measured:
  write     `sturgeon report`, from a result file to the page
  load      from the start of the navigation until every plot in sight and the table are there
  frames    a second, while a brush is dragged over an axis of the parallel coordinates, that is, while
            the history, the parallel coordinates and the slices are drawn anew with what is selected
  longest   time between two frames meanwhile
  CPU       that the page's thread took for each of these frames, which other programs' work does not
            lengthen as it does the time
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
from browser import Browser  # noqa: E402


def write_result(path, count):
    draw = random.Random(1)
    parameters = [{"name": "learning_rate", "type": "float", "low": 1e-5, "high": 1, "scale": "log"},
                  {"name": "momentum", "type": "float", "low": 0.5, "high": 0.999, "scale": "reverse_log"},
                  {"name": "optimizer", "type": "categorical", "choices": ["sgd", "adam", "adamw"]},
                  {"name": "layers", "type": "int", "low": 1, "high": 8}]
    parameters += [{"name": f"x{k}", "type": "float", "low": 0, "high": 1} for k in range(4)]
    trials = []
    for i in range(count):
        rate = draw.uniform(-5, 0)
        value = abs(rate + 2.5) * 0.2 + draw.expovariate(4) + 20 / (20 + i)
        stopped = draw.random() < 0.3
        steps = 2 if stopped else 4
        trials.append({
            "id": i, "state": "stopped" if stopped else "complete",
            "params": {"learning_rate": 10 ** rate, "momentum": 1 - 10 ** draw.uniform(-3, -0.302), "layers": draw.randint(1, 8),
                       "optimizer": draw.choice(["sgd", "adam", "adamw"]), **{f"x{k}": draw.random() for k in range(4)}},
            "values": [value], "reports": [[k + 1, value + 1 / (k + 1) - 1 / steps] for k in range(steps)],
            "started": 1e9 + i // 8 * 3.0, "seconds": draw.uniform(1, 3)})
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"study": f"{count} trials", "seed": 1, "objectives": [{"metric": "error", "goal": "minimize"}], "metrics": ["error"],
                   "max_steps": 4, "unit": "epoch", "settable": [], "space": parameters, "best": None, "trials": trials}, out)


FRAMES = """
window.frames_ = [];
const tick = (t) => { window.frames_.push(t); if (window.frames_.length < 100000) requestAnimationFrame(tick); };
requestAnimationFrame(tick);
"""


def task_seconds(browser):
    metrics = browser.devtools("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


def measure(sturgeon, count, folder):
    result, page = os.path.join(folder, "r.json"), os.path.join(folder, "r.html")
    write_result(result, count)
    start = time.monotonic()
    subprocess.run([sturgeon, "report", result, "--output=" + page], check=True, stdout=subprocess.DEVNULL)
    wrote = time.monotonic() - start
    with Browser(folder) as browser:
        loads = []
        for _ in range(3):
            browser.open("file://" + page)
            browser.wait_until(lambda: browser.count("table.trials tbody tr") > 0)
            loads.append(browser.run("return performance.now()"))
        browser.box("#parallel")
        time.sleep(1)
        left, top, width, height = browser.run(
            "const b = document.querySelector('#parallel .brush .overlay').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]")
        browser.devtools("Performance.enable", timeDomain="threadTicks")
        browser.run(FRAMES)
        x = left + width / 2
        steps = [("move", (x, top + 2)), ("down",)]
        steps += [("move", (x, top + 2 + (height - 4) * k / 100)) for k in range(1, 101)]
        begun = browser.run("return window.frames_.length")
        cpu = task_seconds(browser)
        browser.pointer(steps + [("up",)])
        cpu = task_seconds(browser) - cpu
        times = browser.run("return window.frames_.slice(arguments[0])", begun)
        gaps = [b - a for a, b in zip(times, times[1:])]
        problems = browser.problems()
        assert not problems, problems
    size = os.path.getsize(page)
    print(f"{count:>9,}  {size / 1e6:7.1f} MB  write {wrote:5.2f} s  load {min(loads) / 1000:5.2f} s  "
          f"{1000 * len(gaps) / sum(gaps):5.1f} frames/s  longest {max(gaps):4.0f} ms  "
          f"CPU {1000 * cpu / len(gaps):4.1f} ms/frame", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        for trials in [int(word) for word in sys.argv[2:]] or [1000, 10000, 50000, 100000]:
            measure(os.path.abspath(sys.argv[1]), trials, temporary)
