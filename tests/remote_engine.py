"""Two executors of the Remote Execution API on this machine, as long as a test needs them.

For tests with //tests:remote_engine in their data.
"""

import ctypes
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

_PR_SET_PDEATHSIG = 1
_PATIENCE = 60  # seconds

# What an action finds besides its inputs. "/" is the action's own folder.
_SYSTEM = {"/usr": "/usr", "/usr/bin": "/bin", "/usr/lib": "/lib", "/usr/lib64": "/lib64"}


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _die_with_parent():
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _bwrap_works():
    try:
        return subprocess.run(["bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--ro-bind",
                               "/", "/", "--proc", "/proc", "--dev", "/dev", "true"],
                              stderr=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        return False


class _Meter:
    """Passes connections on to a port, and counts what the clients send."""

    def __init__(self, port):
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.sent_bytes = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        with self._listener:
            while True:
                try:
                    client, _ = self._listener.accept()
                except OSError:
                    return
                try:
                    server = socket.create_connection(("127.0.0.1", self._to))
                except OSError:
                    client.close()  # the client learns that nobody answers
                    continue
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(*ends, client), daemon=True).start()

    def _pass(self, source, sink, client):
        with source:
            try:
                while data := source.recv(1 << 16):
                    if source is client:
                        self.sent_bytes += len(data)
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other end is gone

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)


class RemoteEngine:
    """BuildBox: a node that stores, caches and executes, and before it one that executes too.

    `endpoint` is that of the second, for --remote_executor. The engine ends with the test, however
    that ends.
    """

    def __init__(self):
        self._casd, self._run = (os.path.abspath(glob.glob("../*buildbox/" + name)[0])
                                 for name in ("buildbox-casd", "buildbox-run"))
        self._folder = tempfile.mkdtemp(prefix="engine.", dir=os.environ.get("TEST_TMPDIR"))
        self._path = os.defpath
        if not _bwrap_works():
            print("bwrap does not work here: actions run without a sandbox")
            os.mkdir(self._folder + "/bin")
            os.symlink(os.path.abspath("tests/unsandboxed_bwrap.sh"), self._folder + "/bin/bwrap")
            self._path = self._folder + "/bin:" + self._path
        self._ports = [_free_port(), _free_port()]
        self._processes = []
        self._meter = _Meter(self._ports[1])
        self.endpoint = f"grpc://127.0.0.1:{self._meter.port}"

    def start(self):
        """Starts both, with what they have stored before, and waits until they answer."""
        first = f"http://127.0.0.1:{self._ports[0]}"
        self._start(0)
        self._start(1, f"--cas-remote={first}", f"--ac-remote={first}", f"--exec-remote={first}",
                    # What is more than this waits for the first node.
                    "--exec-hybrid-queue-limit=0")

    def _start(self, number, *flags):
        port = self._ports[number]
        mounts = [f"--runner-arg=--ro-bind-mount={here}:{there}" for here, there in _SYSTEM.items()]
        with open(self._log(number), "ab") as log:
            process = subprocess.Popen(
                [self._casd, f"--bind=127.0.0.1:{port}", f"--buildbox-run={self._run}", "--jobs=1",
                 "--log-level=info", "--shutdown-deadline=5", *mounts, *flags,
                 os.path.join(self._folder, str(number))],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={"PATH": self._path},
                start_new_session=True, preexec_fn=_die_with_parent)
        self._processes.append(process)
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"buildbox-casd does not answer:\n{self.log(number)}") from None
                time.sleep(0.05)

    def stop(self, how=signal.SIGTERM):
        """Stops both; by SIGKILL, as a machine that loses power does, with all that they run."""
        for process in self._processes:
            if how == signal.SIGKILL:
                os.killpg(process.pid, how)
            else:
                process.send_signal(how)
        for process in self._processes:
            process.wait()
        self._processes = []

    @property
    def uploaded_bytes(self):
        """What clients have sent so far."""
        return self._meter.sent_bytes

    def _log(self, number):
        return os.path.join(self._folder, f"{number}.log")

    def log(self, number):
        with open(self._log(number), encoding="utf-8", errors="replace") as file:
            return file.read()

    def close(self):
        self.stop()
        self._meter.close()
        shutil.rmtree(self._folder, ignore_errors=True)
