"""A study as a graph of actions: `bazel build :NAME.result`.

For each round, a propose action reads what the rounds before have come to and writes a task for each
trial; each trial is an action of its own, over its task alone; a collect action makes the result of it
all. apps/rounds.h has the files between them. See docs/experiments.md.
"""

load(":strategies.bzl", "BATCH_STRATEGIES", "plans_by_trials")

TuningResultInfo = provider(
    doc = "What came of a study.",
    fields = {
        "result": "The result file (docs/command_line.md).",
        "study": "The name of the study.",
    },
)

def strategy_flags(strategy):
    """The flags of the program that choose a strategy.

    Args:
      strategy: a dict with its name and its options; None: that of the study file.

    Returns:
      A list of strings.
    """
    if not strategy:
        return []
    options = [
        "%s=%s" % (name, json.encode(value))
        for name, value in strategy.items()
        if name != "name"
    ]
    return ["--strategy=" + strategy["name"]] + (
        ["--strategy_options=" + ",".join(options)] if options else []
    )

def _check(ctx, strategy):
    if ctx.attr.rounds < 1 or ctx.attr.trials_per_round < 1:
        fail("%s: rounds and trials_per_round must be at least 1" % ctx.label)
    if not strategy:
        return
    known = sorted(BATCH_STRATEGIES.keys() + ctx.attr.further_strategies)
    if strategy["name"] not in known:
        fail(("%s: the strategy %s cannot run as the actions of a build: it does not decide by finished " +
              "rounds alone. Take one of %s; or, if it is your own and does, name it in " +
              "further_strategies; or `bazel run` the study.") %
             (ctx.label, strategy["name"], ", ".join(known)))

# A folder that is the same for all experiments whose trials are the same, so that these have each
# action in common: with other rounds, say, or another report.
def _folder(ctx, key):
    stem = ctx.attr.study.label.name if ctx.attr.study else "study"
    if stem.endswith(".json"):
        stem = stem[:-len(".json")]
    return "_rounds/%s-%d" % (stem.split("/")[-1], hash("\n".join(key)) % 4294967296)

def _run(ctx, program, mnemonic, message, arguments, inputs, outputs):
    program = program[DefaultInfo].files_to_run
    binary = ctx.attr.binary[DefaultInfo].files_to_run if ctx.attr.binary else None

    # Who reads data looks there for it: the models, or the binary that is the model.
    reader = (binary or program).executable
    ctx.actions.run(
        executable = program,
        arguments = ["action"] + arguments,
        env = {
            # Not the user's: on every machine it is the same key.
            "PATH": "/bin:/usr/bin:/usr/local/bin",
            "RUNFILES_DIR": reader.path + ".runfiles",
        },
        execution_requirements = ctx.attr.execution_requirements,
        inputs = inputs + ctx.files.data,
        mnemonic = mnemonic,
        outputs = outputs,
        progress_message = message,
        tools = [binary] if binary else [],
    )

