"""Fuzz targets that are ordinary tests as well."""

load("@rules_cc//cc:defs.bzl", "cc_test")
load(":copts.bzl", "STURGEON_COPTS", "STURGEON_LINKOPTS")

def sturgeon_fuzz_test(name, srcs, deps = [], corpus = [], size = "small", **kwargs):
    """A test of LLVMFuzzerTestOneInput, which `srcs` define.

    By default it feeds the function the empty input and each file of the corpus, so the seeds, and
    what was found before, stand under every `bazel test`. With --config=fuzz it is a libFuzzer
    program, with AddressSanitizer and UndefinedBehaviorSanitizer, that fuzzes for half a minute, or
    as it is told by libFuzzer's options:

        bazel run --config=fuzz //core:json_fuzz_test -- -max_total_time=600 $PWD/core/testdata/json

    (The folder holds inputs to start from, and new ones are written to it.)

    Args:
      name: the target's name.
      srcs: sources, which define `extern "C" int LLVMFuzzerTestOneInput(const uint8_t*, size_t)`.
      deps: what is tested.
      corpus: files, each an input.
      size: of cc_test.
      **kwargs: passed to cc_test.
    """
    cc_test(
        name = name,
        size = size,
        srcs = srcs,
        args = select({
            str(Label("//bazel:fuzz")): ["-max_total_time=30"],
            "//conditions:default": ["$(location %s)" % file for file in corpus],
        }),
        copts = STURGEON_COPTS,
        data = corpus,
        linkopts = STURGEON_LINKOPTS + select({
            str(Label("//bazel:fuzz")): ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            str(Label("//bazel:fuzz")): [],
            "//conditions:default": [Label("//bazel:fuzz_replay")],
        }),
        **kwargs
    )
