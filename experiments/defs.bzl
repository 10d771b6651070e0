"""Studies as targets: `bazel run //experiments:branin` tunes and shows what came of it,
`bazel build :NAME.result` computes the same study as actions of the build. See docs/experiments.md."""

load("@rules_cc//cc:defs.bzl", "cc_library")
load(":results.bzl", "tuned_hyperparameters", "tuning_check_test", "tuning_table")
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
    if ctx.attr.in_test_folder:
        flags.append("--storage=sqlite:\"$TEST_TMPDIR\"/study.db")
    if ctx.attr.binary:
        flags.insert(0, "--model_options=program=\"$runfiles\"/" +
                        _shell_quoted(ctx.workspace_name + "/" + ctx.executable.binary.short_path))
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
    if ctx.attr.binary:
        runfiles = runfiles.merge(ctx.runfiles(files = [ctx.executable.binary]))
        runfiles = runfiles.merge(ctx.attr.binary[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = script, runfiles = runfiles)]

_ATTRS = {
    "binary": attr.label(
        allow_files = True,
        cfg = "target",
        executable = True,
    ),
    "data": attr.label_list(allow_files = True),
    "flags": attr.string_list(),
    "in_test_folder": attr.bool(doc = "Whether the study is kept in a test's folder."),
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

# What :NAME.result has, a strategy being a dict or None.
def _result(name, strategy, seed, max_failures, tags, **kwargs):
    tuning_result(
        name = name,
        max_failures = -1 if max_failures == None else max_failures,
        seed = -1 if seed == None else seed,
        strategy = json.encode(strategy) if strategy else "",
        # Who builds //... does not mean to train for hours.
        tags = tags if "manual" in tags else tags + ["manual"],
        **kwargs
    )

# Programs: those that were given, or ours.
def _programs(program, trial_program):
    if program != None:
        return program, trial_program
    return Label("//apps:sturgeon"), trial_program or Label("//apps:trial")

# The model: that which was given, or a binary by itself.
def _model_of(study, model, binary, objectives):
    if study or model or not binary:
        return model
    return {"name": "command", "metrics": [objective["metric"] for objective in objectives or []] or ["value"]}

# The label of the result of an experiment.
def _result_of(experiment):
    experiment = str(experiment)
    if ":" not in experiment:
        package = experiment.split("/")[-1] if experiment.startswith("//") or experiment.startswith("@") else ""
        experiment = experiment + ":" + package if package else ":" + experiment
    return experiment + ".result"

def tuning_experiment(
        name,
        study = None,
        model = None,
        binary = None,
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
        expect = None,
        further_strategies = [],
        execution_requirements = {},
        flags = [],
        program = None,
        trial_program = None,
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
      binary: a program of any language that is the model, with what it needs among its runfiles. It is what
        {program} stands for in the options of the model `command`, the study file's or `model`'s; without
        either, it gets each hyperparameter as --NAME=VALUE, and must report the metrics of
        `objectives` (docs/programs.md). Trials run anew where it changes.
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
      expect: what :NAME.check wants of the best trial: a dict of metrics or hyperparameters and
        comparisons, such as {"validation_error": "<= 0.12"}. None: there is no NAME.check.
      further_strategies: strategies that `program` has of its own and that decide by finished rounds
        alone.
      execution_requirements: of the actions of NAME.result, such as {"no-remote": "1"}.
      flags: further flags of `sturgeon tune`, before those that the user gives.
      program: a binary of yours, made of `//apps:sturgeon_main` and plugins, instead of `sturgeon`.
      trial_program: likewise one of `//apps:trial_main` and models, which does the trials of NAME.result, so
        that they run anew where the models change, and not where the rest of `program` does.
      data: files that the model reads.
      tags: of all targets.
      visibility: of all targets.
      **kwargs: passed to all targets (exec_properties, testonly, ...).
    """
    model = _model_of(study, model, binary, objectives)
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
    program, trial_program = _programs(program, trial_program)
    if expect != None and rounds == None:
        fail("tuning_experiment %s: expect goes with rounds: it looks at what is built" % name)
    common = dict(
        binary = binary,
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
        flags = all_flags + ["--trials=1", "--notest_best", "--output=/dev/null"],
        in_test_folder = True,
        tags = tags,
        **common
    )
    if rounds != None:
        _result(
            name = name + ".result",
            execution_requirements = execution_requirements,
            further_strategies = further_strategies,
            max_failures = max_failures,
            rounds = rounds,
            seed = seed,
            strategy = strategy,
            tags = tags,
            trial_program = trial_program,
            trials_per_round = trials_per_round,
            **common
        )
    if expect != None:
        tuning_check_test(
            name = name + ".check",
            size = "small",
            expect = expect,
            experiment = ":%s.result" % name,
            program = program,
            tags = tags,
            visibility = visibility,
        )

def hyperparameters(
        name,
        experiment,
        namespace = None,
        program = None,
        tags = [],
        testonly = None,
        visibility = None,
        **kwargs):
    """The best hyperparameters of a study as something to build with.

    :NAME.json is an object of their names and values. :NAME is a C++ library of their constants, to be
    included as "PACKAGE/NAME.h": `digits::kLearningRate`. A hyperparameter that has a condition is a
    std::optional. Whoever depends on either is built anew where the study comes to other values, and
    building it runs the study, where that is not built yet.

    Args:
      name: the library's name.
      experiment: a tuning_experiment with rounds.
      namespace: of the constants; the library's name if none is said.
      program: instead of `sturgeon`.
      tags: of the targets.
      testonly: of the targets.
      visibility: of the targets.
      **kwargs: passed to the library.
    """
    program, _ = _programs(program, None)
    tuned_hyperparameters(
        name = name + ".files",
        experiment = _result_of(experiment),
        header = name + ".h",
        namespace = name if namespace == None else namespace,
        program = program,
        tags = tags,
        testonly = testonly,
        values = name + ".json",
        visibility = visibility,
    )
    cc_library(
        name = name,
        hdrs = [name + ".h"],
        tags = tags,
        testonly = testonly,
        visibility = visibility,
        **kwargs
    )

# "tpe", or "tpe gamma=0.2".
def _strategy_label(strategy):
    options = ["%s=%s" % (key, value) for key, value in sorted(strategy.items()) if key != "name"]
    return " ".join([strategy["name"]] + options)

def tuning_matrix(
        name,
        strategies,
        seeds,
        rounds,
        studies = None,
        model = None,
        binary = None,
        datasets = [],
        parameters = None,
        objectives = None,
        constraints = None,
        fixed = None,
        enqueue = None,
        stopping = None,
        trials_per_round = 4,
        max_failures = None,
        further_strategies = [],
        execution_requirements = {},
        program = None,
        trial_program = None,
        data = [],
        tags = [],
        visibility = None,
        **kwargs):
    """Studies side by side: each of some data sets with each of some strategies, on each of some seeds.

    `bazel build :NAME` computes them all, each as the .result of a tuning_experiment, and makes table.md,
    table.csv and table.json of them in bazel-bin/PACKAGE/NAME/: a row for each data set and strategy,
    with the mean of the best values, and their spread over the seeds. Its tags have "manual".

    Args:
      name: the target's name.
      strategies: names, or dicts of a name and options.
      seeds: ints.
      rounds: of each study.
      studies: study files: a list of labels, or a dict of labels and what the table calls them; or
        instead
      model: as in tuning_experiment, with what may follow there, and
      datasets: the values that the model's option `dataset` has, one after another; a list, or a dict of
        values and what the table calls them. Empty: the model is as it is.
      binary: see tuning_experiment.
      parameters: likewise.
      objectives: likewise.
      constraints: likewise.
      fixed: likewise.
      enqueue: likewise.
      stopping: likewise.
      trials_per_round: likewise.
      max_failures: likewise, of each study.
      further_strategies: likewise.
      execution_requirements: likewise.
      program: likewise.
      trial_program: likewise.
      data: likewise.
      tags: likewise.
      visibility: likewise.
      **kwargs: passed to all targets.
    """
    model = _model_of(studies, model, binary, objectives)
    if (studies == None) == (model == None):
        fail("tuning_matrix %s: give study files (studies), or a model" % name)
    program, trial_program = _programs(program, trial_program)
    tags = tags if "manual" in tags else tags + ["manual"]
    fields = {
        "parameters": parameters,
        "objectives": objectives,
        "constraints": constraints,
        "fixed": fixed,
        "enqueue": enqueue,
        "stopping": stopping,
    }
    sources = []  # (column, what stands there, study, study_json)
    if studies != None:
        for study in studies:
            shown = studies[study] if type(studies) == type({}) else study
            sources.append(("study", shown, study, ""))
    elif datasets:
        for dataset in datasets:
            shown = datasets[dataset] if type(datasets) == type({}) else dataset
            of_dataset = dict(_as_dict(model), dataset = dataset)
            sources.append(("dataset", shown, None, _study_json(dict({"model": of_dataset}, **fields))))
    else:
        sources.append(("", "", None, _study_json(dict({"model": model}, **fields))))

    results = {}
    for column, shown, study, study_json in sources:
        for strategy in strategies:
            strategy = _as_dict(strategy)
            for seed in seeds:
                labels = {column: shown} if column else {}
                labels["strategy"] = _strategy_label(strategy)

                # Numbered: data sets and options may be no words.
                number = len(results)
                cell = "%s.%d" % (name, number)
                _result(
                    name = cell,
                    binary = binary,
                    data = data,
                    execution_requirements = execution_requirements,
                    further_strategies = further_strategies,
                    max_failures = max_failures,
                    program = program,
                    rounds = rounds,
                    seed = seed,
                    strategy = strategy,
                    study = study,
                    study_json = study_json,
                    study_name = "" if study else cell,
                    tags = tags,
                    trial_program = trial_program,
                    trials_per_round = trials_per_round,
                    visibility = visibility,
                    **kwargs
                )
                results[":" + cell] = json.encode({"labels": labels, "seed": seed})
    tuning_table(
        name = name,
        program = program,
        results = results,
        tags = tags,
        visibility = visibility,
        **kwargs
    )
