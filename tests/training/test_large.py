"""The loop of large models: one process or two, in parts or whole, killed or not, the same."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from replicate.errors import ReplicateError
from replicate.language.model import LanguageModel as Model
from replicate.training import checkpoints
from replicate.training.large import train
from tests.disks import fill, mounted
from tests.training.small import RUNNING, after, job, killed_at, run, weights


@pytest.mark.parametrize("values", [{"dropout": 0.3}, RUNNING], ids=["sentences", "running"])
@pytest.mark.parametrize("moment", [(0, 3), (1, 0), (2, 6)])
def test_training_goes_on_to_the_same_weights(tmp_path, monkeypatch, values, moment):
    undisturbed, at = after(tmp_path / "one", **values)
    with killed_at(moment, monkeypatch):
        after(tmp_path / "two", {"every": 0.0}, **values)
    resumed, again = after(tmp_path / "two", **values)
    assert torch.equal(resumed, undisturbed)
    assert (again.history, again.rate, again.words) == (at.history, at.rate, at.words)
    assert after(tmp_path / "two", **values)[1].history == at.history  # it is over


PROGRAM = """
import sys; from pathlib import Path
from tests.training.small import after
after(Path(sys.argv[1]), {"every": 0.0}, **eval(sys.argv[2]))
"""
LONG = {"max_epochs": 12, "dropout": 0.3, "learning_rate": 0.5}


def begin(folder, values, *before):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(["", *sys.path])}
    command = [sys.executable, *(before or ("-c", PROGRAM)), str(folder), repr(values)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("later", [0.02, pytest.param(0.3, marks=pytest.mark.slow)])
def test_a_killed_process_is_resumed_bit_for_bit(tmp_path, later):
    undisturbed, _ = after(tmp_path / "one", **LONG)
    process = begin(tmp_path / "two", LONG)
    path = tmp_path / "two" / checkpoints.NAME
    while not path.exists() and process.poll() is None:
        time.sleep(0.002)
    time.sleep(later)
    process.send_signal(signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, said
    held = checkpoints.load(tmp_path / "two")["position"]
    assert held["ended"] is None
    assert held["epoch"] or held["batch"]
    resumed, _ = after(tmp_path / "two", **LONG)
    assert torch.equal(resumed, undisturbed)


@pytest.mark.parametrize("values", [{}, RUNNING | {"dropout": 0.0}], ids=["apart", "running"])
@pytest.mark.parametrize("averaged_over", ["sequences", "words", "nothing"])
def test_a_batch_may_be_computed_in_parts(tmp_path, values, averaged_over):
    rate = {"sequences": 1.0, "words": 5.0, "nothing": 0.1}[averaged_over]
    values |= {"dtype": "float64", "averaged_over": averaged_over, "learning_rate": rate}
    whole, at = after(tmp_path / "one", **values)
    parts, other = after(tmp_path / "three", {"accumulate": 3}, **values)
    torch.testing.assert_close(parts, whole, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(at.history, other.history, rtol=1e-5)


TOGETHER = """
import sys; from pathlib import Path
import os, torch; from tests.training.small import after
for k, values in enumerate(eval(sys.argv[2])):
    folder = Path(sys.argv[1]) / str(k)
    w, at = after(folder, **values)
    torch.save({"weights": w, "history": at.history}, folder / f"{os.environ['RANK']}.pt")
