"""A headless Chromium that tests look at pages with: WebDriver over HTTP, by Debian's chromium-driver.

    with Browser(folder) as browser:
        browser.open("file:///…/report.html")
        browser.find("#filter").type("learning_rate<0.01")
        browser.wait_until(lambda: browser.text(".count") == "12 of 60 trials")
        browser.problems()        # what the console complained of, and requests that left for elsewhere
        browser.axe_faults()      # axe-core's, serious and critical (Python needs its package)

`folder` is the test's own: the profile and what is downloaded go there.
"""

import base64
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

CHROMIUM = "/usr/bin/chromium"
CHROMEDRIVER = "/usr/bin/chromedriver"
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element's id, by the WebDriver standard
_KEYS = {
    "Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "ArrowLeft": "\ue012", "ArrowUp": "\ue013",
    "ArrowRight": "\ue014", "ArrowDown": "\ue015", "Home": "\ue011", "End": "\ue010",
}


class Browser:
    def __init__(self, folder, width=1400, height=1000):
        for program in (CHROMIUM, CHROMEDRIVER):
            if not os.path.exists(program):
                raise FileNotFoundError(f"{program} is missing: apt-get install chromium chromium-driver")
        self.downloads = os.path.join(folder, "downloads")
        os.makedirs(self.downloads, exist_ok=True)
        profile = os.path.join(folder, "profile")
        shutil.rmtree(profile, ignore_errors=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"
        # What it writes for itself goes into the folder as well.
        environment = dict(os.environ, HOME=folder, XDG_CONFIG_HOME=folder, XDG_CACHE_HOME=folder)
        self._driver = subprocess.Popen([CHROMEDRIVER, f"--port={port}"], env=environment,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._session = None
        try:
            self._wait_for_driver()
            arguments = [
                "--headless=new", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
                "--disable-background-networking", "--no-first-run", "--force-color-profile=srgb",
                f"--user-data-dir={profile}", f"--window-size={width},{height}",
            ]
            if os.geteuid() == 0:
                arguments.append("--no-sandbox")  # which Chromium has not for root
            made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
                "unhandledPromptBehavior": "ignore",
                "goog:chromeOptions": {"args": arguments, "binary": CHROMIUM},
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            }}})
            self._session = f"/session/{made['sessionId']}"
            self.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=self.downloads)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._session is not None:
            try:
                self._call("DELETE", self._session)
            except (OSError, RuntimeError):
                pass
            self._session = None
        self._driver.terminate()
        self._driver.wait()

    # --- The protocol ---

    def _wait_for_driver(self):
        deadline = time.monotonic() + 60
        while True:
            try:
                self._call("GET", "/status")
                return
            except OSError:
                if self._driver.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("chromedriver does not answer")
                time.sleep(0.05)

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"}, method=method)
        # No proxy stands between us and this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=300) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise RuntimeError(f"{value['error']}: {value['message']}") from None

    def _in_session(self, method, path, body=None):
        return self._call(method, self._session + path, body)

    def devtools(self, command, **parameters):
        """A command of Chromium's own protocol."""
        return self._in_session("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    # --- Pages ---

    def open(self, url):
        self._in_session("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value of a function's body; `arguments[0]` … are what is given."""
        return self._in_session("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait_until(self, condition, seconds=30, what="the page"):
        """Waits for what `condition` returns to be true, and returns it."""
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come about within {seconds} s")
            time.sleep(0.05)

    def text(self, selector):
        """What is shown there; None if there is no such element."""
        return self.run("const e = document.querySelector(arguments[0]); return e && e.textContent", selector)

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def find(self, selector):
        found = self._in_session("POST", "/element", {"using": "css selector", "value": selector})
        return Element(self, found[_ELEMENT])

    def press(self, key):
        value = _KEYS.get(key, key)
        self._in_session("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
            {"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]}]})

    def drag(self, start, end, moves=8):
        """Drags the mouse from one place of the window to another, in pixels."""
        self.pointer([("move", start), ("down",)] +
                     [("move", tuple(a + (b - a) * k / moves for a, b in zip(start, end))) for k in range(1, moves + 1)] +
                     [("up",)])

    def pointer(self, steps):
        actions = []
        for step in steps:
            if step[0] == "move":
                x, y = step[1]
                actions.append({"type": "pointerMove", "duration": 20, "x": round(x), "y": round(y)})
            else:
                actions.append({"type": "pointerDown" if step[0] == "down" else "pointerUp", "button": 0})
        self._in_session("POST", "/actions", {"actions": [
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}]})

    def box(self, selector):
        """Where an element is in the window, scrolled to: left, top, width, height."""
        return self.run(
            "const e = document.querySelector(arguments[0]); e.scrollIntoView({block: 'center'});"
            "const b = e.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]", selector)

    def alert(self):
        """The text of an open dialog of the page's, or None."""
        try:
            return self._in_session("GET", "/alert/text")
        except RuntimeError:
            return None

    def dark(self, wanted=True):
        """Whether the reader's system says dark."""
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": "dark" if wanted else "light"}])

    def size(self, width, height, scale=1):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def screenshot(self, path, selector=None):
        """Of the window, or of an element, whole."""
        clip = {}
        if selector is not None:
            left, top, width, height = self.run(
                "const b = document.querySelector(arguments[0]).getBoundingClientRect();"
                "return [b.left + scrollX, b.top + scrollY, b.width, b.height]", selector)
            clip = {"captureBeyondViewport": True, "clip": {"x": left, "y": top, "width": width, "height": height, "scale": 1}}
        shot = self.devtools("Page.captureScreenshot", format="png", **clip)
        with open(path, "wb") as out:
            out.write(base64.b64decode(shot["data"]))

    def downloaded(self, name):
        """The bytes of a file once it has been saved."""
        path = os.path.join(self.downloads, name)
        self.wait_until(lambda: os.path.exists(path), what=f"the download of {name}")
        with open(path, "rb") as file:
            return file.read()

    def problems(self, host=None):
        """What went wrong since the last call: messages of the console above the level of information,
        and requests that went anywhere but to `host` ("127.0.0.1:8080"), or, without one, to files."""
        found = [entry["message"] for entry in self._in_session("POST", "/se/log", {"type": "browser"})
                 if entry["level"] in ("SEVERE", "WARNING")]
        for entry in self._in_session("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] != "Network.requestWillBeSent":
                continue
            url = urllib.parse.urlsplit(message["params"]["request"]["url"])
            # (The browser's own first page, with its parts, is of the schemes chrome and chrome-untrusted.)
            ours = url.scheme in ("about", "blob", "chrome", "chrome-untrusted", "data") or (url.scheme == "file" if host is None else url.netloc == host)
            if not ours:
                found.append(f"a request to {url.geturl()}")
        return found

    def axe_faults(self):
        """Faults of accessibility that axe-core calls serious or critical, a line each."""
        package = importlib.util.find_spec("axe_playwright_python")
        with open(os.path.join(package.submodule_search_locations[0], "axe.min.js"), encoding="utf-8") as file:
            self.devtools("Runtime.evaluate", expression=file.read())
        results = self.devtools("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression="axe.run(document)")
        return [f"{fault['impact']}: {fault['help']}: {node['html'][:300]}"
                for fault in results["result"]["value"]["violations"] if fault["impact"] in ("serious", "critical")
                for node in fault["nodes"]]


class Element:
    def __init__(self, browser, identifier):
        self._browser, self._path = browser, f"/element/{identifier}"

    def click(self):
        self._browser._in_session("POST", self._path + "/click", {})

    def type(self, text):
        self._browser._in_session("POST", self._path + "/value", {"text": text})

    def clear(self):
        self._browser._in_session("POST", self._path + "/clear", {})
