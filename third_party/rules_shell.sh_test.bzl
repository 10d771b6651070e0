"""sh_test where it is still native, as in Bazel 4.2."""

sh_test = native.sh_test
