"""Many trials of one setting at a time: in threads, or through any ``Executor``.

Outcomes come as trials end, in no order. Whoever stops listening stops the giving out of seeds;
trials under way are then lost.
"""

import ctypes
import importlib
import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import islice
from typing import Any

from replicate.engine.library import LANES
from replicate.outcome import Outcome
from replicate.settings import Setting


def walk(
    setting: Setting, seeds: Iterator[int], backend: str, device: str
) -> Iterator[Outcome]:
    """Yield the outcomes of these seeds, computed in this thread."""
    if backend == "engine":
        engine: Any = importlib.import_module(setting.engine_trainer)
        walked: Iterator[Outcome] = engine.walk(setting, seeds, setting.dtype)
        return walked
    trainer: Any = importlib.import_module(setting.trainer)
    trained: Iterator[Outcome] = trainer.walk(setting, seeds, setting.dtype, device)
    return trained


def settle(setting: Setting, seed: int, backend: str, device: str) -> None:
    """Tell a trainer that keeps checkpoints that a trial's outcome is recorded."""
    if backend == "torch":
        trainer: Any = importlib.import_module(setting.trainer)
        getattr(trainer, "settle", lambda *_: None)(setting, seed, device)


def in_threads(
    setting: Setting,
    seeds: Iterable[int],
    threads: int,
    *,
    backend: str,
    device: str,
) -> Generator[Outcome, None, None]:
    """Yield the outcomes of these seeds from this many threads, which share the seeds."""
    shared = _Shared(seeds)
    ended: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            for outcome in walk(setting, shared, backend, device):
                ended.put(outcome)
            ended.put(None)
        except BaseException as error:
            ended.put(error)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        while threads:
            item = ended.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                threads -= 1
            else:
                yield item
    finally:
        shared.stop()
        for worker in filter(threading.Thread.is_alive, workers):
            _interrupt(worker)


def _interrupt(worker: threading.Thread) -> None:
    """Have a thread end at its next line of Python: a trial may take hours."""
    raised = ctypes.py_object(SystemExit)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident or 0), raised)


class _Shared:
    """An iterator that several threads may draw from, until it is stopped."""

    def __init__(self, items: Iterable[int]) -> None:
        self._items = iter(items)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        with self._lock:
            return next(self._items)

    def stop(self) -> None:
        with self._lock:
            self._items = iter(())


def in_groups(
    executor: Executor, setting: Setting, seeds: Iterable[int], at_once: int,
    *, backend: str, device: str,
) -> Generator[Outcome, None, None]:  # fmt: skip
    """Yield the outcomes of these seeds from an executor, at most this many groups at once."""
    left = iter(seeds)
    under_way: set[Future[list[Outcome]]] = set()
    try:
        while True:
            while len(under_way) < at_once and (group := list(islice(left, LANES))):
                under_way.add(executor.submit(outcomes, setting, group, backend, device))
            if not under_way:
                return
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda f: f.exception() is not None):
                yield from future.result()
    finally:
        for future in under_way:
            future.cancel()


def outcomes(setting: Setting, seeds: list[int], backend: str, device: str) -> list[Outcome]:
    """Return the outcomes of these seeds, in order: what a worker of an executor is sent."""
    ended = {o.seed: o for o in walk(setting, iter(seeds), backend, device)}
    return [ended[seed] for seed in seeds]
