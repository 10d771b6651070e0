"""Python programs that tests check against, as a repository: a virtual environment from PyPI."""

def pip(ctx, arguments):
    """Makes the virtual environment venv/, and runs its pip there on requirements.txt.

    Args:
      ctx: of the repository rule.
      arguments: a command of pip, and its options.
    """
    python = ctx.which("python3")
    if not python:
        fail("python3 is missing; on Debian: apt-get install python3-venv")
    for what, command in [
        ("make a virtual environment (on Debian: apt-get install python3-venv)", [python, "-m", "venv", "venv"]),
        # --no-deps: the list is complete, so nothing comes that it does not name.
        ("%s from PyPI" % arguments[0], ["venv/bin/python", "-m", "pip"] + arguments + ["--no-deps", "--no-input", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]),
    ]:
        result = ctx.execute(command, timeout = 1200)
        if result.return_code != 0:
            fail("%s: cannot %s:\n%s%s" % (ctx.name, what, result.stdout, result.stderr))

def _python_environment_impl(ctx):
    ctx.file("requirements.txt", "\n".join(ctx.attr.requirements) + "\n")
    pip(ctx, ["install"])
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    ctx.file("BUILD", "exports_files([\"python\"], visibility = [\"//visibility:public\"])\n")

    # An environment finds itself by where its interpreter stands, so a copy in a test's runfiles
    # would not do.
    ctx.file("python", "#!/bin/sh\nexec '%s' \"$@\"\n" % ctx.path("venv/bin/python"))

python_environment = repository_rule(
    implementation = _python_environment_impl,
    attrs = {
        "requirements": attr.string_list(
            mandatory = True,
            doc = "Everything to install, as pip's NAME==VERSION, what they depend on included.",
        ),
    },
    environ = ["PIP_CERT", "PIP_INDEX_URL"],
    doc = "A virtual environment; `:python` is its interpreter.",
)

# Optuna, whose databases are ours, and its dashboard; only //tests asks for them.
OPTUNA_REQUIREMENTS = [
    "Mako==1.4.3",
    "MarkupSafe==3.0.4",
    "PyYAML==6.0.4",
    "SQLAlchemy==2.1.9",
    "alembic==1.20.1",
    "bottle==0.13.4",
    "colorlog==6.12.0",
    "numpy==2.4.6",
    "optuna-dashboard==0.21.0",
    "optuna==5.0.0",
    "packaging==26.3",
    "psycopg2-binary==2.9.13",
    "tqdm==4.70.1",
    "typing_extensions==4.16.0",
]

# axe-core, which looks for faults of accessibility, as a package brings it (its Python is not used);
# only //tests asks for it.
AXE_REQUIREMENTS = ["axe-playwright-python==0.1.8"]
