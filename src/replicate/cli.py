"""The command line: ``replicate list | params | rerun | run | train | score | …``.

What a command needs is imported when it runs, so that ``replicate --help`` is quick.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from replicate import __version__
from replicate.errors import ReplicateError

PAIRS = click.option(
    "-p", "pairs", multiple=True, metavar="NAME=VALUE", help="Set a parameter; may be repeated."
)
PRESET = click.option(
    "--preset", type=click.Choice(["smoke", "book", "paper"]), default="book", show_default=True
)
THREADS = click.option("--threads", type=click.IntRange(1), help="As many trials at a time.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0 only if all went well, and say what went wrong in plain words."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        cli.main([a for a in given if a != "--debug"], "replicate", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        return 130
    except (click.ClickException, ReplicateError, OSError) as error:
        if "--debug" in given:
            raise
        if isinstance(error, click.ClickException):
            error.show()
            return error.exit_code
        click.echo(f"replicate: {error}", err=True)
        return 1
    return 0


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Rerun the chapters, run trials, score the claims, make the book."""


@cli.command("list")
def list_command() -> None:
    """Show the chapters, and the experiments with their recorded trials."""
    from replicate.chapters import catalogue, parameters
    from replicate.experiments import experiments
    from replicate.records import read, recorded_path

    _table(
        (chapter.name, f"{len(parameters.read(chapter))} parameters", chapter.title)
        for chapter in catalogue.chapters()
    )
    click.echo()
    _table(
        (name, f"{len(read(recorded_path(name)))} recorded trials") for name in experiments()
    )


@cli.command()
@click.argument("chapter")
def params(chapter: str) -> None:
    """Show the parameters of CHAPTER: name, type, default, meaning."""
    from replicate.chapters import catalogue, parameters

    known = parameters.read(catalogue.find(chapter))
    _table((p.name, p.kind, repr(p.default), p.meaning) for p in known)


@cli.command()
@click.argument("chapter")
@PAIRS
def rerun(chapter: str, pairs: tuple[str, ...]) -> None:
    """Run CHAPTER with other parameters; write notebook, page and records to _build/reruns."""
    from replicate.chapters import catalogue, reruns
    from replicate.chapters.reporting import Report

    result = reruns.rerun(catalogue.find(chapter), _pairs(pairs), progress=sys.stderr)
    for verdict in result.report.lines():
        click.echo(verdict)
    if isinstance(result.published, Report):
        for difference in result.report.differences(result.published):
            click.echo(difference)
    else:
        click.echo(f"not compared with the published run: {result.published}")
    for path in (result.notebook, result.page, result.records):
        click.echo(f"wrote {_short(path)}")


@cli.command()
@click.argument("experiment")
@click.option(
    "--trials", metavar="SEEDS", help="As 0-99 or 0-2,7; default: as the preset says."
)
@PAIRS
@PRESET
@click.option("--record", is_flag=True, help="Write data/runs instead of _build/runs.")
@click.option("--backend", type=click.Choice(["engine", "torch"]))
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@THREADS
def run(
    experiment: str,
    trials: str | None,
    pairs: tuple[str, ...],
    preset: str,
    record: bool,
    backend: str | None,
    device: str,
    threads: int | None,
) -> None:
    """Run trials of EXPERIMENT that are not there yet."""
    from replicate import experiments
    from replicate import trials as running
    from replicate.chapters import parameters

    first, *_ = experiments.matching(experiment)
    known = parameters.of_setting(experiments.experiment(first))
    done = running.run_experiment(
        experiment,
        None if trials is None else running.seeds(trials),
        parameters.parse(experiment, known, _pairs(pairs)),
        preset,
        record=record,
        backend=backend,
        device=device,
        threads=threads,
    )
    ends = Counter(each["outcome"]["status"] for each in done)
    counts = ", ".join(f"{count} {status}" for status, count in sorted(ends.items()))
    click.echo(f"{len(done)} trials of {experiment}: {counts or 'none'}")


