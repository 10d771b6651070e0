"""sh_binary where it is still native, as in Bazel 4.2."""

sh_binary = native.sh_binary
