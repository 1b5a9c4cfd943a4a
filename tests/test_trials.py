"""Runs: every trial once, whoever computes it, whatever stops it."""

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from subprocess import PIPE

import pytest

from replicate import records, trials
from replicate.errors import MissingTrials, ReplicateError
from replicate.tasks.adding import Adding
from tests.processes import started, until


@pytest.fixture
def path(tmp_path):
    return tmp_path / "toy.jsonl"


@pytest.fixture
def counted(toy, monkeypatch):
    """Return the list of the seeds that the toy trainer is given."""
    given = []
    walk = toy.walk

    def counting(setting, seeds, *how):
        for outcome in walk(setting, seeds, *how):
            given.append(outcome.seed)
            yield outcome

    monkeypatch.setattr(toy, "walk", counting)
    return given


def told(path):
    return [r["seed"] for r in records.read(path)]


@pytest.mark.parametrize("threads", [None, 1, 3, 50])
def test_a_run_records_each_trial_once_and_returns_them_in_order(toy, counted, path, threads):
    seeds = [5, 0, 3, 5, 17]
    made = trials.run(toy.Toy(), seeds, path=path, threads=threads, progress=False)
    assert [r["seed"] for r in made] == [5, 0, 3, 17]
    assert sorted(counted) == sorted(told(path)) == [0, 3, 5, 17]
    assert {r["digest"] for r in made} == {r["digest"] for r in records.read(path)}


def test_a_run_goes_on_where_it_was(toy, counted, path):
    first = trials.run(toy.Toy(), range(3), path=path, progress=False)
    counted.clear()
    again = trials.run(toy.Toy(), range(6), path=path, progress=False)
    assert sorted(counted) == [3, 4, 5]
    assert again[:3] == first
    counted.clear()
    assert trials.run(toy.Toy(), range(6), path=path, progress=False) == again
    assert counted == []


def test_trials_of_other_settings_lie_in_the_same_file(toy, path):
    trials.run(toy.Toy(), range(3), path=path, progress=False)
    trials.run(toy.Toy(T=11), range(3), path=path, progress=False)
    assert len({r["identity"] for r in records.read(path)}) == 6


def test_what_another_process_claims_is_left_to_it(toy, counted, path):
    """Seed 1 is claimed by a process that records it; seed 2 by one that dies."""
    setting = toy.Toy()
    names = {s: records.identity(setting, s, "torch") for s in (1, 2)}
    code = (
        "import sys, time; from pathlib import Path; from replicate.locks import Claims\n"
        "claims = Claims(Path(sys.argv[1]))\n"
        "print([claims.take(name) for name in sys.argv[2:]], flush=True); time.sleep(60)"
    )
    command = ["-c", code, str(path.with_suffix(".lock")), *names.values()]
    with started(command, stdout=PIPE) as other:
        assert other.stdout.readline() == "[True, True]\n"
        with ThreadPoolExecutor(1) as pool:
            made = pool.submit(trials.run, setting, range(4), path=path, progress=False)
            until(lambda: sorted(told(path)) == [0, 3])
            time.sleep(0.3)
            assert sorted(counted) == [0, 3]
            assert not made.done()
            one = records.record(setting, toy.outcome(setting, 1), "torch", "cpu")
            records.append(path, one)
            other.kill()
            assert [r["seed"] for r in made.result(60)] == [0, 1, 2, 3]
    assert sorted(counted) == [0, 2, 3]
    assert sorted(told(path)) == [0, 1, 2, 3]


def test_an_error_of_a_trainer_ends_the_run_and_keeps_what_is_recorded(toy, path, monkeypatch):
    def failing(setting, seeds, *how):
        for seed in seeds:
            if seed == 3:
                raise ArithmeticError("three")
            yield toy.outcome(setting, seed)

    monkeypatch.setattr(toy, "walk", failing)
    with pytest.raises(ArithmeticError, match="three"):
        trials.run(toy.Toy(), range(6), path=path, threads=1, progress=False)
    assert told(path) == [0, 1, 2]


def test_what_cannot_be_written_is_not_returned_and_stops_the_threads(toy, path, monkeypatch):
    running = threading.active_count()
    trials.run(toy.Toy(), range(3), path=path, progress=False)
    before = path.read_bytes()

    def endless(setting, seeds, *how):
        yield toy.outcome(setting, next(seeds))
        while True:
            time.sleep(0.001)

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(toy, "walk", endless)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReplicateError, match="No space left on device"):
        trials.run(toy.Toy(), range(9), path=path, threads=2, progress=False)
    assert path.read_bytes() == before
    until(lambda: threading.active_count() <= running)


def test_a_place_that_cannot_be_written_is_told_before_anything_is_computed(
    toy, counted, tmp_path
):
    (tmp_path / "file").touch()
    with pytest.raises(ReplicateError, match="cannot write"):
        trials.run(toy.Toy(), range(3), path=tmp_path / "file" / "toy.jsonl", progress=False)
    assert counted == []


def test_ctrl_c_keeps_what_is_recorded(tmp_path):
    path = tmp_path / "adding.jsonl"
    code = (  # whoever runs this test in the background may have it ignore Ctrl-C
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys; from pathlib import Path; from replicate.tasks.adding import Adding\n"
        "from replicate.trials import run\n"
        "run(Adding(T=20, cap=5000, n_test=16), range(90000), path=Path(sys.argv[1]))"
    )
    with started(["-c", code, str(path)], stderr=PIPE) as running:
        until(lambda: len(records.read(path)) >= 10)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    assert running.returncode not in (0, None)
    assert "90000 trials, 0 of them there" in said
    assert "the same command goes on from there" in said
    assert len(records.read(path)) >= 10
    assert path.read_bytes().endswith(b"\n")


