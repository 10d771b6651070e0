"""sh_library where it is still native, as in Bazel 4.2."""

sh_library = native.sh_library
