"""Module extensions. A file of its own: Bazel 4.2 does not know `module_extension`."""

load(":buildbox.bzl", "buildbox_repository")
load(":datasets.bzl", "fashion_mnist_repository")
load(":javascript.bzl", "d3_repository")
load(":python_environment.bzl", "AXE_REQUIREMENTS", "OPTUNA_REQUIREMENTS", "python_environment")

def _datasets_impl(_ctx):
    fashion_mnist_repository(name = "fashion_mnist")

datasets = module_extension(
    implementation = _datasets_impl,
    doc = "The data sets that models train on: @fashion_mnist.",
)

def _javascript_impl(_ctx):
    d3_repository(name = "d3")

javascript = module_extension(
    implementation = _javascript_impl,
    doc = "What pages are drawn by: @d3.",
)

def _test_tools_impl(_ctx):
    buildbox_repository(name = "buildbox")
    python_environment(name = "axe", requirements = AXE_REQUIREMENTS)
    python_environment(name = "optuna", requirements = OPTUNA_REQUIREMENTS)

test_tools = module_extension(
    implementation = _test_tools_impl,
    doc = "What Sturgeon's own tests check against: @buildbox, @optuna.",
)
