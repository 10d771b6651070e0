"""Studies as targets: `bazel run //experiments:branin` tunes and shows what came of it,
`bazel build :NAME.result` computes the same study as actions of the build. See docs/experiments.md."""

load(":rounds.bzl", "strategy_flags", "tuning_result")

def _shell_quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"

def _script_impl(ctx):
    # The runfiles are beside the script, or, where the script is itself a runfile of another program
    # or a test, where the environment says. The program looks there for its data too.
    study = ctx.file.study
    if not study:
        study = ctx.actions.declare_file(ctx.label.name + ".study.json")
        ctx.actions.write(study, ctx.attr.study_json + "\n")
    flags = [_shell_quoted(flag) for flag in ctx.attr.flags]
    if ctx.attr.study_name:
        flags.insert(0, "--study_name=" + ctx.attr.study_name)
    if ctx.files.warm_start:
        flags.insert(0, "--warm_start=" + ",".join([
            "\"$runfiles\"/" + _shell_quoted(ctx.workspace_name + "/" + file.short_path)
            for file in ctx.files.warm_start
        ]))
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
            flags = " ".join(flags),
            program = _shell_quoted(ctx.workspace_name + "/" + ctx.executable.program.short_path),
            study = _shell_quoted(ctx.workspace_name + "/" + study.short_path),
        ),
    )
    runfiles = ctx.runfiles(files = [study] + ctx.files.data + ctx.files.warm_start)
    runfiles = runfiles.merge(ctx.attr.program[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = script, runfiles = runfiles)]

_ATTRS = {
    "data": attr.label_list(allow_files = True),
    "flags": attr.string_list(),
    "program": attr.label(
        allow_files = True,
        cfg = "target",
        default = Label("//apps:sturgeon"),
        executable = True,
    ),
    "study": attr.label(allow_single_file = [".json"]),
    "study_json": attr.string(doc = "A study file's text, instead of `study`."),
    "study_name": attr.string(),
    "warm_start": attr.label_list(allow_files = [".json"]),
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

def _as_dict(plugin):
    return plugin if type(plugin) == type({}) else {"name": plugin}

# The text of a study file that says no more than was given.
def _study_json(fields):
    given = {field: value for field, value in fields.items() if value != None}
    return json.encode_indent(given, indent = "  ")

def tuning_experiment(
        name,
        study = None,
        model = None,
        parameters = None,
        objectives = None,
        constraints = None,
        fixed = None,
        enqueue = None,
        stopping = None,
        strategy = None,
        rounds = None,
        trials_per_round = 4,
        seed = None,
        warm_start = [],
        max_failures = None,
        further_strategies = [],
        execution_requirements = {},
        flags = [],
        program = Label("//apps:sturgeon"),
        data = [],
        tags = [],
        visibility = None,
        **kwargs):
    """Makes targets of a study.

    `bazel run :NAME -- --trials=100 --output=NAME.json` tunes; what stands behind `--` is flags of
    `sturgeon tune`, and its paths are those of the folder where the user is. `bazel test
    :NAME.smoke` runs one trial of it.

    With `rounds`, `bazel build :NAME.result` computes the study as actions of the build: so many rounds
    of `trials_per_round` trials each, and then result.json, trials.csv, study.db and summary.txt in
    bazel-bin/PACKAGE/NAME.result/. It comes to the same as `bazel run :NAME --
    --runner_options=deterministic=true,schedule=rounds,width=TRIALS_PER_ROUND`. It is built where it is
    named (or what needs it is built), and not by `//...`: its tags have "manual".

    Args:
      name: the target's name.
      study: the study file; or instead
      model: the model's name, or a dict with its name and options, as in a study file; then also
      parameters: what differs from the model's own search space: a list of dicts, as in a study file.
      objectives: likewise.
      constraints: likewise.
      fixed: likewise: a dict of parameters that are not tuned.
      enqueue: likewise: a list of dicts, to be tried first.
      stopping: likewise: a stopping rule.
      strategy: its name, or a dict with its name and options; instead of that of the study file.
      rounds: how many rounds NAME.result has. None: there is no NAME.result.
      trials_per_round: how many trials a round has: as many as may run at once.
      seed: instead of the study file's.
      warm_start: result files of earlier studies.
      max_failures: NAME.result fails where more trials than this have failed. None: a failed trial is
        a result like others.
      further_strategies: strategies that `program` has of its own and that decide by finished rounds
        alone.
      execution_requirements: of the actions of NAME.result, such as {"no-remote": "1"}.
      flags: further flags of `sturgeon tune`, before those that the user gives.
      program: a binary of yours, made of `//apps:sturgeon_main` and plugins, instead of `sturgeon`.
      data: files that the model reads.
      tags: of all targets.
      visibility: of all targets.
      **kwargs: passed to all targets (exec_properties, testonly, ...).
    """
    if (study == None) == (model == None):
        fail("tuning_experiment %s: give a study file (study), or a model" % name)
    fields = {
        "model": model,
        "parameters": parameters,
        "objectives": objectives,
        "constraints": constraints,
        "fixed": fixed,
        "enqueue": enqueue,
        "stopping": stopping,
    }
    if study != None:
        for field, value in fields.items():
            if value != None:
                fail("tuning_experiment %s: %s goes with a model; with a study file it stands there" % (name, field))
    strategy = _as_dict(strategy) if strategy else None
    common = dict(
        data = data,
        program = program,
        study = study,
        # Its name is no part of it: studies that differ in nothing else have their actions in common.
        study_json = "" if study else _study_json(fields),
        study_name = "" if study else name,
        visibility = visibility,
        warm_start = warm_start,
        **kwargs
    )
    all_flags = strategy_flags(strategy)
    if seed != None:
        all_flags = all_flags + ["--seed=%d" % seed]
    if rounds != None and not study:
        all_flags = all_flags + ["--trials=%d" % (rounds * trials_per_round)]
    all_flags = all_flags + flags
    _tuning_script(
        name = name,
        flags = all_flags,
        tags = tags,
        **common
    )
    _tuning_smoke_test(
        name = name + ".smoke",
        size = "medium",
        flags = all_flags + ["--trials=1", "--notest_best", "--output=/dev/null", "--storage=memory:"],
        tags = tags,
        **common
    )
    if rounds != None:
        tuning_result(
            name = name + ".result",
            execution_requirements = execution_requirements,
            further_strategies = further_strategies,
            max_failures = -1 if max_failures == None else max_failures,
            rounds = rounds,
            seed = -1 if seed == None else seed,
            strategy = json.encode(strategy) if strategy else "",
            tags = tags if "manual" in tags else tags + ["manual"],
            trials_per_round = trials_per_round,
            **common
        )
