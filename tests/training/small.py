"""Small nets for the loop of large models, and what to do with them."""

from contextlib import contextmanager

import pytest
import torch

from replicate.language.toy import toy
from replicate.tasks.language_model import LanguageModel
from replicate.training import large
from replicate.training.language_model import classes, job_of
from replicate.training.large import Run, train

CORPUS = toy(600, 300)
SMALL = {"corpus": "toy", "n_projection": 4, "n_hidden": 5, "n_classes": 4, "batch_size": 8}
RUNNING = {"text": "running", "n_steps": 9, "dropout": 0.2, "peepholes": False}


def job(seed=0, device="cpu", **values):
    setting = LanguageModel.of({**SMALL, "max_epochs": 3, **values})
    return job_of(setting, seed, CORPUS, classes(setting, CORPUS), device)


def run(folder, **how):
    return Run(folder, **{"progress": False, **how})


def weights(model):
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach()


def after(folder, how=None, **values):
    """Return the weights and the position after a training."""
    given = job(**values)
    at = train(given, run(folder, **how or {}))
    return weights(given.model), at


class Killed(Exception):
    """Stands for a kill, in the middle of an epoch."""


@contextmanager
def killed_at(moment, monkeypatch):
    """Kill what trains within, before the batch of an epoch that is the moment."""
    step = large.Training.step

    def killed(self, batch, carry):
        if (self.at.epoch, self.at.batch) == moment:
            raise Killed
        torch.manual_seed(0)  # no global generator has a say
        return step(self, batch, carry)

    with monkeypatch.context() as patched:
        patched.setattr(large.Training, "step", killed)
        with pytest.raises(Killed):
            yield