def _tuning_result_impl(ctx):
    strategy = json.decode(ctx.attr.strategy) if ctx.attr.strategy else None
    _check(ctx, strategy)
    rounds = ctx.attr.rounds
    width = ctx.attr.trials_per_round

    flags = strategy_flags(strategy) + ["--width=%d" % width]
    if ctx.attr.binary:
        flags.append("--model_options=program=" + json.encode(ctx.executable.binary.path))
    if ctx.attr.seed >= 0:
        flags.append("--seed=%d" % ctx.attr.seed)
    if ctx.files.warm_start:
        flags.append("--warm_start=" + ",".join([file.path for file in ctx.files.warm_start]))
    planned = ["--trials=%d" % (rounds * width)]
    plans = not strategy or plans_by_trials(strategy["name"], strategy)
    if plans and strategy:
        # buildifier: disable=print
        print(("%s: %s plans by the number of trials, so that with other rounds it may propose other " +
               "trials from the first round on, which then run anew.") % (ctx.label, strategy["name"]))

    folder = _folder(ctx, [
        str(ctx.attr.study.label) if ctx.attr.study else ctx.attr.study_json,
        str(ctx.attr.program.label),
        str(ctx.attr.trial_program.label) if ctx.attr.trial_program else "",
        repr(flags),
        # With another number of trials its propose actions are others.
        ctx.label.name if plans else "",
        repr(sorted([str(target.label) for target in ctx.attr.data])),
        repr(sorted(ctx.attr.execution_requirements.items())),
        repr(sorted(ctx.attr.exec_properties.items())),
    ])
    if ctx.attr.study:
        study = ctx.file.study
    else:
        study = ctx.actions.declare_file(folder + "/study.json")
        ctx.actions.write(study, ctx.attr.study_json + "\n")
    flags.append("--study=" + study.path)
    propose_flags = flags + planned if plans else flags

    what = study.basename
    finished = []  # a file a round
    results = []  # of the last round
    times = []  # of all trials
    path = None
    for round in range(rounds):
        tasks = [
            ctx.actions.declare_file("%s/round_%d/trial_%d.json" % (folder, round, i))
            for i in range(width)
        ]
        if not path:
            path = tasks[0].path[:-len("/round_0/trial_0.json")]
        before = [study] + ctx.files.warm_start + finished + results
        if round > 0:
            finished.append(ctx.actions.declare_file("%s/round_%d.json" % (folder, round - 1)))
        _run(
            ctx,
            ctx.attr.program,
            "SturgeonPropose",
            "Proposing round %d of %s" % (round, what),
            ["propose", path] + propose_flags + ["--rounds=%d" % round],
            before,
            tasks + finished[-1:],
        )
        results = []
        for i, task in enumerate(tasks):
            stem = "%s/round_%d/trial_%d" % (folder, round, i)
            result = ctx.actions.declare_file(stem + ".result.json")
            time = ctx.actions.declare_file(stem + ".times.json")
            results.append(result)
            times.append(time)
            _run(
                ctx,
                ctx.attr.trial_program or ctx.attr.program,
                "SturgeonTrial",
                "Training trial %d of round %d of %s" % (i, round, what),
                ["trial", task.path],
                [task],
                [result, time],
            )

    outputs = [
        ctx.actions.declare_file("%s/%s" % (ctx.label.name, name))
        for name in ["result.json", "trials.csv", "study.db", "report.html", "summary.txt"]
    ]
    _run(
        ctx,
        ctx.attr.program,
        "SturgeonCollect",
        "Collecting the results of %s" % ctx.label,
        ["collect", path] + flags + planned + [
            "--rounds=%d" % rounds,
            "--max_failures=%d" % ctx.attr.max_failures,
            "--output=" + outputs[0].dirname,
        ] + (["--study_name=" + ctx.attr.study_name] if ctx.attr.study_name else []),
        [study] + ctx.files.warm_start + finished + results + times,
        outputs,
    )
    return [
        DefaultInfo(files = depset(outputs), runfiles = ctx.runfiles(files = outputs)),
        OutputGroupInfo(trials = depset(finished + results + times)),
        TuningResultInfo(result = outputs[0], study = ctx.attr.study_name),
    ]

tuning_result = rule(
    implementation = _tuning_result_impl,
    attrs = {
        "binary": attr.label(
            allow_files = True,
            cfg = "target",
            doc = "The program that is the model: {program} of the model `command`.",
            executable = True,
        ),
        "data": attr.label_list(
            allow_files = True,
            doc = "Files that the model reads, as inputs of every action.",
        ),
        "execution_requirements": attr.string_dict(
            doc = "Of every action, such as {\"no-remote\": \"1\"}.",
        ),
        "further_strategies": attr.string_list(
            doc = "Strategies of the program's own that decide by finished rounds alone.",
        ),
        "max_failures": attr.int(
            default = -1,
            doc = "The build fails where more trials than this have failed; -1: any number may.",
        ),
        # The very program that `bazel run` tunes with, and not another build of it for tools: the
        # results are then the same.
        "program": attr.label(
            allow_files = True,
            cfg = "target",
            default = Label("//apps:sturgeon"),
            executable = True,
        ),
        "rounds": attr.int(mandatory = True),
        "seed": attr.int(
            default = -1,
            doc = "Instead of the study's; -1: that.",
        ),
        "strategy": attr.string(doc = "A JSON object: its name and options. Empty: the study's."),
        "study": attr.label(allow_single_file = [".json"]),
        "study_json": attr.string(doc = "A study file's text, instead of `study`."),
        "study_name": attr.string(),
        "trial_program": attr.label(
            allow_files = True,
            cfg = "target",
            doc = "Does the trials, instead of `program`.",
            executable = True,
        ),
        "trials_per_round": attr.int(mandatory = True),
        "warm_start": attr.label_list(
            allow_files = [".json"],
            doc = "Result files of earlier studies.",
        ),
    },
    doc = "A study as actions; see tuning_experiment.",
)
