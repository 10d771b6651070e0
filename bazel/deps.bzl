"""Sturgeon's dependencies for WORKSPACE files: the system's libraries, nothing downloaded.

In an outer WORKSPACE:

    local_repository(name = "sturgeon", path = "...")  # or git_repository, http_archive
    load("@sturgeon//bazel:deps.bzl", "sturgeon_dependencies")
    sturgeon_dependencies()
"""

load("//bazel:datasets.bzl", "fashion_mnist_repository")
load("//bazel:javascript.bzl", "d3_repository")
load("//third_party:abseil_labels.bzl", "ABSEIL_LABELS")
load("//third_party:system.bzl", "debian_folder", "shim_repository", "system_library")

def sturgeon_dependencies():
    """Defines each repository that Sturgeon needs, unless the caller has defined it before.

    The names and labels are those of the Bazel Central Registry, so that BUILD files are the same
    under WORKSPACE and under MODULE.bazel.
    """
    if not native.existing_rule("abseil-cpp"):
        system_library(
            name = "abseil-cpp",
            aliases = ABSEIL_LABELS,
            build_file = Label("//third_party:abseil-cpp.BUILD"),
            debian_package = "libabsl-dev",
            headers = ["absl"],
            library_prefix = "absl_",
            sources = {str(Label("//third_party:abseil_tsan.cc")): "abseil_tsan.cc"},
        )
    for name, headers, package in [
        ("cpp-httplib", ["httplib.h"], "libcpp-httplib-dev"),
        ("eigen", ["eigen3/Eigen", "eigen3/unsupported"], "libeigen3-dev"),
        ("gflags", ["gflags"], "libgflags-dev"),
        ("google_benchmark", ["benchmark"], "libbenchmark-dev"),
        ("googletest", ["gtest", "gmock"], "libgmock-dev"),
        ("nlohmann_json", ["nlohmann"], "nlohmann-json3-dev"),
        ("nlopt", ["nlopt.h"], "libnlopt-dev"),
        ("postgres", ["postgresql/libpq-fe.h", "postgresql/postgres_ext.h"], "libpq-dev"),
        ("sqlite3", ["sqlite3.h"], "libsqlite3-dev"),
        ("zlib", ["zlib.h", "zconf.h"], "zlib1g-dev"),
    ]:
        if not native.existing_rule(name):
            system_library(
                name = name,
                build_file = Label("//third_party:%s.BUILD" % name),
                debian_package = package,
                headers = headers,
                # libpq's include it up to PostgreSQL 17.
                optional_headers = ["postgresql/pg_config_ext.h"] if name == "postgres" else [],
            )

    if not native.existing_rule("fashion_mnist"):
        fashion_mnist_repository(name = "fashion_mnist")
    if not native.existing_rule("d3"):
        d3_repository(name = "d3")

    # What Bazel 4.2 itself asks for. It would download these unless they are defined first.
    for name, path, package in [
        ("bazel_skylib", "/usr/share/bazel/tools/skylib", "bazel-skylib"),
        ("platforms", "/usr/share/bazel/tools/platforms", "bazel-platforms"),
        ("rules_java", "/usr/share/bazel/rules/java", "bazel-rules-java"),
        ("rules_proto", "/usr/share/bazel/rules/proto", "bazel-rules-proto"),
    ]:
        if not native.existing_rule(name):
            debian_folder(name = name, path = path, debian_package = package)

    # Rules that are native in Bazel 4.2 and come from these modules since.
    for name, package, files in [
        ("rules_cc", "cc", ["defs.bzl"]),
        ("rules_shell", "shell", ["sh_binary.bzl", "sh_library.bzl", "sh_test.bzl"]),
    ]:
        if not native.existing_rule(name):
            shim_repository(
                name = name,
                files = dict(
                    [(str(Label("//third_party:shim.BUILD")), package + "/BUILD")] +
                    [(str(Label("//third_party:%s.%s" % (name, file))), package + "/" + file) for file in files],
                ),
            )
    if not native.existing_rule("remote_coverage_tools"):
        shim_repository(
            name = "remote_coverage_tools",
            files = {
                str(Label("//third_party:remote_coverage_tools.BUILD")): "BUILD",
                str(Label("//third_party:coverage_report_generator.sh")): "coverage_report_generator",
            },
        )
