"""Checkpoints: whole or not at all, and errors that say what to do."""

import errno
import os
import resource

import pytest
import torch

from replicate.errors import ReplicateError
from replicate.training import checkpoints
from tests.disks import mounted, remount

CONTENT = {
    "weights": torch.arange(5.0),
    "position": {"epoch": 3, "best": None, "ended": "solved"},
    "states": [None],
}


def test_what_is_saved_is_loaded(tmp_path):
    folder = tmp_path / "new" / "folder"
    assert checkpoints.load(folder) is None
    with checkpoints.alone(folder):
        checkpoints.save(folder, {"old": 1})
        checkpoints.save(folder, CONTENT)
    found = checkpoints.load(folder)
    assert torch.equal(found.pop("weights"), CONTENT["weights"])
    assert found == {k: v for k, v in CONTENT.items() if k != "weights"}
    assert sorted(path.name for path in folder.iterdir()) == [checkpoints.NAME, "lock"]
    for _ in range(2):
        checkpoints.put_away(folder)
    assert checkpoints.load(folder) is None
    assert checkpoints.load(folder, checkpoints.TRAINED)["states"] == [None]


def failing(code):
    def fails(*_):
        raise OSError(code, os.strerror(code))

    return fails


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_failure_leaves_the_last_checkpoint(tmp_path, monkeypatch, step, code):
    checkpoints.save(tmp_path, CONTENT)
    with monkeypatch.context() as patched:
        patched.setattr(os, step, failing(code))
        with pytest.raises(
            ReplicateError, match=f"{os.strerror(code)}; the last one is intact"
        ):
            checkpoints.save(tmp_path, {"weights": torch.zeros(5)})
    assert torch.equal(checkpoints.load(tmp_path)["weights"], CONTENT["weights"])
    assert [path.name for path in tmp_path.iterdir()] == [checkpoints.NAME]


def test_a_disk_that_fills_up_while_writing(tmp_path):
    """A file may not grow beyond some size here: writing stops in its middle."""
    checkpoints.save(tmp_path, CONTENT)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(ReplicateError, match="the last one is intact"):
            checkpoints.save(tmp_path, {"weights": torch.zeros(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert torch.equal(checkpoints.load(tmp_path)["weights"], CONTENT["weights"])
    assert [path.name for path in tmp_path.iterdir()] == [checkpoints.NAME]


def test_what_was_cut_off_is_not_put_away(tmp_path):
    checkpoints.save(tmp_path, {"position": {"ended": None}})
    checkpoints.put_away(tmp_path)
    assert checkpoints.load(tmp_path) == {"position": {"ended": None}}


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(ReplicateError, match=r"cannot write checkpoints into .*file"),
        checkpoints.alone(tmp_path / "file" / "below"),
    ):
        pytest.fail("there is no such folder")


def test_a_read_only_disk_is_said_and_nothing_lost(tmp_path):
    with mounted(tmp_path / "fixed", "size=1m") as folder:
        checkpoints.save(folder, CONTENT)
        remount(folder, "ro")
        with (
            pytest.raises(ReplicateError, match=r"cannot write checkpoints .*Read-only file"),
            checkpoints.alone(folder),
        ):
            pytest.fail("it cannot be written")
        assert torch.equal(checkpoints.load(folder)["weights"], CONTENT["weights"])


def test_two_trainings_in_one_folder_are_kept_apart(tmp_path):
    under_way = tmp_path / f".{checkpoints.NAME}"
    with checkpoints.alone(tmp_path):
        under_way.touch()
        with (
            pytest.raises(ReplicateError, match=r"another process trains in .*: wait for it"),
            checkpoints.alone(tmp_path),
        ):
            pytest.fail("two at once")
        assert under_way.exists()
    with checkpoints.alone(tmp_path):
        assert not under_way.exists(), "the one of a process that was killed"


def test_a_checkpoint_that_is_spoilt_is_named(tmp_path):
    checkpoints.save(tmp_path, CONTENT)
    path = tmp_path / checkpoints.NAME
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ReplicateError, match=r"cannot read the checkpoint .*remove it"):
        checkpoints.load(tmp_path)


def test_another_trial_is_refused_by_what_differs(tmp_path):
    mine = {"seed": 1, "clip": None, "cell": "lstm"}
    checkpoints.same_trial(tmp_path, dict(mine), mine)
    with pytest.raises(ReplicateError, match=r"another trial: cell = 'rnn', not 'lstm'; seed"):
        checkpoints.same_trial(tmp_path, mine | {"cell": "rnn", "seed": 2}, mine)
