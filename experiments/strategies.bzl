"""Which strategies can run as the actions of a build: those that decide by finished rounds alone.

//tests:experiments_test holds this list against the program.
"""

# Strategies, and whether they plan by the number of trials, so that what they propose first may be
# something else in a longer study: never; always; or unless that option is given.
_NEVER = ""
_ALWAYS = "*"
BATCH_STRATEGIES = {
    "auto": _ALWAYS,
    "cma_es": _NEVER,
    "coarse_to_fine": "trials_per_round",
    "differential_evolution": _NEVER,
    "gp": _NEVER,
    "grid": "points_per_parameter",
    "nsga2": "population_size",
    "random": _NEVER,
    "tpe": _NEVER,
}

# Samplers that spread a number of points that is known beforehand.
_PLANNING_SAMPLERS = ["grid", "latin_hypercube"]

def plans_by_trials(strategy, options):
    """Whether the proposals of a strategy change with the number of trials planned.

    Args:
      strategy: its name; of one that is not known here, nothing is taken for granted.
      options: its options, a dict.

    Returns:
      A bool.
    """
    sampler = options.get("sampler", "")
    if (sampler["name"] if type(sampler) == type({}) else sampler) in _PLANNING_SAMPLERS:
        return True
    plans = BATCH_STRATEGIES.get(strategy, _ALWAYS)
    return plans == _ALWAYS or (plans != _NEVER and not options.get(plans))
