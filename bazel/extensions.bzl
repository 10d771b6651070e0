"""Module extensions. A file of its own: Bazel 4.2 does not know `module_extension`."""

load(":datasets.bzl", "fashion_mnist_repository")

def _datasets_impl(_ctx):
    fashion_mnist_repository(name = "fashion_mnist")

datasets = module_extension(
    implementation = _datasets_impl,
    doc = "The data sets that models train on: @fashion_mnist.",
)
