"""cc_library, cc_binary and cc_test with Sturgeon's compiler options."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")
load(":copts.bzl", "STURGEON_COPTS", "STURGEON_LINKOPTS")

def sturgeon_cc_library(name, copts = [], linkopts = [], **kwargs):
    """A cc_library with STURGEON_COPTS.

    Args:
      name: the target's name.
      copts: further compiler options.
      linkopts: further linker options.
      **kwargs: passed to cc_library.
    """
    cc_library(
        name = name,
        copts = STURGEON_COPTS + copts,
        linkopts = STURGEON_LINKOPTS + linkopts,
        **kwargs
    )

def sturgeon_cc_binary(name, copts = [], linkopts = [], **kwargs):
    """A cc_binary with STURGEON_COPTS.

    Args:
      name: the target's name.
      copts: further compiler options.
      linkopts: further linker options.
      **kwargs: passed to cc_binary.
    """
    cc_binary(
        name = name,
        copts = STURGEON_COPTS + copts,
        linkopts = STURGEON_LINKOPTS + linkopts,
        **kwargs
    )

def sturgeon_cc_test(name, deps = [], copts = [], linkopts = [], size = "small", **kwargs):
    """A small cc_test with STURGEON_COPTS and GoogleTest's main.

    Args:
      name: the target's name.
      deps: what is tested.
      copts: further compiler options.
      linkopts: further linker options.
      size: of cc_test.
      **kwargs: passed to cc_test.
    """
    cc_test(
        name = name,
        size = size,
        copts = STURGEON_COPTS + copts,
        linkopts = STURGEON_LINKOPTS + linkopts,
        deps = deps + [Label("@googletest//:gtest_main")],
        **kwargs
    )
