"""Repositories made of what the system has installed.

Headers are symlinked below include/, which each BUILD overlay names in `includes`: they become
declared inputs (an upgrade of the package rebuilds what used it) and come in by -isystem (their
warnings are not ours).

Libraries are linked statically and by name (-l:libz.a). A linker option goes to the final link
alone, so a process has one copy of Abseil's and gflags' global state even in a test whose own
libraries are shared (they find the symbols in the program), and a program runs where those packages
are not installed. NLopt, cpp-httplib and libpq are the exceptions: Debian has the two, and what the
third is made of, as shared libraries only. Sanitizers see neither kind of system library from the inside, so
they gain nothing from shared ones.
"""

def _require(ctx, path):
    """The path, which must exist; otherwise an error that says what to install."""
    path = ctx.path(path)
    if not path.exists:
        fail(("%s is missing, which @%s is made of: run `apt-get install %s`, or ./bazelw, " +
              "which installs all that the build needs.") %
             (path, ctx.name, ctx.attr.debian_package))
    return path

def _library_names(ctx, prefix):
    """Names, as for -l, of the system's static libraries that start with the prefix."""
    names = {}
    for folder in ctx.path("/usr/lib").readdir():
        if not folder.basename.endswith("-linux-gnu"):
            continue
        for file in folder.readdir():
            base = file.basename
            if base.startswith("lib" + prefix) and base.endswith(".a"):
                names[base[3:-2]] = True
    return sorted(names.keys())

def _mangled_namespace(ctx):
    """Abseil's inline namespace in mangled names, such as "7debian3"."""
    for line in ctx.read("include/absl/base/options.h").split("\n"):
        if line.startswith("#define ABSL_OPTION_INLINE_NAMESPACE_NAME "):
            namespace = line.split(" ")[2]
            return "%d%s" % (len(namespace), namespace)
    return ""

def _system_library_impl(ctx):
    for header in ctx.attr.headers:
        source = _require(ctx, "/usr/include/" + header)
        ctx.symlink(source, "include/" + source.basename)
    for header in ctx.attr.optional_headers:
        source = ctx.path("/usr/include/" + header)
        if source.exists:
            ctx.symlink(source, "include/" + source.basename)
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    ctx.symlink(ctx.attr.build_file, "BUILD")
    for label, path in ctx.attr.sources.items():
        ctx.symlink(label, path)
    if ctx.attr.library_prefix:
        ctx.file("libraries.bzl", "LIBRARIES = %r\nNAMESPACE = %r\n" % (
            _library_names(ctx, ctx.attr.library_prefix),
            _mangled_namespace(ctx),
        ))
    for package, targets in ctx.attr.aliases.items():
        ctx.file(package + "/BUILD", "package(default_visibility = [\"//visibility:public\"])\n" + "".join([
            "\nalias(name = \"%s\", actual = \"//:%s\")\n" % (target, ctx.name)
            for target in targets
        ]))

system_library = repository_rule(
    implementation = _system_library_impl,
    local = True,
    doc = "A library of the system, under the labels that the registry's module has.",
    attrs = {
        "aliases": attr.string_list_dict(
            doc = "For each package, the labels that stand for the library as a whole, //:NAME.",
        ),
        "build_file": attr.label(mandatory = True, doc = "The overlay for the top package."),
        "debian_package": attr.string(mandatory = True, doc = "What to install if it is missing."),
        "headers": attr.string_list(mandatory = True, doc = "Files and folders of /usr/include."),
        "library_prefix": attr.string(
            doc = "For Abseil: writes LIBRARIES, those with this prefix, and its inline NAMESPACE " +
                  "to //:libraries.bzl.",
        ),
        "optional_headers": attr.string_list(doc = "Likewise, which some versions do not have."),
        "sources": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "Further files, and where each goes.",
        ),
    },
)

def _debian_folder_impl(ctx):
    for entry in _require(ctx, ctx.attr.path).readdir():
        ctx.symlink(entry, entry.basename)

debian_folder = repository_rule(
    implementation = _debian_folder_impl,
    local = True,
    doc = "A repository that a Debian package ships as a folder.",
    attrs = {
        "debian_package": attr.string(mandatory = True, doc = "What to install if it is missing."),
        "path": attr.string(mandatory = True, doc = "The folder."),
    },
)

def _shim_repository_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    for label, path in ctx.attr.files.items():
        ctx.symlink(label, path)

shim_repository = repository_rule(
    implementation = _shim_repository_impl,
    local = True,
    doc = "A repository made of some of our own files.",
    attrs = {
        "files": attr.label_keyed_string_dict(
            allow_files = True,
            mandatory = True,
            doc = "Where each file goes.",
        ),
    },
)
