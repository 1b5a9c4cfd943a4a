"""Trials of language models: what they learn, and how they are found again."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from replicate import records
from replicate.errors import ReplicateError, SettingError
from replicate.language import toy
from replicate.language.evaluation import log_probabilities, perplexity
from replicate.outcome import Outcome, digest
from replicate.record import line
from replicate.tasks.language_model import LanguageModel
from replicate.training import checkpoints
from replicate.training import language_model as training
from replicate.training.large import Run, Training
from replicate.trials import run

VALUES = {
    "corpus": "toy", "n_projection": 8, "n_hidden": 8, "n_classes": 5, "max_epochs": 2,
}  # fmt: skip
TOY = LanguageModel.of(VALUES)


@pytest.mark.parametrize(
    "values",
    [{}, {"cell": "window", "learning_rate": 0.3}, {"cell": "rnn", "squash": "logistic"},
     {"output": "full", "text": "running", "n_steps": 12, "batch_size": 16}],
    ids=str,
)  # fmt: skip
def test_a_model_learns_the_toy_language(tmp_path, values):
    more = {"n_hidden": 16, "max_epochs": 8, "initial_size": 0.3, **values}
    setting = LanguageModel.of({**VALUES, **more})
    corpus = toy.toy(6000, 1000)
    class_of = training.classes(setting, corpus)
    model, found = training.trained(setting, 0, corpus, class_of, Run(tmp_path))
    best = perplexity(toy.log_probabilities(corpus.test))
    words = np.bincount(corpus.train) / len(corpus.train)
    unigram = perplexity(np.log(words[corpus.test]))
    assert best < found.test["test_perplexity"] < (best + unigram) / 2
    again = perplexity(log_probabilities(model, corpus.test, setting.text))
    assert found.test["test_perplexity"] == pytest.approx(again)
    assert found.test["test_words"] == len(corpus.test)
    if setting.text == "running":
        assert "mixed_perplexity" not in found.test
    else:
        alone = found.test["test_perplexity"]
        assert best < found.test["mixed_perplexity"] < 1.01 * alone
        assert 0 < found.test["mixed_weight"] < 1
    assert found.curve[-1][0] == found.steps
    assert found.test["valid_perplexity"] == pytest.approx(
        min(valid for _, _, valid in found.curve), rel=1e-5
    )


def test_trials_are_recorded_and_their_models_found_again(project):
    path = project / "trials.jsonl"
    made = run(TOY, range(2), path=path, progress=False)
    for r in made:
        assert len(line(r)) < 3000
        records.verify(r)
        model = training.restored(TOY, r["seed"], toy.toy())
        logs = log_probabilities(model, toy.toy().test, TOY.text)
        assert perplexity(logs) == pytest.approx(r["outcome"]["test"]["test_perplexity"])
    assert made[0]["digest"] != made[1]["digest"]


def diverged(project, monkeypatch, bias):
    """Return the setting and the outcome of a trial in which a word has this bias."""

    def draw(model, *given):
        draw_weights(model, *given)
        with torch.no_grad():
            model.output.words.bias[-1] = bias

    draw_weights = training.draw_weights
    monkeypatch.setattr(training, "draw_weights", draw)
    setting = replace(TOY, output="full", learning_rate=1e-6, max_epochs=1)
    (made,) = run(setting, range(1), path=project / "trials.jsonl", progress=False)
    return setting, made["outcome"]


@pytest.mark.parametrize("bias", [torch.inf, 1e4], ids=["at once", "in the end"])
def test_a_trial_that_diverges_is_recorded_so(project, monkeypatch, bias):
    _, outcome = diverged(project, monkeypatch, bias)
    assert (outcome["status"], outcome["test"]) == ("diverged", {})


def test_a_model_that_diverged_is_not_used(project, monkeypatch):
    setting, _ = diverged(project, monkeypatch, torch.inf)
    with pytest.raises(ReplicateError, match="the training of this model diverged"):
        training.restored(setting, 0, toy.toy())


def test_a_trial_that_is_recorded_is_computed_anew_when_asked_for(project):
    path = records.overlay_path(TOY.experiment)
    (one,), (other,) = (run(TOY, [0], path=path, progress=False), training.walk(TOY, [0]))
    assert one["digest"] == digest(other)
    assert one["seconds"] != other.seconds
    (third,) = training.walk(TOY, [0])  # after a kill: its record was there, its checkpoint too
    assert third.seconds != other.seconds


def test_a_training_whose_record_cannot_be_written_is_not_lost(project, monkeypatch):
    def full(path, record):
        raise ReplicateError("No space left on device")

    path = project / "trials.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(records, "append", full)
        with pytest.raises(ReplicateError, match="No space left"):
            run(TOY, [0], path=path, progress=False)
    monkeypatch.setattr(Training, "epoch", lambda *_: pytest.fail("trained again"))
    (made,) = run(TOY, [0], path=path, progress=False)
    assert made["outcome"]["status"] in ("capped", "solved")
    assert [r["seed"] for r in records.read(path)] == [0]
    assert training.restored(TOY, 0, toy.toy())


def test_the_longest_curve_has_room_in_a_record():
    points = [[929_589.0 * k, 123.456, 123.456] for k in range(1, 61)]
    test = {"epochs": 60.0}
    for name in ("valid", "test"):
        test |= {f"{name}_perplexity": 123.45678901234567, f"{name}_words": 82_430.0}
    outcome = Outcome(0, "solved", 10**7, 10**8, test, points)
    made = records.record(LanguageModel(max_epochs=60), outcome, "torch", "cpu")
    assert len(line(made)) < 3000
    assert len(made["outcome"]["curve"]) >= 30


def test_a_model_of_either_device_is_found_the_cpu_s_first(project):
    run(TOY, [0, 1], path=project / "trials.jsonl", progress=False)
    one, other = (
        training.restored(TOY, seed, toy.toy()).output.words.weight for seed in (0, 1)
    )
    assert not torch.equal(one, other)
    cpu, cuda = (training.folder(TOY, 0, device) for device in ("cpu", "cuda"))
    training.folder(TOY, 1, "cpu").rename(cuda)
    assert torch.equal(training.restored(TOY, 0, toy.toy()).output.words.weight, one)
    (cpu / checkpoints.TRAINED).unlink()
    assert torch.equal(training.restored(TOY, 0, toy.toy()).output.words.weight, other)


def test_a_model_that_was_not_trained_is_not_found(project):
    with pytest.raises(ReplicateError, match=r"give replicate train .* --seed 3 -p "):
        training.restored(TOY, 3, toy.toy())


def test_the_global_generator_does_not_matter(tmp_path):
    setting = LanguageModel.of({**VALUES, "dropout": 0.5})
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        args = (setting, 0, toy.toy(), training.classes(setting, toy.toy()))
        found.append(digest(training.trained(*args, Run(tmp_path / str(seed)))[1]))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("values", "most"),
    [({}, 5), ({"classes": "frequency"}, 5), ({"classes": "square_root"}, 5)],
)
def test_every_word_has_a_class(values, most):
    setting = LanguageModel.of({**VALUES, **values})
    found = training.classes(setting, toy.toy())
    assert found.shape == (33,)
    assert 2 <= len(set(found)) <= most


def test_more_classes_than_words_are_refused():
    setting = LanguageModel.of({**VALUES, "n_classes": 34})
    with pytest.raises(SettingError, match="n_classes = 34: give at most 33"):
        training.classes(setting, toy.toy())
