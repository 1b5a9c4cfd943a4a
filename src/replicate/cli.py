"""The command line: ``replicate list | params | rerun | run | train | score | …``.

What a command needs is imported when it runs, so that ``replicate --help`` is quick.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from replicate import __version__
from replicate.console import PAIRS, pairs_of, short, table
from replicate.errors import ReplicateError
from replicate.language import commands

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

    table(
        (chapter.name, f"{len(parameters.read(chapter))} parameters", chapter.title)
        for chapter in catalogue.chapters()
    )
    click.echo()
    table((name, f"{len(read(recorded_path(name)))} recorded trials") for name in experiments())


@cli.command()
@click.argument("chapter")
def params(chapter: str) -> None:
    """Show the parameters of CHAPTER: name, type, default, meaning."""
    from replicate.chapters import catalogue, parameters

    known = parameters.read(catalogue.find(chapter))
    table((p.name, p.kind, repr(p.default), p.meaning) for p in known)


@cli.command()
@click.argument("chapter")
@PAIRS
def rerun(chapter: str, pairs: tuple[str, ...]) -> None:
    """Run CHAPTER with other parameters; write notebook, page and records to _build/reruns."""
    from replicate.chapters import catalogue, reruns
    from replicate.chapters.reporting import Report

    result = reruns.rerun(catalogue.find(chapter), pairs_of(pairs), progress=sys.stderr)
    for verdict in result.report.lines():
        click.echo(verdict)
    if isinstance(result.published, Report):
        for difference in result.report.differences(result.published):
            click.echo(difference)
    else:
        click.echo(f"not compared with the published run: {result.published}")
    for path in (result.notebook, result.page, result.records):
        click.echo(f"wrote {short(path)}")


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
        parameters.parse(experiment, known, pairs_of(pairs)),
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


@cli.command()
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True)
def book(jobs: int) -> None:
    """Execute the chapters that changed and build _build/html."""
    from replicate.chapters.book import book as build

    click.echo(f"open {short(build(jobs, click.echo))}")


for command in commands.COMMANDS:
    cli.add_command(command)

if __name__ == "__main__":
    sys.exit(main())
