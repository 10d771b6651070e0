"""JavaScript that pages are made of, as repositories; the same under WORKSPACE and MODULE.bazel."""

# Where Debian's package node-d3 puts it.
_D3_FILE = "/usr/share/nodejs/d3/dist/d3.min.js"
_D3_PACKAGE = "d3@5.16.0"
_D3_SHA256 = "2e46da2089b9483a01f4cea7d27d62d463a31348ddd3c309a9a5dc2cb4568cfa"

def _d3_impl(ctx):
    installed = ctx.path(_D3_FILE)
    if installed.exists:
        ctx.symlink(installed, "d3.min.js")
    else:
        npm = ctx.which("npm")
        if not npm:
            fail("D3 is missing, which reports are drawn by: install Debian's node-d3, or npm")
        result = ctx.execute([npm, "pack", "--silent", _D3_PACKAGE], timeout = 600)
        if result.return_code != 0:
            fail("%s: npm pack %s failed:\n%s%s" % (ctx.name, _D3_PACKAGE, result.stdout, result.stderr))

        # Of our own disk, for its checksum.
        tarball = ctx.path(result.stdout.strip().split("\n")[-1])
        ctx.download_and_extract(
            "file://" + str(tarball),
            sha256 = _D3_SHA256,
            stripPrefix = "package/dist",
            type = "tar.gz",
        )
    ctx.file("WORKSPACE", "workspace(name = \"d3\")\n")
    ctx.file("BUILD", "\n".join([
        "package(default_visibility = [\"//visibility:public\"])",
        "licenses([\"notice\"])",
        "filegroup(name = \"d3\", srcs = [\"d3.min.js\"])",
        "",
    ]))

d3_repository = repository_rule(
    implementation = _d3_impl,
    doc = """D3, which draws the pages: version 5, from the installed Debian package, or from npm.

    :d3 is d3.min.js, which begins with its copyright.""",
)
