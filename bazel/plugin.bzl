"""The targets of a plugin: one folder, four sources, one macro."""

load(":cc.bzl", "sturgeon_cc_library", "sturgeon_cc_test")

def sturgeon_plugin(
        name,
        deps = [],
        test_deps = [],
        srcs = None,
        hdrs = None,
        register_deps = [],
        test_size = "small",
        test_data = [],
        test_args = [],
        visibility = ["//visibility:public"],
        **kwargs):
    """Writes the targets of the plugin NAME, in this repository or in one that embeds it.

    From NAME.h, NAME.cc, register.cc and NAME_test.cc it makes

        :NAME       the plugin as a plain library, without static objects: embedders who build
                    their registry by hand link this;
        :register   register.cc, one static object that puts the plugin on the list of linked
                    plugins. It alone is alwayslink: the linker keeps it though nothing names it;
        :NAME_test  the unit test, with GoogleTest's main.

    A program has the plugin once it depends on :register.

    Args:
      name: the plugin's name, also the stem of its files.
      deps: of :NAME, and thereby of :register and of the test.
      test_deps: further deps of the test, such as the kind's conformance suite.
      srcs: sources of :NAME instead of NAME.cc.
      hdrs: headers of :NAME instead of NAME.h.
      register_deps: further deps of :register.
      test_size: size of the test.
      test_data: data of the test.
      test_args: arguments of the test.
      visibility: of :NAME and :register.
      **kwargs: passed to :NAME (data, copts, tags, ...).
    """
    sturgeon_cc_library(
        name = name,
        srcs = srcs if srcs != None else [name + ".cc"],
        hdrs = hdrs if hdrs != None else [name + ".h"],
        visibility = visibility,
        deps = deps,
        **kwargs
    )
    sturgeon_cc_library(
        name = "register",
        srcs = ["register.cc"],
        visibility = visibility,
        deps = [":" + name] + deps + register_deps,
        alwayslink = True,
    )
    sturgeon_cc_test(
        name = name + "_test",
        size = test_size,
        srcs = [name + "_test.cc"],
        args = test_args,
        data = test_data,
        deps = [":" + name] + deps + test_deps,
    )
