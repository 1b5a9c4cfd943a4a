"""Run a chapter again with a reader's parameters, and compare it with what is published."""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from replicate.chapters import cache, execution, parameters
from replicate.chapters.catalogue import Chapter
from replicate.chapters.reporting import Report, reported
from replicate.errors import ReplicateError
from replicate.root import root


@dataclass(frozen=True)
class Rerun:
    """What a rerun wrote and found; ``published`` is a report, or why there is none."""

    notebook: Path
    page: Path
    records: Path
    report: Report
    published: Report | str


def rerun(chapter: Chapter, texts: Mapping[str, str], progress: TextIO | None = None) -> Rerun:
    """Execute a chapter with these parameters; write notebook, HTML page and trial records.

    They go to ``_build/reruns/<chapter>/<parameters>/``, all or nothing. Raises
    ``ReplicateError`` before anything is written when a parameter is not what it may be.
    """
    import nbformat

    from replicate.chapters.page import html

    values = parameters.check(chapter, texts)
    notebook = execution.execute(chapter, values, progress=progress)
    report = reported(notebook)
    folder = root() / "_build" / "reruns" / chapter.name / slug(values)
    name = Path(chapter.name).name
    partial = folder.with_name(f".{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    nbformat.write(notebook, partial / f"{name}.ipynb")
    (partial / f"{name}.html").write_text(html(notebook, chapter.title), encoding="utf-8")
    lines = [json.dumps(record, sort_keys=True) + "\n" for record in trials(report)]
    (partial / "records.jsonl").write_text("".join(lines), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return Rerun(
        folder / f"{name}.ipynb",
        folder / f"{name}.html",
        folder / "records.jsonl",
        report,
        published(chapter),
    )


def slug(values: Mapping[str, Any]) -> str:
    """Return a folder name for parameter values: readable, and different for different ones."""
    text = ",".join(f"{name}={value}" for name, value in values.items()) or "as-published"
    plain = re.sub(r"[^\w.,=+-]+", "_", text)
    if plain == text and len(text) <= 100:
        return text
    return f"{plain[:90]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def trials(report: Report) -> list[dict[str, Any]]:
    """Return the records that a report names, in its order, recorded or of the overlay."""
    from replicate import records

    known = {
        record["identity"]: record
        for experiment in {used["experiment"] for used in report.records}
        for path in (records.overlay_path(experiment), records.recorded_path(experiment))
        for record in records.read(path)
    }
    missing = [used for used in report.records if used["identity"] not in known]
    if missing:
        raise ReplicateError(
            f"the notebook reports trials that were not kept: {missing[0]['identity']} of "
            f"{missing[0]['experiment']} and {len(missing) - 1} others"
        )
    return [known[used["identity"]] for used in report.records]


def published(chapter: Chapter) -> Report | str:
    """Return the report of the chapter as the book has it, or why there is none."""
    try:
        notebook = cache.fresh(chapter)
        if notebook is None:
            made_from = cache.key(chapter)
            notebook = execution.execute(chapter, environment=execution.ONE_THREAD)
            cache.keep(chapter, notebook, made_from)
        return reported(notebook)
    except ReplicateError as error:
        return str(error)
