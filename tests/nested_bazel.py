"""A Bazel within a test: a workspace of the test's own, built by the Bazel that runs the test.

For tests with //tests:nested_bazel in their data.
"""

import glob
import json
import os
import pwd
import re
import shutil
import subprocess
import tempfile

# What Bazel 4.2 asks for, as //bazel:deps.bzl has it.
_WORKSPACE = """
local_repository(name = "bazel_skylib", path = "/usr/share/bazel/tools/skylib")
local_repository(name = "platforms", path = "/usr/share/bazel/tools/platforms")
local_repository(name = "remote_coverage_tools", path = "remote_coverage_tools")
local_repository(name = "rules_cc", path = "rules_cc")
local_repository(name = "rules_java", path = "/usr/share/bazel/rules/java")
local_repository(name = "rules_proto", path = "/usr/share/bazel/rules/proto")
"""

# The programs as they were built for the test; no build within the test compiles them anew.
_PREBUILT = """
def _prebuilt_impl(ctx):
    program = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = program, target_file = ctx.file.program, is_executable = True)
    data = {"fashion_mnist/" + file.basename: file for file in ctx.files.data}
    return [DefaultInfo(executable = program, runfiles = ctx.runfiles(root_symlinks = data))]

prebuilt = rule(
    implementation = _prebuilt_impl,
    executable = True,
    attrs = {
        "data": attr.label_list(allow_files = True),
        "program": attr.label(allow_single_file = True),
    },
)
"""
_PREBUILT_BUILD = """
load(":prebuilt.bzl", "prebuilt")

[prebuilt(
    name = name,
    data = glob(["fashion_mnist/*"], allow_empty = True),
    program = "prebuilt/" + name,
    visibility = ["//visibility:public"],
) for name in ["sturgeon", "trial"]]
"""


class Failed(AssertionError):
    """A command of Bazel that should have succeeded, with what it printed."""


class Workspace:
    """A folder with files, and Bazel in it.

    The tree's own .bazelrc holds in it, and nothing of the user's that caches or executes. Closing it
    ends Bazel's server; if the test is killed, that ends by itself when it has been idle for a while.
    """

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="workspace.", dir=os.environ.get("TEST_TMPDIR"))
        self._output_user_root = tempfile.mkdtemp(prefix="bazel.", dir=os.environ.get("TEST_TMPDIR"))
        self._bazelw = os.path.abspath("bazelw")
        # A test has no HOME, and Bazel, or bazelisk, looks there for its settings.
        self._environment = dict(os.environ, HOME=pwd.getpwuid(os.getuid()).pw_dir)
        for name in list(self._environment):
            # What the outer Bazel tells a test is not for the tests of the inner.
            if re.match("TEST_|RUNFILES_|JAVA_RUNFILES|BUILD_WORK|XML_OUTPUT", name):
                del self._environment[name]
        version = subprocess.run([self._bazelw, "--version"], env=self._environment,
                                 capture_output=True, text=True, check=True).stdout
        number = re.match(r"bazel (\d+)\.", version)
        self.major_version = int(number.group(1)) if number else 4  # Debian 12's has no number
        self.copy(".bazelrc", ".bazelrc")
        self.write("WORKSPACE", _WORKSPACE if self.major_version < 7 else "")
        with open("MODULE.bazel", encoding="utf-8") as file:
            # The user may have said where those modules come from, and whatever has such an override
            # must be there.
            self.write("MODULE.bazel", "".join(re.findall(r"^bazel_dep\(.*\n", file.read(), re.M)))

    def path(self, path):
        return os.path.join(self.folder, path)

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "w", encoding="utf-8") as out:
            out.write(text)

    def read(self, path):
        with open(self.path(path), encoding="utf-8") as file:
            return file.read()

    def copy(self, source, path):
        """Copies a file of the test's data, with its mode."""
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        shutil.copy(source, self.path(path))

    def add_sturgeon(self):
        """Makes //experiments:*.bzl, //apps:sturgeon and //apps:trial of those in the test's data
        (//tests:nested_sturgeon), the programs with Fashion-MNIST if that is there too."""
        for file in glob.glob("experiments/*.bzl"):
            self.copy(file, file)
        self.write("experiments/BUILD", "")
        for program in ("sturgeon", "trial"):
            self.copy("apps/" + program, "apps/prebuilt/" + program)
        if self.major_version < 7:
            # There, rules for C++ are native, and every test has a generator of reports among its inputs.
            self.write("rules_cc/WORKSPACE", "")
            self.write("rules_cc/cc/BUILD", "")
            self.copy("third_party/rules_cc.defs.bzl", "rules_cc/cc/defs.bzl")
            self.write("remote_coverage_tools/WORKSPACE", "")
            self.copy("third_party/remote_coverage_tools.BUILD", "remote_coverage_tools/BUILD")
            self.copy("third_party/coverage_report_generator.sh",
                      "remote_coverage_tools/coverage_report_generator")
        for file in glob.glob("../*fashion_mnist/*-ubyte.gz"):
            self.copy(file, "apps/fashion_mnist/" + os.path.basename(file))
        self.write("apps/prebuilt.bzl", _PREBUILT)
        self.write("apps/BUILD", _PREBUILT_BUILD)

    def start(self, command, *arguments):
        """Starts a command of Bazel and returns its process, whose output is text."""
        startup = ["--output_user_root=" + self._output_user_root, "--max_idle_secs=60"]
        if self.major_version < 7:
            # Later ones may have to learn there where modules come from.
            startup.append("--nohome_rc")
        if command in ("build", "test", "run"):
            arguments = ("--disk_cache=", "--remote_cache=", "--remote_executor=", "--color=no",
                         "--curses=no", "--verbose_failures") + arguments
        return subprocess.Popen([self._bazelw, *startup, command, *arguments], cwd=self.folder,
                                env=self._environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, process):
        """Waits for a command, which must succeed, and returns what it printed."""
        output, _ = process.communicate()
        if process.returncode != 0:
            raise Failed(f"{' '.join(process.args)}\nended with {process.returncode}:\n{output}")
        return output

    def bazel(self, command, *arguments):
        """Runs a command of Bazel, which must succeed, and returns what it printed."""
        return self.finish(self.start(command, *arguments))

    def spawns(self, *arguments):
        """Builds, and returns what was executed: the execution log's entries, of which each action
        that ran (or came from a remote cache) has one."""
        return self.finish_spawns(self.start_spawns(*arguments))

    def start_spawns(self, *arguments):
        return self.start("build", "--execution_log_json_file=" + self.path("spawns.json"), *arguments)

    def finish_spawns(self, process):
        self.finish(process)
        with open(self.path("spawns.json"), encoding="utf-8") as file:
            text = file.read()
        found, decoder, at = [], json.JSONDecoder(), 0
        while at < len(text):  # one object after another, with or without blanks between them
            if text[at].isspace():
                at += 1
                continue
            entry, at = decoder.raw_decode(text, at)
            found.append(entry)
        return found

    def close(self):
        subprocess.run([self._bazelw, "--output_user_root=" + self._output_user_root, "shutdown"],
                       cwd=self.folder, env=self._environment, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        # Bazel takes the right to write from what it has made.
        subprocess.run(["chmod", "-R", "u+w", self._output_user_root], check=False)
        shutil.rmtree(self._output_user_root, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
