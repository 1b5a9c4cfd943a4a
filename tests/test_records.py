"""Records on disk: nothing is lost, torn or written twice."""

import errno
import json
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from replicate import records
from replicate.errors import ReplicateError
from replicate.record import line
from tests.disks import mounted, remount


@pytest.fixture
def make(toy):
    """Return the records of seeds, of the toy experiment."""

    def made(*seeds, **values):
        setting = toy.Toy(**values)
        return [
            records.record(setting, toy.outcome(setting, seed), "torch", "cpu")
            for seed in seeds
        ]

    return made


def exact(record, **changes):
    return record | {"replay": "exact"} | changes


def test_what_is_appended_is_read(make, tmp_path):
    path = tmp_path / "a" / "b" / "toy.jsonl"
    assert records.read(path) == []
    first, second = make(0, 1)
    assert records.append(path, first) is True
    assert records.append(path, second) is True
    assert records.read(path) == [first, second]
    assert path.read_bytes() == line(first) + b"\n" + line(second) + b"\n"


def test_an_equal_record_is_not_appended_twice(make, tmp_path):
    path = tmp_path / "toy.jsonl"
    first, second = make(0, 1)
    records.append(path, first)
    records.append(path, second)
    before = path.read_bytes()
    assert records.append(path, first | {"seconds": 5.0, "date": "1997"}) is False
    assert path.read_bytes() == before


def test_another_outcome_of_a_trial_is_refused(make, tmp_path):
    path = tmp_path / "toy.jsonl"
    (first,) = make(0)
    records.append(path, exact(first))
    before = path.read_bytes()
    with pytest.raises(ReplicateError, match=r"two outcomes of one trial.*seed 0.*digest"):
        records.append(path, exact(first, digest="0" * 64))
    assert path.read_bytes() == before


@pytest.mark.parametrize("cut", [1, 2, 17, 1000])
def test_a_torn_last_line_is_not_read_and_then_cut(make, tmp_path, cut):
    path = tmp_path / "toy.jsonl"
    first, torn, third = make(0, 1, 2)
    records.append(path, first)
    with path.open("ab") as file:
        file.write((line(torn) + b"\n")[:-cut])
    assert records.read(path) == [first]
    assert not records.holds(path, torn["identity"])
    records.append(path, third)
    assert records.append(path, torn) is True
    assert records.read(path) == [first, third, torn]


def test_a_file_of_one_torn_line(make, tmp_path):
    path = tmp_path / "toy.jsonl"
    (first,) = make(0)
    path.write_bytes(b"\0" * 100)
    assert records.read(path) == []
    records.append(path, first)
    assert records.read(path) == [first]


@pytest.mark.parametrize("text", ["{", "", "7", "[]", '{"seed":1}'])
def test_any_other_line_that_is_no_record_is_an_error(make, tmp_path, text):
    path = tmp_path / "toy.jsonl"
    first, second = make(0, 1)
    lines = [line(first).decode(), text, line(second).decode()]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(ReplicateError, match=r"toy.jsonl:2 is not a record"):
        records.read(path)


def test_processes_and_threads_may_write_at_once(make, tmp_path):
    path, source = tmp_path / "toy.jsonl", tmp_path / "source.jsonl"
    some = [exact(record) for record in make(*range(40))]
    for record in some[::-1]:
        records.append(source, record)
    code = (
        "import sys; from pathlib import Path; from replicate.records import append, read\n"
        "path, source = map(Path, sys.argv[1:])\n"
        "print(sum(append(path, record) for record in read(source)))"
    )
    command = [sys.executable, "-c", code, str(path), str(source)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    others = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE) for _ in range(2)]

    def appended(order):
        return sum(records.append(path, record) for record in order)

    while not path.exists():
        assert others[0].poll() is None
        time.sleep(0.001)
    with ThreadPoolExecutor(3) as threads:
        here = sum(threads.map(appended, [some, some[20:] + some[:20], some[::-1]]))
    there = sum(int(process.communicate(timeout=60)[0]) for process in others)
    assert here + there == len(some)
    assert len(path.read_bytes()) == sum(len(line(record)) + 1 for record in some)
    assert sorted(r["seed"] for r in records.read(path)) == list(range(40))


@pytest.mark.parametrize("failing", ["write", "fsync"])
def test_what_cannot_be_written_leaves_no_trace(make, tmp_path, monkeypatch, failing):
    path = tmp_path / "toy.jsonl"
    first, second = make(0, 1)
    records.append(path, first)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if failing == "fsync":
            patch.setattr(os, "fsync", full)
            with pytest.raises(ReplicateError, match="No space left on device"):
                records.append(path, second)
        else:
            limit = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(line(first)) + 100, limit[1]))
            try:
                with pytest.raises(ReplicateError, match=r"File too large.*intact"):
                    records.append(path, second)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert path.read_bytes() == line(first) + b"\n"
    assert records.append(path, second) is True


def test_a_full_disk(make, tmp_path):
    with mounted(tmp_path / "small", "size=32k") as folder:
        path = folder / "toy.jsonl"
        some, kept = make(*range(20)), []
        with pytest.raises(ReplicateError, match=r"toy.jsonl: No space left on device.*intact"):
            kept.extend(record for record in some if records.append(path, record))
        assert 8 < len(kept) < 20
        assert records.read(path) == kept
        assert path.read_bytes().endswith(b"\n")


def test_a_read_only_folder(make, tmp_path):
    with mounted(tmp_path / "fixed", "size=1m") as folder:
        path = folder / "toy.jsonl"
        first, second = make(0, 1)
        records.append(path, first)
        remount(folder, "ro")
        for refused in (path, folder / "other.jsonl", folder / "deep" / "other.jsonl"):
            with pytest.raises(ReplicateError, match="Read-only file system"):
                records.append(refused, second)
            with pytest.raises(ReplicateError, match="Read-only file system"):
                records.writable(refused)
        assert records.read(path) == [first]


