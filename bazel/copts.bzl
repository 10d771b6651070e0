"""Compiler options of Sturgeon's own code."""

# A warning is an error in this repository, whose .bazelrc sets the define. It stays a warning for
# those who build Sturgeon as a dependency, with a compiler that may know more warnings than ours.
STURGEON_COPTS = [
    "-Wall",
    "-Wextra",
    "-Wcast-qual",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    # What the newest Abseil deprecates, Debian 12's has no other name for.
    "-Wno-deprecated-declarations",
    "-Wno-sign-compare",
    "-Wshadow",
    "-Wvla",
    # GCC 12 sees uninitialized reads in absl::InlinedVector's copies that are not there; Clang does
    # not know the warning.
    "-Wno-unknown-warning-option",
    "-Wno-maybe-uninitialized",
] + select({
    str(Label("//bazel:werror")): ["-Werror"],
    "//conditions:default": [],
})

STURGEON_LINKOPTS = ["-pthread"]
