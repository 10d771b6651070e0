"""What is made of the results of studies: tests, hyperparameters to build with, tables."""

load(":rounds.bzl", "TuningResultInfo")

_PROGRAM = attr.label(
    allow_files = True,
    cfg = "target",
    default = Label("//apps:sturgeon"),
    executable = True,
)

def _run(ctx, mnemonic, message, arguments, inputs, outputs):
    ctx.actions.run(
        executable = ctx.attr.program[DefaultInfo].files_to_run,
        arguments = ["action"] + arguments,
        inputs = inputs,
        mnemonic = mnemonic,
        outputs = outputs,
        progress_message = message,
    )

def _tuning_check_test_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name)
    result = ctx.attr.experiment[TuningResultInfo].result
    ctx.actions.write(
        output = script,
        is_executable = True,
        content = """#!/bin/sh
exec '{program}' action check '{result}' --expect='{expect}'
""".format(
            expect = json.encode(ctx.attr.expect).replace("'", "'\\''"),
            program = ctx.executable.program.short_path,
            result = result.short_path,
        ),
    )
    runfiles = ctx.runfiles(files = [result])
    runfiles = runfiles.merge(ctx.attr.program[DefaultInfo].default_runfiles)
    return [DefaultInfo(
        executable = script,
        runfiles = runfiles.merge(ctx.runfiles(files = [ctx.executable.program])),
    )]

tuning_check_test = rule(
    implementation = _tuning_check_test_impl,
    attrs = {
        "expect": attr.string_dict(mandatory = True),
        "experiment": attr.label(
            mandatory = True,
            providers = [TuningResultInfo],
        ),
        "program": _PROGRAM,
    },
    doc = "Whether the best trial of a study is as is expected; see tuning_experiment.",
    test = True,
)

def _tuned_hyperparameters_impl(ctx):
    result = ctx.attr.experiment[TuningResultInfo].result
    values, header = ctx.outputs.values, ctx.outputs.header
    _run(
        ctx,
        "SturgeonHyperparameters",
        "Writing the hyperparameters of %s" % ctx.attr.experiment.label,
        [
            "hyperparameters",
            result.path,
            "--output=" + values.path,
            "--header=" + header.path,
            "--include=" + "/".join([part for part in [ctx.label.package, header.basename] if part]),
            "--namespace=" + ctx.attr.namespace,
        ],
        [result],
        [values, header],
    )
    return [DefaultInfo(files = depset([values, header]))]

tuned_hyperparameters = rule(
    implementation = _tuned_hyperparameters_impl,
    attrs = {
        "experiment": attr.label(
            mandatory = True,
            providers = [TuningResultInfo],
        ),
        "header": attr.output(mandatory = True),
        "namespace": attr.string(),
        "program": _PROGRAM,
        "values": attr.output(mandatory = True),
    },
    doc = "The best hyperparameters of a study; see hyperparameters.",
)

def _tuning_table_impl(ctx):
    entries = []
    results = []
    for target, labels in ctx.attr.results.items():
        result = target[TuningResultInfo].result
        entry = json.decode(labels)
        entry["result"] = result.path
        entries.append(entry)
        results.append(result)
    list = ctx.actions.declare_file(ctx.label.name + "/studies.json")
    ctx.actions.write(list, json.encode(entries) + "\n")
    outputs = [
        ctx.actions.declare_file("%s/%s" % (ctx.label.name, name))
        for name in ["table.md", "table.csv", "table.json"]
    ]
    _run(
        ctx,
        "SturgeonTable",
        "Making the table of %s" % ctx.label,
        ["table", list.path, "--output=" + outputs[0].dirname],
        [list] + results,
        outputs,
    )
    return [DefaultInfo(files = depset(outputs), runfiles = ctx.runfiles(files = outputs))]

tuning_table = rule(
    implementation = _tuning_table_impl,
    attrs = {
        "program": _PROGRAM,
        "results": attr.label_keyed_string_dict(
            mandatory = True,
            doc = "Studies, and what sets each apart, as JSON: {\"labels\": {…}, \"seed\": 1}.",
            providers = [TuningResultInfo],
        ),
    },
    doc = "The results of many studies side by side; see tuning_matrix.",
)