@cli.command()
@click.argument("experiment")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@PAIRS
@click.option("--device", type=click.Choice(["cpu", "cuda", "auto"]), default="auto")
@click.option("--accumulate", type=click.IntRange(1), default=1, help="Parts of a batch.")
@click.option("--compiled", is_flag=True, help="By torch.compile, on a GPU.")
@click.option("--tensorboard", is_flag=True, help="Write logs beside the checkpoint.")
def train(experiment: str, seed: int, pairs: tuple[str, ...], **how: Any) -> None:
    """Train one large model of EXPERIMENT, or go on where it was cut off.

    For several processes: torchrun --nproc-per-node N -m replicate.cli train EXPERIMENT …
    """
    import importlib

    from replicate import experiments
    from replicate.chapters import parameters
    from replicate.training.processes import leads

    kind = experiments.experiment(experiment)
    trainer = importlib.import_module(kind.trainer)
    if not hasattr(trainer, "fit"):
        raise ReplicateError(f"{experiment} has small nets: give replicate run {experiment}")
    values = parameters.parse(experiment, parameters.of_setting(kind), _pairs(pairs))
    made = trainer.fit(kind.of(values), seed, **how)["outcome"]
    numbers = (f"{name} {number:.6g}" for name, number in made["test"].items())
    if leads():
        click.echo(f"{experiment}, seed {seed}: {made['status']}; {', '.join(numbers)}")


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def merge(files: tuple[Path, ...]) -> None:
    """Add the trials in FILES, recorded elsewhere, to data/runs."""
    from replicate.records import merge_files

    added, known = merge_files(files)
    click.echo(f"{added} trials added, {known} were there already")


@cli.command()
@click.argument("claims", default="")
@click.option("--check", is_flag=True, help="Write nothing; fail when something is missing.")
def score(claims: str, check: bool) -> None:
    """Judge the CLAIMS that begin so, and bring the table of the README up to date."""
    from replicate import scoreboard
    from replicate.chapters.reporting import in_words, line

    for verdict in scoreboard.score(claims):
        click.echo(line(in_words(verdict)))
    if check:
        problems = scoreboard.check(claims)
        if problems:
            raise ReplicateError("\n".join(problems))
    elif scoreboard.update():
        click.echo("wrote the table of README.md")


@cli.command()
@click.option("--sample", type=click.IntRange(1), default=20, show_default=True)
@click.option("--experiment", help="Only trials of this one.")
@click.option("--seed", type=click.IntRange(0), help="Draws the sample; default: a new one.")
@click.option("--max-seconds", type=click.FloatRange(0), help="Only trials as short as that.")
@THREADS
def audit(
    sample: int,
    experiment: str | None,
    seed: int | None,
    max_seconds: float | None,
    threads: int | None,
) -> None:
    """Run a sample of the recorded trials again and compare."""
    from replicate.audit import audit as compare

    if not compare(sample, experiment, seed, threads, max_seconds=max_seconds):
        raise ReplicateError("the audit found trials that differ")


@cli.group()
def data() -> None:
    """See, get and check the texts that language models are trained on."""


@data.command("list")
def data_list() -> None:
    """Show the corpora: tokens of train, valid and test, words known, and where they lie."""
    from replicate.language.accounts import listed

    _table(listed())


@data.command("get")
@click.argument("name")
def data_get(name: str) -> None:
    """Make or download what is missing of the corpus NAME."""
    from replicate import corpora

    click.echo(f"{name}: {corpora.entry(name).licence}")
    for path in corpora.get(name):
        click.echo(_short(path))


@data.command("check")
@click.argument("name", default="")
def data_check(name: str) -> None:
    """Count the corpus NAME anew, or all that are here; compare with the manifest."""
    from replicate import corpora
    from replicate.language import accounts

    for corpus in [corpora.entry(name)] if name else corpora.entries().values():
        if name or accounts.here(corpus):
            for found in accounts.checked(corpus):
                click.echo(found)
        else:
            click.echo(f"{corpus.name}: not here; replicate data get {corpus.name}")


@cli.command()
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True)
def book(jobs: int) -> None:
    """Execute the chapters that changed and build _build/html."""
    from replicate.chapters.book import book as build

    click.echo(f"open {_short(build(jobs, click.echo))}")


def _pairs(pairs: Sequence[str]) -> dict[str, str]:
    """Return NAME=VALUE texts as a dictionary; no name may come twice."""
    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ReplicateError(f"-p {pair}: give NAME=VALUE")
        if name.strip() in given:
            raise ReplicateError(f"-p {pair}: {name.strip()} is given twice")
        given[name.strip()] = value.strip()
    return given


def _short(path: Path) -> Path:
    """Return a path as seen from the working directory where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _table(rows: Iterable[Sequence[str]]) -> None:
    """Print rows in aligned columns."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        click.echo("  ".join(map(str.ljust, row, widths)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