"""


def test_two_processes_train_as_one(tmp_path):
    """Under torchrun, by gloo, with batches that do not divide evenly."""
    both = {"batch_size": 7, "max_epochs": 2, "dtype": "float64"}
    cases = [both, both | RUNNING | {"dropout": 0.0}, both | {"averaged_over": "words"}]
    script, two = tmp_path / "together.py", tmp_path / "two"
    script.write_text(TOGETHER)
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    process = begin(two, cases, *torchrun, str(script))
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    for k, values in enumerate(cases):
        one, at = after(tmp_path / f"one {k}", **values)
        for rank in "01":
            found = torch.load(two / str(k) / f"{rank}.pt")
            np.testing.assert_allclose(found["history"], at.history, rtol=1e-6)
            torch.testing.assert_close(found["weights"], one, rtol=1e-9, atol=1e-9)
        assert checkpoints.load(two / str(k))["processes"] == [2, 1]


def test_in_the_middle_of_a_text_as_many_processes_must_go_on(tmp_path):
    given = job(**RUNNING)
    checkpoints.save(
        tmp_path,
        {
            "depends_on": given.depends_on, "processes": [2, 1], "position": {},
            "states": [[torch.zeros(1)]] * 2,
        },
    )  # fmt: skip
    with pytest.raises(ReplicateError, match=r"\[2, 1\] processes .* go on with as many"):
        train(given, run(tmp_path))


def test_a_checkpoint_of_another_setting_is_refused(tmp_path):
    after(tmp_path)
    with pytest.raises(ReplicateError, match=r"learning_rate = 1.0, not 0.5; seed = 0, not 1"):
        train(job(1, learning_rate=0.5), run(tmp_path))


def test_a_folder_that_cannot_be_written_is_said_before_training(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ReplicateError, match="cannot write checkpoints"):
        train(job(), run(tmp_path / "file"))


def test_a_full_disk_stops_training_and_loses_nothing(tmp_path, monkeypatch):
    undisturbed, _ = after(tmp_path / "one")
    with mounted(tmp_path / "two", "size=1m") as folder:
        with killed_at((1, 2), monkeypatch):
            after(folder, {"every": 0.0})
        fill(folder / "other")
        with pytest.raises(ReplicateError, match="No space left on device; the last one is"):
            after(folder, {"every": 0.0})
        held = checkpoints.load(folder)["position"]
        assert (held["epoch"], held["batch"]) == (1, 2)
        (folder / "other").unlink()
        assert torch.equal(after(folder)[0], undisturbed)


@pytest.mark.parametrize("roll_back", [True, False])
def test_the_best_weights_are_kept_and_may_be_put_back(tmp_path, roll_back):
    told, seen = iter([3.0, 2.0, 4.0]), []

    def valid(model):
        seen.append(weights(model))
        return next(told)

    given = replace(job(roll_back=roll_back, max_epochs=3), valid=valid)
    at = train(given, run(tmp_path))
    assert (at.best, at.decays, at.rate) == (2.0, 1, 0.5 * given.rule.learning_rate)
    assert torch.equal(weights(given.model), seen[1])
    assert not torch.equal(seen[2], seen[1])
    goes_on_from = checkpoints.load(tmp_path)["model"]
    given.model.load_state_dict(goes_on_from)
    assert torch.equal(weights(given.model), seen[1 if roll_back else 2])


def test_a_step_is_gradient_descent_with_a_clipped_norm(tmp_path):
    def moved(clip, rate=0.5):
        given = job(max_epochs=1, clip=clip, learning_rate=rate, batch_size=10_000)
        before = weights(given.model).clone()
        batch = given.batches(0)[0]
        given.model(batch)[0].backward()
        slopes = (
            torch.cat([p.grad.to_dense().flatten() for p in large_weights(given.model)])
            / batch.n_sequences
        )
        given.model.zero_grad()
        train(given, run(tmp_path / f"{clip}"))
        return weights(given.model) - before, slopes

    step, slopes = moved(None)
    torch.testing.assert_close(step, -0.5 * slopes, rtol=1e-3, atol=1e-6)
    step, slopes = moved(0.01)
    assert step.norm().item() == pytest.approx(0.5 * 0.01, rel=1e-3)
    step, _ = moved(1e6)
    torch.testing.assert_close(step, -0.5 * slopes, rtol=1e-3, atol=1e-6)


def large_weights(model: Model):
    return [p for p in model.parameters() if p.requires_grad]


def test_what_diverges_ends_so(tmp_path):
    given = job()
    with torch.no_grad():
        given.model.output.words.bias[0] = torch.inf
    at = train(given, run(tmp_path))
    assert (at.ended, at.epoch, at.history) == ("diverged", 0, [])
    assert train(job(), run(tmp_path)).ended == "diverged", "it is known when asked again"


def test_progress_is_said_on_standard_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("replicate.training.watching.SILENCE", 0.0)
    train(job(max_epochs=2), run(tmp_path, progress=True))
    said = capsys.readouterr().err.splitlines()
    assert re.search(
        r"seed 0: epoch 1, \d+%: perplexity [\d.]+, [\d,]+ words/s; .* left", said[0]
    )
    assert re.search(r"epoch 2 over: perplexity [\d.]+ in training, [\d.]+ in valid", said[-1])


def test_short_trainings_say_nothing_where_there_is_no_terminal(tmp_path, capsys):
    train(job(max_epochs=1), run(tmp_path, progress=True))
    assert capsys.readouterr().err == ""


def test_tensorboard_is_an_option_where_it_is_installed(tmp_path):
    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError:
        with pytest.raises(ReplicateError, match="pip install tensorboard"):
            train(job(max_epochs=1), run(tmp_path, tensorboard=True))
    else:
        train(job(max_epochs=1), run(tmp_path, tensorboard=True))
        assert list((tmp_path / "tensorboard").iterdir())
