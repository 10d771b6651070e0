"""The rules of @rules_cc//cc:defs.bzl where they are still native, as in Bazel 4.2.

Debian 12's own bazel-rules-cc is written for a later Bazel than Debian 12's own.
"""

cc_binary = native.cc_binary
cc_import = native.cc_import
cc_library = native.cc_library
cc_proto_library = native.cc_proto_library
cc_test = native.cc_test
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
fdo_profile = native.fdo_profile
