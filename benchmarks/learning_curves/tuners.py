"""The tuners: Sturgeon's strategies by `sturgeon serve`, and peers through their own interfaces.

Each has ask, report and end, as `simulate` wants them. They keep their defaults, but for what is said
here: the range of epochs, the direction, the seed.
"""

import datetime
import json
import logging
import subprocess
import tempfile
import warnings
from pathlib import Path

from simulator import Job


class Sturgeon:
    """A strategy: a name, or {"name": ..., option: value}; and likewise stopping rules, or a list of them."""

    def __init__(self, space, epochs, seed, workers, program, strategy, stopping=()):
        self.epochs = epochs
        self.peer = subprocess.Popen(
            [program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._send(
            {
                "space": [p.to_json() for p in space],
                "direction": "minimize",
                "strategy": strategy,
                "seed": seed,
                "parallelism": workers,
                "max_steps": epochs,
                "stopping": stopping,
            }
        )
        self.trained = {}  # trial -> the epoch that it reached

    def _send(self, message, flush=True):
        self.peer.stdin.write(json.dumps(message) + "\n")
        if flush:
            self.peer.stdin.flush()

    def _call(self, message):
        self._send(message)
        return self._receive()

    def _receive(self):
        line = self.peer.stdout.readline()
        if not line:
            raise RuntimeError(f"sturgeon stopped with exit status {self.peer.wait()}")
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply

    def ask(self, n):
        return [
            Job(
                trial["id"],
                trial["params"],
                self.trained[trial["resume_from"]] if "resume_from" in trial else 0,
                trial.get("budget", self.epochs),
            )
            for trial in self._call({"ask": n})["trials"]
        ]

    def report(self, job, epoch, loss):
        return self.report_all(job, epoch, [loss]) is None

    def report_all(self, job, epoch, losses):
        """Reports the losses from `epoch` on; the epoch after which the trial is to stop, or None.

        All are sent before the first answer is read, which saves a change of process for each.
        """
        for i, loss in enumerate(losses):
            self._send({"report": {"id": job.key, "step": epoch + i, "value": loss}}, i + 1 == len(losses))
        decisions = [self._receive()["decision"] for _ in losses]
        stops = [i for i, decision in enumerate(decisions) if decision != "continue"]
        return epoch + stops[0] if stops else None

    def end(self, job, epoch, loss, done):
        self.trained[job.key] = epoch
        result = {"id": job.key, "value": loss}
        self._call({"tell": [result if done else {**result, "state": "stopped"}]})

    def close(self):
        self.peer.stdin.close()
        self.peer.wait(timeout=60)


class Optuna:
    """HyperbandPruner over a sampler, by ask and tell: a trial is pruned where its pruner says so."""

    def __init__(self, space, epochs, seed, workers, sampler="tpe", pruner="hyperband"):
        import optuna

        warnings.simplefilter("ignore")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.optuna, self.space, self.epochs = optuna, space, epochs
        samplers = {
            "tpe": lambda: optuna.samplers.TPESampler(seed=seed),
            "tpe-liar": lambda: optuna.samplers.TPESampler(seed=seed, constant_liar=True),
            "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        }
        pruners = {
            "hyperband": lambda: optuna.pruners.HyperbandPruner(1, epochs, 3),
            "asha": lambda: optuna.pruners.SuccessiveHalvingPruner(1, 3),
            "median": optuna.pruners.MedianPruner,
            "none": optuna.pruners.NopPruner,
        }
        # Hyperband's brackets of the trials depend on the study's name, which is random otherwise.
        self.study = optuna.create_study(
            study_name=f"seed {seed}", sampler=samplers[sampler](), pruner=pruners[pruner]()
        )

    def ask(self, n):
        trial, params = self.study.ask(), {}
        for p in self.space:
            if p.type == "int":
                params[p.name] = trial.suggest_int(p.name, int(p.low), int(p.high), log=p.log)
            else:
                params[p.name] = trial.suggest_float(p.name, p.low, p.high, log=p.log)
        return [Job(trial, params, 0, self.epochs)]

    def report(self, job, epoch, loss):
        job.key.report(loss, epoch)
        return not job.key.should_prune()

    def end(self, job, epoch, loss, done):
        if done:
            self.study.tell(job.key, loss)
        else:  # its value is then the last one reported, as in Study.optimize
            self.study.tell(job.key, state=self.optuna.trial.TrialState.PRUNED)

    def close(self):
        pass


class SyneTune:
    """A scheduler that stops trials at its rungs, driven as Syne Tune's own Tuner drives it."""

    def __init__(self, space, epochs, seed, workers, scheduler="ASHA"):
        from syne_tune import config_space as cs
        from syne_tune.backend.trial_status import Trial
        from syne_tune.optimizer import baselines

        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        kinds = {
            ("float", False): cs.uniform,
            ("float", True): cs.loguniform,
            ("int", False): cs.randint,
            ("int", True): cs.lograndint,
        }
        self.trial, self.epochs, self.started = Trial, epochs, 0
        self.scheduler = getattr(baselines, scheduler)(
            config_space={p.name: kinds[p.type, p.log](p.low, p.high) for p in space},
            metric="loss",
            time_attr="epoch",
            max_t=epochs,
            do_minimize=True,
            random_seed=seed,
        )

    def ask(self, n):
        suggestion = self.scheduler.suggest()
        if suggestion is None:
            return []
        trial = self.trial(self.started, suggestion.config, datetime.datetime.now())
        self.started += 1
        self.scheduler.on_trial_add(trial)
        return [Job(trial, dict(trial.config), 0, self.epochs)]

    def report(self, job, epoch, loss):
        decision = self.scheduler.on_trial_result(job.key, {"epoch": epoch, "loss": loss})
        return decision == "CONTINUE"

    def end(self, job, epoch, loss, done):
        self.scheduler.on_trial_remove(job.key)  # at its last epoch, too, the scheduler stops it

    def close(self):
        pass


def configuration_space(space, seed):
    """The space as the tuners of the AutoML groups take it."""
    from ConfigSpace import ConfigurationSpace, Float, Integer

    cs = ConfigurationSpace(seed=seed)
    for p in space:
        if p.type == "int":
            cs.add(Integer(p.name, (int(p.low), int(p.high)), log=p.log))
        else:
            cs.add(Float(p.name, (p.low, p.high), log=p.log))
    return cs


class Smac:
    """SMAC3's multi-fidelity facade: Hyperband over random forests.

    A configuration that goes up a rung goes on from where it was, which SMAC3 leaves to its user.
    """

    def __init__(self, space, epochs, seed, workers):
        from smac import MultiFidelityFacade, Scenario

        warnings.simplefilter("ignore")
        cs = configuration_space(space, seed)
        self.folder = tempfile.TemporaryDirectory()
        scenario = Scenario(
            cs,
            n_trials=1_000_000,
            min_budget=1,
            max_budget=epochs,
            deterministic=True,
            seed=seed,
            output_directory=Path(self.folder.name),
        )
        self.facade = MultiFidelityFacade(
            scenario,
            lambda config, seed=0, budget=0: 0.0,
            initial_design=MultiFidelityFacade.get_initial_design(
                scenario, n_configs=10 * len(space)
            ),
            overwrite=True,
            logging_level=50,
        )
        self.trained = {}

    def ask(self, n):
        info = self.facade.ask()
        start, end = self.trained.get(info.config, 0), round(info.budget)
        params = {k: v.item() if hasattr(v, "item") else v for k, v in dict(info.config).items()}
        return [Job(info, params, min(start, end - 1), end)]

    def report(self, job, epoch, loss):
        return True

    def end(self, job, epoch, loss, done):
        from smac.runhistory.dataclasses import TrialValue

        self.trained[job.key.config] = epoch
        self.facade.tell(job.key, TrialValue(cost=loss), save=False)

    def close(self):
        self.folder.cleanup()


class Dehb:
    """The authors' DEHB. What it promotes goes on from where it was; what it evolves is a configuration of
    its own at each rung and trains from the start."""

    def __init__(self, space, epochs, seed, workers):
        from dehb import DEHB
        from loguru import logger

        logger.remove()
        self.folder, self.epochs = tempfile.TemporaryDirectory(), epochs
        self.dehb = DEHB(
            cs=configuration_space(space, seed),
            dimensions=len(space),
            min_fidelity=1,
            max_fidelity=epochs,
            n_workers=1,  # of its own, for functions that it calls; here it only proposes
            seed=seed,
            save_freq="end",
            output_path=self.folder.name,
        )
        logger.remove()  # it adds a sink of its own
        self.trained = {}

    def ask(self, n):
        info = self.dehb.ask()
        start, end = self.trained.get(info["config_id"], 0), round(info["fidelity"])
        params = {
            k: v.item() if hasattr(v, "item") else v for k, v in dict(info["config"]).items()
        }
        return [Job(info, params, min(start, end - 1), end)]

    def report(self, job, epoch, loss):
        return True

    def end(self, job, epoch, loss, done):
        self.trained[job.key["config_id"]] = epoch
        self.dehb.tell(job.key, {"fitness": loss, "cost": epoch - job.start})

    def close(self):
        self.folder.cleanup()
