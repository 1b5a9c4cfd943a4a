"""Trials of ``tasks.language_model``: classes, model, training, perplexity."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from replicate import records
from replicate.corpora import Corpus
from replicate.curve import every_other
from replicate.errors import ReplicateError, SettingError
from replicate.language import kneser_ney, mixture
from replicate.language.classes import binned
from replicate.language.clustering import clustered
from replicate.language.evaluation import by_place, log_probabilities, perplexity
from replicate.language.model import LanguageModel as Model
from replicate.language.model import Shape, draw_weights
from replicate.outcome import Outcome
from replicate.record import Record, identity
from replicate.root import root
from replicate.tasks.language_model import LanguageModel
from replicate.training import checkpoints, texts
from replicate.training.batches import Batches, Columns, shuffled
from replicate.training.large import DTYPES, Job, Run, train
from replicate.training.processes import device as device_of
from replicate.training.processes import leads

POWERS = {"frequency": 1.0, "square_root": 0.5, "clustered": 1.0}
"""With which word classes are binned; the clustering begins with them."""


def walk(
    setting: LanguageModel, seeds: Iterable[int], dtype: str = "float32", device: str = "cpu"
) -> Iterator[Outcome]:
    """Train a model for each seed, one after the other; yield each as it ends.

    One that was cut off goes on from its checkpoint. One that is recorded begins anew.
    """
    corpus = texts.corpus(setting.corpus)
    class_of = classes(setting, corpus)
    where = device_of(device).type
    for seed in seeds:
        run = Run(folder(setting, seed, where), device)
        if seed in records.load(setting, backend="torch", device=where):
            settle(setting, seed, device)
        yield trained(setting, seed, corpus, class_of, run)[1]


def settle(setting: LanguageModel, seed: int, device: str = "cpu") -> None:
    """Put the checkpoint of a trial away where its outcome is recorded; ``restored`` finds it.

    Before that a kill would lose it: the trial would be trained again.
    """
    checkpoints.put_away(folder(setting, seed, device_of(device).type))


def trained(
    setting: LanguageModel, seed: int, corpus: Corpus, class_of: np.ndarray | None, run: Run
) -> tuple[Model, Outcome]:
    """Return a model with its best weights, and how its training ended.

    The outcome holds no weights: they are many, and lie in the checkpoint.
    """
    began = time.perf_counter()
    job = job_of(setting, seed, corpus, class_of, run.device)
    at = train(job, run)
    model = job.model
    assert isinstance(model, Model)
    ended = str(at.ended)
    test = {} if ended == "diverged" else judged(setting, corpus, model)
    if test:
        test = {"epochs": at.epoch, **test}
    else:
        ended = "diverged"
    seconds = max(at.seconds, time.perf_counter() - began)
    return model, Outcome(
        seed, ended, at.sequences, at.steps, test, at.history, seconds=seconds,
        thinner=every_other,
    )  # fmt: skip


def judged(setting: LanguageModel, corpus: Corpus, model: Model) -> dict[str, float]:
    """Return the test numbers of a trained model; none where a perplexity is not finite."""
    test: dict[str, float] = {}
    logs = {
        name: log_probabilities(model, getattr(corpus, name), setting.text)
        for name in ("valid", "test")
    }
    for name, of in logs.items():
        test |= {f"{name}_perplexity": perplexity(of), f"{name}_words": len(of)}
    if not np.isfinite([*test.values()]).all():
        return {}
    if setting.text == "sentences":
        test |= by_place(logs["test"], corpus.test, int(corpus.train[-1]))
        test |= beside_counts(corpus, logs)
    return test


def beside_counts(corpus: Corpus, logs: dict[str, np.ndarray]) -> dict[str, float]:
    """Return the perplexity of a model mixed with a count model, and the model's weight.

    ``logs``: by ``valid`` and ``test``, (token,), sentence by sentence, as a count model goes.
    The weight is tuned on ``valid``.
    """
    counts = kneser_ney.fit(corpus.train, len(corpus.vocabulary), int(corpus.train[-1]))
    both = {
        name: [np.exp(of), counts.probabilities(getattr(corpus, name))]
        for name, of in logs.items()
    }
    weights = mixture.tuned(both["valid"])
    mixed = mixture.mixed(both["test"], weights)
    return {"mixed_perplexity": perplexity(np.log(mixed)), "mixed_weight": float(weights[0])}


def fit(setting: LanguageModel, seed: int, **how: Any) -> Record:
    """Train one model, by all the processes that ``torchrun`` began, and keep its record.

    ``how``: fields of ``Run``, but for its folder. The record goes to the overlay. Where record
    and model are there already, nothing is trained: the record is returned.
    """
    device = device_of(how.get("device", "cpu")).type
    run = Run(folder(setting, seed, device), **how)
    here = records.load(setting, backend="torch", device=device)
    if seed in here and (run.folder / checkpoints.TRAINED).exists():
        return here[seed]
    corpus = texts.corpus(setting.corpus)
    _, outcome = trained(setting, seed, corpus, classes(setting, corpus), run)
    made = records.record(setting, outcome, "torch", device)
    if leads():
        records.append(records.overlay_path(setting.experiment), made)
        settle(setting, seed, device)
    return made


def job_of(
    setting: LanguageModel, seed: int, corpus: Corpus, class_of: np.ndarray | None, device: str
) -> Job:
    """Return what the training loop needs of a trial."""
    where = device_of(device)
    # Few of the words are shown in a batch; on the CPU the others need not be touched.
    model = model_of(setting, corpus, class_of, sparse=where.type == "cpu")
    draw_weights(model, seed, setting.initial, setting.initial_size)

    def batches(epoch: int) -> Batches:
        if setting.text == "running":
            return Columns(corpus.train, setting.batch_size, setting.n_steps)
        return shuffled(corpus.train, setting.batch_size, seed, epoch)

    def valid(model: torch.nn.Module) -> float:
        assert isinstance(model, Model)
        return -float(log_probabilities(model, corpus.valid, setting.text).mean())

    depends_on = setting.values() | {
        "experiment": setting.experiment, "version": setting.version, "seed": seed,
        "device": where.type,
    }  # fmt: skip
    title = f"{setting.experiment}, seed {seed}"
    return Job(title, depends_on, seed, setting.dtype, setting.rule(), model, batches, valid)


def shape_of(setting: LanguageModel, n_words: int, n_classes: int | None) -> Shape:
    """Return the shape of a setting's model; ``n_classes`` is None for a full softmax."""
    return Shape(
        n_words, setting.n_projection, setting.n_hidden, setting.cell, setting.forget_gate,
        setting.peepholes, setting.squash, setting.order, setting.n_layers, n_classes,
    )  # fmt: skip


