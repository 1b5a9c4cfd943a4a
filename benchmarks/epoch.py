"""Train the plain loop and ours on the same text once: how fast, and what is learnt.

    python benchmarks/epoch.py [--words N]

Both have the same net of one LSTM layer, columns, windows, rate and clip; the plain loop has a
full softmax, ours classes found by perplexity, for which it is given the time. The text is the
Bible that ships, the first N words of training. One thread, processor time. Prints a table.
"""

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import dataclasses
import math
import tempfile
import time
from pathlib import Path

import torch
from language import BATCH, CLIP, STEPS, UNITS, Plain, step
from torch import nn

from replicate import corpora
from replicate.language.evaluation import log_probabilities, perplexity
from replicate.tasks.language_model import LanguageModel
from replicate.training.batches import Columns
from replicate.training.language_model import classes, job_of
from replicate.training.large import Run, train

RATE, SIZE = 20.0, 0.1
SETTING = LanguageModel(
    corpus="bible", text="running", peepholes=False, n_hidden=UNITS, n_projection=UNITS,
    batch_size=BATCH, n_steps=STEPS, initial="uniform", initial_size=SIZE,
    averaged_over="words", learning_rate=RATE, clip=CLIP, max_epochs=1,
)  # fmt: skip


def ours(corpus: corpora.Corpus) -> tuple[float, float]:
    """Return seconds of training and perplexity of the validation text, by our loop."""
    began = time.process_time()
    job = job_of(SETTING, 0, corpus, classes(SETTING, corpus), "cpu")
    job = dataclasses.replace(job, valid=lambda _: 0.0)
    with tempfile.TemporaryDirectory() as folder:
        train(job, Run(Path(folder), progress=False))
    seconds = time.process_time() - began
    return seconds, perplexity(log_probabilities(job.model, corpus.valid, SETTING.text))


def plain(corpus: corpora.Corpus) -> tuple[float, float]:
    """Return the same of the loop of every introduction, with torch's own parts."""
    torch.manual_seed(0)
    net = Plain(adaptive=False, n_words=len(corpus.vocabulary))
    for p in net.parameters():
        nn.init.uniform_(p, -SIZE, SIZE)
    sgd = torch.optim.SGD(net.parameters(), RATE)
    state, began = None, time.process_time()
    windows = Columns(corpus.train, BATCH, STEPS)
    for k in range(len(windows)):
        batch = windows[k]
        state = step(net, sgd, batch.inputs[0], batch.targets, state)
    seconds = time.process_time() - began
    with torch.no_grad():
        running = Columns(corpus.valid, 1, len(corpus.valid))[0]
        loss, _ = net(running.inputs[0], running.targets, None)
    return seconds, math.exp(loss)


def main() -> None:
    """Train both and print what came of it."""
    parser = argparse.ArgumentParser(description="Compare two loops over the same text.")
    parser.add_argument("--words", type=int, help="of the training text; default: all")
    given = parser.parse_args()
    torch.set_num_threads(1)
    corpus = corpora.load("bible")
    corpus = dataclasses.replace(corpus, train=corpus.train[: given.words])
    (slow, theirs), (quick, mine) = plain(corpus), ours(corpus)
    n = len(corpus.train)
    print(
        f"\nOne epoch over {n:,} words of the Bible, {UNITS} units, one thread\n\n"
        "| | words a second | perplexity of the validation text |\n"
        "|---|---:|---:|\n"
        f"| plain loop, full softmax | {n / slow:,.0f} | {theirs:.1f} |\n"
        f"| our loop, classes | {n / quick:,.0f} | {mine:.1f} |\n"
        f"| ours relative to the plain loop's | {slow / quick:.2f} | {mine / theirs:.3f} |"
    )


if __name__ == "__main__":
    main()
