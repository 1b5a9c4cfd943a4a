"""The commands that put a trained language model to work."""

import io
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from replicate import cli, records
from replicate.corpora import Corpus
from replicate.language import commands
from replicate.language.evaluation import log_probabilities
from replicate.language.model import LanguageModel as Model
from replicate.language.model import Shape, draw_weights
from replicate.language.toy import toy as toy_corpus
from replicate.language.vocabulary import END, UNKNOWN, Vocabulary
from replicate.tasks.language_model import LanguageModel
from replicate.training import language_model as training

NAME = LanguageModel.experiment
VALUES = {"corpus": "toy", "n_hidden": 4, "n_projection": 4, "n_classes": 4, "max_epochs": 1}
PAIRS = [word for name, value in VALUES.items() for word in ("-p", f"{name}={value}")]
ENDS = re.compile(r"(\d+) tokens, ln p = (-[\d.]+), perplexity ([\d.]+)")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the root of a project in which a model of the toy language is trained."""
    root = tmp_path_factory.mktemp("project")
    (root / "_config.yml").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPLICATE_ROOT", str(root))
        assert cli.main(["train", NAME, "--device", "cpu", *PAIRS]) == 0
    return root


@pytest.fixture
def asked(trained, monkeypatch, said):
    """Return a function that gives a command the trained model: lines printed, or the error."""
    monkeypatch.setenv("REPLICATE_ROOT", str(trained))

    def ask(command, *arguments):
        status, out, err = said(command, NAME, *PAIRS, *arguments)
        assert (status, len(err)) in [(0, 0), (1, 1)]
        return out if status == 0 else err[0]

    return ask


@pytest.fixture
def unknowing(monkeypatch):
    """Let the commands find a model that knows a, b and c, as words of the Penn Treebank."""
    words = Vocabulary((END, UNKNOWN, "a", "b", "c"))
    net = Model(Shape(5, 4, 4), None)
    draw_weights(net, 0, "normal", 0.6)
    corpus = Corpus("ptb", words, *[np.zeros(1, np.int32)] * 3)
    monkeypatch.setattr(commands, "_trained", lambda *given: (net, corpus))
    return net, words


def test_each_word_and_the_end_are_scored_as_in_a_text(asked):
    *rows, last, blank = asked("score-text", "a0 b1")
    assert [row.split()[0] for row in rows[1:]] == ["a0", "b1", END]
    assert blank == ""
    corpus = toy_corpus()
    net = training.restored(LanguageModel.of(VALUES), 0, corpus)
    text = corpus.vocabulary.encode(["c1 d2", "a0 b1"])
    logs = log_probabilities(net, text, "sentences")[3:]
    assert [float(row.split()[1]) for row in rows[1:]] == pytest.approx(logs, abs=1e-4)
    n, total, perplexity = ENDS.fullmatch(last).groups()
    assert (int(n), float(total)) == (3, pytest.approx(logs.sum(), abs=1e-4))
    assert float(perplexity) == pytest.approx(np.exp(-logs.mean()), abs=0.01)


def test_sentences_are_read_from_the_standard_input(asked, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a0 b1\n\nC2,\n"))
    read = asked("score-text")
    assert read == asked("score-text", "a0 b1", "", "c2")
    assert [found[1] for line in read if (found := ENDS.match(line))] == ["3", "1", "2"]


def test_a_text_in_another_encoding_is_told(asked, monkeypatch):
    text = io.BytesIO("a0\n\u00e9\n".encode("latin-1"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(text, encoding="utf-8"))
    assert "the standard input is not utf-8: " in asked("score-text")


@pytest.mark.parametrize(
    ("sentence", "marked"),
    [("a x b", ["x"]), ("x yz", ["x", "yz"]), ("a <unk>", []), ("", [])],
)
def test_unknown_words_are_marked(unknowing, said, sentence, marked):
    status, out, err = said("score-text", NAME, sentence)
    assert (status, err) == (0, [])
    rows = [line.split() for line in out[1:-2]]
    assert [row[0] for row in rows] == [*sentence.split(), END]
    assert [row[0] for row in rows if row[2:] == ["unknown"]] == marked
    net, words = unknowing
    logs = log_probabilities(net, words.encode([sentence]), "sentences")
    assert float(ENDS.fullmatch(out[-2])[2]) == pytest.approx(logs.sum(), abs=1e-4)


def test_a_text_without_unknown_words_refuses_them(asked):
    assert "the word 'nothing' is not in the vocabulary" in asked("score-text", "nothing")


def test_fewer_samples_are_the_first_of_more(asked):
    said = asked("sample", "-n", "6", "--begin", "A0", "--longest", "9")
    assert all(line.split()[0] == "a0" for line in said)
    assert len(set(said)) > 1
    assert asked("sample", "-n", "4", "--begin", "A0", "--longest", "9") == said[:4]
    assert asked("sample", "-n", "6", "--begin", "A0", "--longest", "9", "--draw", "1") != said


@pytest.mark.parametrize("temperature", ["0", "-1", "nan", "inf"])
def test_a_temperature_is_a_positive_number(asked, temperature):
    error = asked("sample", "--temperature", temperature)
    assert f"temperature = {float(temperature)}: give a positive number" in error


def test_a_trial_that_is_over_is_not_trained_again(asked, monkeypatch):
    said = asked("train", "--device", "cpu")
    monkeypatch.setattr(training, "trained", lambda *_: pytest.fail("trained again"))
    assert asked("train", "--device", "cpu") == said


def test_a_trial_that_is_published_is_not_trained_again(asked, trained, monkeypatch):
    overlay, published = (
        trained / folder / f"{NAME}.jsonl" for folder in ("_build/runs", "data/runs")
    )
    said = asked("train", "--device", "cpu")
    published.parent.mkdir(parents=True)
    shutil.move(overlay, published)
    monkeypatch.setattr(training, "trained", lambda *_: pytest.fail("trained again"))
    try:
        assert asked("train", "--device", "cpu") == said
    finally:
        shutil.move(published, overlay)


def test_two_processes_train_one_model_and_keep_one_record(trained, tmp_path):
    (tmp_path / "_config.yml").touch()
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    command = ("-m", "replicate.cli", "train", NAME, "--device", "cpu", *PAIRS)
    environment = os.environ | {"REPLICATE_ROOT": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *torchrun, *command], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    (both,), (alone,) = (
        records.read(root / "_build/runs" / f"{NAME}.jsonl") for root in (tmp_path, trained)
    )
    assert both["identity"] == alone["identity"]
    assert not records.differences(both, alone)
    ours, theirs = (r["outcome"]["test"]["test_perplexity"] for r in (both, alone))
    assert ours == pytest.approx(theirs, rel=1e-4)


@pytest.mark.parametrize("name", ["sundermeyer2012/count-model", "hochreiter1997/adding"])
def test_what_is_trained_otherwise_is_refused(project, said, name):
    status, _, err = said("train", name)
    assert (status, f"give replicate run {name}" in err[0]) == (1, True)


def test_a_model_that_was_trained_on_a_gpu_is_found(asked, trained):
    expected = asked("score-text", "a0")
    cpu, cuda = (
        training.folder(LanguageModel.of(VALUES), 0, device) for device in ("cpu", "cuda")
    )
    shutil.move(cpu, cuda)
    try:
        assert asked("score-text", "a0") == expected
    finally:
        shutil.move(cuda, cpu)


@pytest.mark.parametrize("command", ["score-text", "sample"])
def test_what_is_not_trained_is_refused_with_the_command_that_trains_it(project, said, command):
    status, out, err = said(command, NAME, "--seed", "2", *PAIRS)
    assert (status, out, len(err)) == (1, [], 1)
    assert (
        f"not been trained here: give replicate train {NAME} --seed 2 -p corpus=toy" in err[0]
    )
    status, _, err = said(command, "hochreiter1997/adding")
    assert (status, "hochreiter1997/adding is no language model" in err[0]) == (1, True)