def model_of(
    setting: LanguageModel, corpus: Corpus, class_of: np.ndarray | None, sparse: bool = False
) -> Model:
    """Return a setting's model in its precision, with weights that are not yet drawn."""
    n_classes = None if class_of is None else int(class_of.max()) + 1
    shape = shape_of(setting, len(corpus.vocabulary), n_classes)
    return Model(shape, class_of, setting.dropout, sparse).to(DTYPES[setting.dtype])


def restored(setting: LanguageModel, seed: int, corpus: Corpus) -> Model:
    """Return the model of a trial that is over with its best weights, the CPU's if it is there.

    Raises ``ReplicateError`` with the command that trains it if it is of neither device, and
    for one that diverged.
    """
    folders = (folder(setting, seed, device) for device in ("cpu", "cuda"))
    loaded = (checkpoints.load(each, checkpoints.TRAINED) for each in folders)
    found = next(filter(None, loaded), None)
    if found is None:
        given = "".join(f" -p {name}={value}" for name, value in setting.changes().items())
        raise ReplicateError(
            f"this model has not been trained here: give replicate train {setting.experiment} "
            f"--seed {seed}{given}"
        )
    if found["position"]["ended"] == "diverged":
        raise ReplicateError(
            "the training of this model diverged: give a smaller learning_rate"
        )
    class_of = found["best"].get("output.class_of")
    model = model_of(setting, corpus, None if class_of is None else class_of.numpy())
    model.load_state_dict(found["best"])
    return model.eval()


def classes(setting: LanguageModel, corpus: Corpus) -> np.ndarray | None:
    """Return the class of each word, (word,), or None for a full softmax."""
    if setting.output == "full":
        return None
    n_words = len(corpus.vocabulary)
    if setting.n_classes > n_words:
        raise SettingError(
            f"n_classes = {setting.n_classes}: give at most {n_words}, a word each"
        )
    counts = np.bincount(corpus.train, minlength=n_words)
    first = binned(counts, setting.n_classes, POWERS[setting.classes])
    if setting.classes != "clustered":
        return first
    return clustered(corpus.train, first, int(corpus.train[-1]))


def folder(setting: LanguageModel, seed: int, device: str) -> Path:
    """Return where the checkpoint of a trial lies; ``device``: cpu or cuda."""
    name = identity(setting, seed, "torch", device)
    return root() / "_build" / "training" / setting.experiment / name