def test_unknown_backends_are_refused(toy, path):
    with pytest.raises(ReplicateError, match="no backend 'engine'; give torch"):
        trials.run(toy.Toy(), [0], path=path, backend="engine")


def test_gather_takes_published_then_overlay_then_computes(toy, counted, project):
    published, overlay = (f("toys/toy") for f in (records.recorded_path, records.overlay_path))
    how = {"progress": False}
    trials.run(toy.Toy(), [2, 3], path=published, **how)
    trials.run(toy.Toy(), [3, 4], path=overlay, **how)
    counted.clear()
    before = published.read_bytes()
    made = trials.gather(toy.Toy(), 4, seed=2, strict=False, **how)
    assert [r["seed"] for r in made] == [2, 3, 4, 5]
    assert counted == [5]
    assert published.read_bytes() == before
    assert sorted(told(overlay)) == [3, 4, 5]
    trials.gather(toy.Toy(), 4, seed=2, strict=False, fresh=True, **how)
    assert counted == [5, 2]
    assert trials.gather(toy.Toy(), 2, seed=2, strict=True) == made[:2]
    with pytest.raises(MissingTrials, match="--trials 4-5"):
        trials.gather(toy.Toy(), 4, seed=2, strict=True)
    assert published.read_bytes() == before


def test_gather_strictly_names_the_command(toy, counted, project):
    trials.run(toy.Toy(T=5), [0, 2], path=records.recorded_path("toys/toy"), progress=False)
    with pytest.raises(MissingTrials) as missing:
        trials.gather(toy.Toy(T=5), 8, strict=True)
    command = "replicate run toys/toy --trials 1,3-7 -p T=5 --record"
    assert f"6 of 8 trials are not recorded; run: {command}" in str(missing.value)
    assert sorted(counted) == [0, 2]


@pytest.mark.parametrize("wrong", [{"n_trials": 0}, {"n_trials": 1, "seed": -1}])
def test_gather_refuses_impossible_numbers(toy, project, wrong):
    with pytest.raises(ReplicateError, match="at least"):
        trials.gather(toy.Toy(), strict=False, **wrong)


def test_run_experiment_by_name(toy, counted, project):
    made = trials.run_experiment("toys/toy", [4, 6], {"T": 7}, progress=False)
    assert [(r["seed"], r["setting"]["T"]) for r in made] == [(4, 7), (6, 7)]
    assert sorted(told(records.overlay_path("toys/toy"))) == [4, 6]
    assert trials.run_experiment("toys", [4, 6], {"T": 7}, progress=False) == made
    trials.run_experiment("toys/toy", [4, 6], {"T": 7}, record=True, progress=False)
    assert sorted(told(records.recorded_path("toys/toy"))) == [4, 6]
    assert len(counted) == 4


def test_presets(toy, counted, project):
    smoke = trials.run_experiment("toys/toy", preset="smoke", progress=False)
    assert [(r["seed"], r["setting"]["T"]) for r in smoke] == [(0, 2), (1, 2)]
    trials.run_experiment("toys/toy", [0], record=True, progress=False)
    counted.clear()
    trials.run_experiment("toys/toy", [0], progress=False)
    assert counted == []
    trials.run_experiment("toys/toy", [0], preset="paper", progress=False)
    assert counted == [0]
    for wrong in (
        {"preset": "boook"},
        {"values": {"T": 5}},
        {"values": {"TT": 5}, "seeds": [1]},
    ):
        with pytest.raises(ReplicateError, match=r"boook|--trials|no setting 'TT'"):
            trials.run_experiment("toys/toy", **wrong)


def test_without_seeds_the_books_trials_are_run(toy, project, monkeypatch):
    from replicate import papers

    planned = {"toys/toy": [(toy.Toy(), 2), (toy.Toy(T=3), 3)]}
    monkeypatch.setattr(papers, "plan", planned.__getitem__)
    made = trials.run_experiment("toys", record=True, progress=False)
    assert [(r["setting"]["T"], r["seed"]) for r in made] == [
        (10, 0), (10, 1), (3, 0), (3, 1), (3, 2),
    ]  # fmt: skip


def test_the_command_says_what_is_not_usual(toy):
    setting = toy.Toy(T=5, word="marked it", bias=(1.0,))
    assert trials.command(toy.Toy(), [0]) == "replicate run toys/toy --trials 0 --record"
    assert trials.command(setting, range(100), record=False, device="cuda") == (
        "replicate run toys/toy --trials 0-99 -p T=5 -p 'bias=[1.0]' -p 'word=marked it'"
        " --device cuda"
    )
    adding = trials.command(Adding(), [1], backend="torch")
    assert adding == "replicate run hochreiter1997/adding --trials 1 --backend torch --record"


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("0", [0]), ("0-3", [0, 1, 2, 3]), ("7, 9-10", [7, 9, 10]), ("5-5", [5])],
)
def test_seeds_of_a_text(text, seeds):
    assert trials.seeds(text) == seeds
    assert trials.seeds(trials.spans(seeds)) == seeds


@pytest.mark.parametrize("text", ["", "-1", "3-1", "a", "1-", "1,,2", "1.5", "0-9-12", "²"])
def test_texts_that_name_no_seeds(text):
    with pytest.raises(ReplicateError, match="give seeds such as"):
        trials.seeds(text)


def test_records_are_plain_json_lines(toy, path):
    trials.run(toy.Toy(), range(2), path=path, progress=False)
    for text in path.read_text().splitlines():
        assert list(json.loads(text)) == sorted(json.loads(text))
