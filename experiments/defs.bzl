"""Studies as targets: `bazel run //experiments:branin` tunes and shows what came of it."""

def _shell_quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"

def _script_impl(ctx):
    # The runfiles are beside the script, or, where the script is itself a runfile of another program
    # or a test, where the environment says. The program looks there for its data too.
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(
        output = script,
        is_executable = True,
        content = """#!/bin/sh
case $0 in
  /*) runfiles=$0.runfiles ;;
  *) runfiles=$PWD/$0.runfiles ;;
esac
[ -d "$runfiles" ] || runfiles=${{RUNFILES_DIR:-$TEST_SRCDIR}}
export RUNFILES_DIR="$runfiles"
exec "$runfiles"/{program} tune --study="$runfiles"/{study} {flags} "$@"
""".format(
            flags = " ".join([_shell_quoted(flag) for flag in ctx.attr.flags]),
            program = _shell_quoted(ctx.workspace_name + "/" + ctx.executable.program.short_path),
            study = _shell_quoted(ctx.workspace_name + "/" + ctx.file.study.short_path),
        ),
    )
    runfiles = ctx.runfiles(files = [ctx.file.study] + ctx.files.data)
    runfiles = runfiles.merge(ctx.attr.program[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = script, runfiles = runfiles)]

_ATTRS = {
    "data": attr.label_list(allow_files = True),
    "flags": attr.string_list(),
    "program": attr.label(
        cfg = "target",
        default = Label("//apps:sturgeon"),
        executable = True,
    ),
    "study": attr.label(
        allow_single_file = [".json"],
        mandatory = True,
    ),
}

_tuning_script = rule(
    implementation = _script_impl,
    attrs = _ATTRS,
    executable = True,
)

_tuning_smoke_test = rule(
    implementation = _script_impl,
    attrs = _ATTRS,
    test = True,
)

def tuning_experiment(name, study, flags = [], program = Label("//apps:sturgeon"), **kwargs):
    """Makes targets of a study file.

    `bazel run :NAME -- --trials=100 --output=NAME.json` tunes; what stands behind `--` is flags of
    `sturgeon tune`, and its paths are those of the folder where the user is. `bazel test
    :NAME.smoke` runs one trial of it.

    Args:
      name: the target's name.
      study: the study file.
      flags: further flags of `sturgeon tune`, before those that the user gives.
      program: a binary of yours, made of `//apps:sturgeon_main` and plugins, instead of `sturgeon`.
      **kwargs: passed to both targets (data, tags, visibility, ...).
    """
    _tuning_script(
        name = name,
        flags = flags,
        program = program,
        study = study,
        **kwargs
    )
    _tuning_smoke_test(
        name = name + ".smoke",
        size = "medium",
        flags = flags + ["--trials=1", "--notest_best", "--output=/dev/null", "--storage=memory:"],
        program = program,
        study = study,
        **kwargs
    )
