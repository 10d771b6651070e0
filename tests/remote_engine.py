"""Two executors of the Remote Execution API on this machine, as long as a test needs them."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
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


class RemoteEngine:
    """BuildBox: a node that stores, caches and executes, and before it one that executes too.

    `endpoint` is that of the second, for --remote_executor. The engine ends with the test, however
    that ends.
    """

    def __init__(self, casd, run):
        self._casd, self._run = os.path.abspath(casd), os.path.abspath(run)
        if not shutil.which("bwrap"):
            raise RuntimeError("bwrap is missing, by which BuildBox keeps actions apart: run "
                               "`apt-get install bubblewrap`, or ./bazelw, which installs all that "
                               "the tests need")
        self._folder = tempfile.mkdtemp(prefix="engine.", dir=os.environ.get("TEST_TMPDIR"))
        self._ports = [_free_port(), _free_port()]
        self._processes = []
        self.endpoint = f"grpc://127.0.0.1:{self._ports[1]}"

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
                 "--log-level=info", "--shutdown-deadline=5", *mounts, *flags, self.storage(number)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=_die_with_parent)
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

    def storage(self, number):
        return os.path.join(self._folder, str(number))

    def _log(self, number):
        return self.storage(number) + ".log"

    def log(self, number):
        with open(self._log(number), encoding="utf-8", errors="replace") as file:
            return file.read()

    def stored_bytes(self):
        """Bytes of all that the first node has stored."""
        total = 0
        for folder, _, files in os.walk(self.storage(0)):
            total += sum(os.lstat(os.path.join(folder, file)).st_size for file in files)
        return total

    def close(self):
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
