"""Commands on texts and on the large models that are trained on them."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from replicate.console import PAIRS, pairs_of, short, table
from replicate.errors import ReplicateError


@click.command()
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
    from replicate.training.processes import leads

    other = f"is trained by another command: give replicate run {experiment}"
    setting, trainer = _asked(experiment, pairs, "fit", other)
    made = trainer.fit(setting, seed, **how)["outcome"]
    numbers = (f"{name} {number:.6g}" for name, number in sorted(made["test"].items()))
    if leads():
        click.echo(f"{experiment}, seed {seed}: {made['status']}; {', '.join(numbers)}")


@click.command("score-text")
@click.argument("experiment")
@click.argument("sentences", nargs=-1)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@PAIRS
def score_text(
    experiment: str, sentences: tuple[str, ...], seed: int, pairs: tuple[str, ...]
) -> None:
    """Say how probable each word of SENTENCES is to a model that was trained here.

    Without SENTENCES they are read from the standard input, one a line. They are cut into words
    as the model's text was, or are so already. Each is seen on its own. A word that the model
    does not know is scored as the unknown word.
    """
    import numpy as np

    from replicate.language.evaluation import perplexity
    from replicate.language.preparation import tokens
    from replicate.language.use import scored

    model, corpus = _trained(experiment, seed, pairs)
    known = corpus.vocabulary
    for sentence in sentences or _lines(sys.stdin):
        words = scored(model, known, tokens(sentence, corpus.name, known))
        logs = np.array([each.log_probability for each in words])
        rows = [
            (w.word, f"{w.log_probability:9.4f}", "" if w.known else "unknown") for w in words
        ]
        table([("", "    ln p", ""), *rows])
        said = f"ln p = {logs.sum():.4f}, perplexity {perplexity(logs):.2f}"
        click.echo(f"{len(words)} tokens, {said}\n")


@click.command()
@click.argument("experiment")
@click.option("-n", "count", type=click.IntRange(1), default=5, show_default=True)
@click.option("--begin", default="", help="The words that each begins with.")
@click.option("--temperature", type=float, default=1.0, show_default=True)
@click.option("--longest", type=click.IntRange(1), default=60, show_default=True)
@click.option("--draw", type=click.IntRange(0), default=0, help="Another number, others.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@PAIRS
def sample(
    experiment: str, count: int, begin: str, seed: int, pairs: tuple[str, ...], **how: Any
) -> None:
    """Have a model that was trained here say sentences, without unknown words.

    One that comes to no end within the LONGEST number of words is broken off with …
    """
    from replicate.language.preparation import tokens
    from replicate.language.use import sampled

    model, corpus = _trained(experiment, seed, pairs)
    first = tokens(begin, corpus.name, corpus.vocabulary)
    for words in sampled(model, corpus.vocabulary, count, first, **how):
        click.echo(" ".join(words))


def _lines(read: Iterable[str]) -> Iterator[str]:
    try:
        yield from read
    except UnicodeDecodeError as error:
        raise ReplicateError(f"the standard input is not {error.encoding}: {error}") from error


def _trained(experiment: str, seed: int, pairs: tuple[str, ...]) -> tuple[Any, Any]:
    """Return the trained model of the setting that pairs ask for, and its corpus."""
    from replicate.training import texts

    setting, trainer = _asked(experiment, pairs, "restored", "is no language model of nets")
    corpus = texts.corpus(setting.corpus)
    return trainer.restored(setting, seed, corpus), corpus


def _asked(
    experiment: str, pairs: tuple[str, ...], does: str, otherwise: str
) -> tuple[Any, Any]:
    """Return the setting that pairs ask for and its trainer; ``does``: what it must know.

    Raises ``ReplicateError`` if it does not, with what the experiment is ``otherwise``.
    """
    import importlib

    from replicate import experiments
    from replicate.chapters import parameters

    kind = experiments.experiment(experiment)
    trainer = importlib.import_module(kind.trainer)
    if not hasattr(trainer, does):
        raise ReplicateError(f"{experiment} {otherwise}")
    values = parameters.parse(experiment, parameters.of_setting(kind), pairs_of(pairs))
    return kind.of(values), trainer


@click.group()
def data() -> None:
    """See, get and check the texts that language models are trained on."""


@data.command("list")
def data_list() -> None:
    """Show the corpora: tokens of train, valid and test, words known, and where they lie."""
    from replicate.language.accounts import listed

    table(listed())


@data.command("get")
@click.argument("name")
def data_get(name: str) -> None:
    """Make or download what is missing of the corpus NAME."""
    from replicate import corpora

    click.echo(f"{name}: {corpora.entry(name).licence}")
    for path in corpora.get(name):
        click.echo(short(path))


@data.command("check")
@click.argument("name", default="")
def data_check(name: str) -> None:
    """Count the corpus NAME anew, or all that are here; compare with the manifest."""
    from replicate import corpora
    from replicate.language import accounts

    wrong = []
    for corpus in [corpora.entry(name)] if name else corpora.entries().values():
        if not name and not accounts.here(corpus):
            click.echo(f"{corpus.name}: not here; replicate data get {corpus.name}")
            continue
        try:
            for found in accounts.checked(corpus):
                click.echo(found)
        except ReplicateError as error:
            wrong.append(str(error))
    if wrong:
        raise ReplicateError("\n".join(wrong))


COMMANDS = (train, score_text, sample, data)
