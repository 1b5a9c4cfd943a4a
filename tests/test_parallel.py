"""Trials at a time: in threads, lanes or an executor's processes, the same trials."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from replicate import records, trials
from replicate.tasks.adding import Adding

TINY = Adding(T=20, cap=200, n_test=16)


def equal(some, others):
    assert len(some) == len(others)
    return not any(records.differences(a, b) for a, b in zip(some, others, strict=True))


def test_threads_processes_and_lanes_compute_the_same(tmp_path):
    how = {"progress": False}
    one = trials.run(TINY, range(20), path=tmp_path / "1.jsonl", threads=1, **how)
    two = trials.run(TINY, [*range(19, -1, -1)], path=tmp_path / "2.jsonl", threads=2, **how)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        third = tmp_path / "3.jsonl"
        three = trials.run(TINY, range(20), path=third, executor=pool, threads=2, **how)
    assert equal(one, two[::-1])
    assert equal(one, three)
    assert [r["seed"] for r in three] == list(range(20))
    assert {r["outcome"]["sequences"] for r in one} == {200}
    assert len({r["digest"] for r in one}) == 20


def test_groups_of_an_executor_are_recorded_as_they_return(toy, tmp_path, monkeypatch):
    """The third group fails; the two before it are recorded, and no further one is begun."""
    asked = []

    def failing(setting, seeds, *how):
        for seed in seeds:
            asked.append(seed)
            if seed == 20:
                raise ArithmeticError
            yield toy.outcome(setting, seed)

    monkeypatch.setattr(toy, "walk", failing)
    path = tmp_path / "toy.jsonl"
    with ThreadPoolExecutor(1) as pool, pytest.raises(ArithmeticError):
        trials.run(toy.Toy(), range(99), path=path, executor=pool, threads=1, progress=False)
    assert [r["seed"] for r in records.read(path)] == list(range(16))
    assert max(asked) == 20