def test_a_path_below_a_file(make, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        ReplicateError, match=r"cannot write .*toy.jsonl: (Not a directory|File exists)"
    ):
        records.append(tmp_path / "file" / "toy.jsonl", make(0)[0])


def write(path, some):
    for record in some:
        records.append(path, record)


def test_load_takes_the_trials_of_a_setting(toy, make, project):
    published, overlay = map(
        lambda f: f("toys/toy"), (records.recorded_path, records.overlay_path)
    )
    assert published == project / "data/runs/toys/toy.jsonl"
    assert overlay == project / "_build/runs/toys/toy.jsonl"
    write(published, make(0, 1) + make(2, T=11))
    (other,) = make(1)
    write(overlay, [other | {"seconds": 1e6}, *make(3)])
    found = records.load(toy.Toy())
    assert sorted(found) == [0, 1, 3]
    assert found[1]["seconds"] < 1e6
    assert sorted(records.load(toy.Toy(), overlay=False)) == [0, 1]
    assert sorted(records.load(toy.Toy(), recorded=False)) == [1, 3]
    assert sorted(records.load(toy.Toy(T=11))) == [2]
    assert records.load(toy.Toy(dtype="float32")) == {}
    assert records.load(toy.Toy(), backend="engine") == {}
    assert records.load(toy.Toy(), device="cuda") == {}


def test_a_bumped_version_leaves_old_records_unused(toy, make, project, monkeypatch):
    write(records.recorded_path("toys/toy"), make(0))
    assert list(records.load(toy.Toy())) == [0]
    monkeypatch.setattr(toy.Toy, "version", 2)
    assert records.load(toy.Toy()) == {}
    assert len(records.read(records.recorded_path("toys/toy"))) == 1


def test_a_changed_default_leaves_old_records_unused(toy, make, project, monkeypatch):
    write(records.recorded_path("toys/toy"), make(0))

    @dataclass(frozen=True)
    class Corrected(toy.Toy):
        T: int = 12

    monkeypatch.setattr(toy, "Toy", Corrected)
    assert records.load(Corrected()) == {}
    assert list(records.load(Corrected(T=10))) == [0]


def test_a_new_field_finds_old_records_at_its_former_value(toy, make, project, monkeypatch):
    write(records.recorded_path("toys/toy"), make(0))

    @dataclass(frozen=True)
    class Newer(toy.Toy):
        before = {"order": "paper"}  # noqa: RUF012
        order: str = "other"

    monkeypatch.setattr(toy, "Toy", Newer)
    assert records.load(Newer()) == {}
    assert list(records.load(Newer(order="paper"))) == [0]
    path = records.recorded_path("toys/toy")
    again = records.record(Newer(order="paper"), toy.outcome(Newer(), 0), "torch", "cpu")
    assert records.append(path, again) is False


def test_merge_adds_what_is_new(make, project, tmp_path):
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    some = make(0, 1, 2, 3)
    write(records.recorded_path("toys/toy"), some[:1])
    write(one, some[:3])
    write(two, some[2:])
    assert records.merge_files([one, two]) == (3, 2)
    assert records.read(records.recorded_path("toys/toy")) == some
    assert records.merge_files([one, two]) == (0, 5)
    assert records.merge_files([one], tmp_path / "elsewhere") == (3, 0)
    assert records.read(tmp_path / "elsewhere" / "toys" / "toy.jsonl") == some[:3]


@pytest.mark.parametrize("where", ["published", "one", "two"])
def test_merge_refuses_two_outcomes_of_a_trial_and_names_both(
    toy, make, project, tmp_path, where
):
    other = toy.outcome(toy.Toy(T=11), 1)
    twin = records.record(toy.Toy(), other, "engine", "cpu")
    first = records.record(toy.Toy(), toy.outcome(toy.Toy(), 1), "engine", "cpu")
    paths = {"one": tmp_path / "one.jsonl", "two": tmp_path / "two.jsonl"}
    paths["published"] = records.recorded_path("toys/toy")
    for name, path in paths.items():
        write(path, [*make(7), twin if name == where else first])
    before = paths["published"].read_bytes()
    with pytest.raises(ReplicateError) as refused:
        records.merge_files([paths["one"], paths["two"]])
    named = {"published": "one", "one": "published", "two": "published"}[where]
    assert f"{paths[where]}:2" in str(refused.value)
    assert f"{paths[named]}:2" in str(refused.value)
    assert first["identity"] in str(refused.value)
    assert paths["published"].read_bytes() == before


def test_merge_refuses_spoilt_records_and_missing_files(make, project, tmp_path):
    path = tmp_path / "one.jsonl"
    good, bad = make(0, 1)
    bad["outcome"]["steps"] += 1
    write(path, [good, bad])
    with pytest.raises(ReplicateError, match=r"one.jsonl:2: seed 1: the digest"):
        records.merge_files([path])
    with pytest.raises(ReplicateError, match="no file"):
        records.merge_files([tmp_path / "none.jsonl"])
    assert not records.recorded_path("toys/toy").exists()


def test_a_line_of_an_editor_is_read(make, tmp_path):
    path = tmp_path / "toy.jsonl"
    (first,) = make(0)
    path.write_text(json.dumps(first) + "\r\n")
    assert records.read(path) == [first]


def test_merge_writes_nowhere_else(toy, make, project, tmp_path, monkeypatch):
    path = tmp_path / "one.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(toy.Toy, "experiment", "../../outside")
        write(path, make(0))
    with pytest.raises(ReplicateError, match=r"no experiment '../../outside'"):
        records.merge_files([path])
