"""Large models on a GPU: like the CPU, faster ways, resuming; and what a device refuses."""

import numpy as np
import pytest
import torch

from replicate.errors import ReplicateError
from replicate.training.large import train
from tests.training.small import RUNNING, after, job, killed_at, run


@pytest.mark.parametrize(
    ("how", "values", "said"),
    [
        ({"compiled": True}, {}, "compiled is for a GPU"),
        ({}, {"dtype": "bfloat16"}, "dtype = bfloat16 is for a GPU"),
        ({"device": "tpu"}, {}, "device = tpu: give one of cpu, cuda, auto"),
    ],
)
def test_what_a_device_cannot_do_is_refused(tmp_path, how, values, said):
    with pytest.raises(ReplicateError, match=said):
        train(job(**values), run(tmp_path, **how))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_gpu_cuda_is_refused_and_auto_is_the_cpu(tmp_path):
    with pytest.raises(ReplicateError, match="device = cuda: torch finds no CUDA device"):
        train(job(), run(tmp_path, device="cuda"))
    assert train(job(max_epochs=1), run(tmp_path, device="auto")).ended == "capped"


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(
    "values",
    [{}, {"peepholes": False}, {"output": "full"}, RUNNING | {"dropout": 0.0}, {"cell": "rnn"}],
    ids=str,
)
def test_cuda_trains_alike(tmp_path, values):
    on_cpu, at = after(tmp_path / "cpu", **values)
    on_cuda, other = after(tmp_path / "cuda", {"device": "cuda"}, device="cuda", **values)
    torch.testing.assert_close(on_cuda.cpu(), on_cpu, rtol=1e-2, atol=1e-3)
    np.testing.assert_allclose(other.history, at.history, rtol=1e-3)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(
    ("how", "values"),
    [({}, {"dtype": "bfloat16"}), ({"compiled": True}, {"output": "full"})],
    ids=["bfloat16", "compiled"],
)
def test_cuda_has_faster_ways_that_differ_little(tmp_path, how, values):
    _, at = after(tmp_path / "plain", {"device": "cuda"}, device="cuda", output="full")
    _, other = after(
        tmp_path / "fast",
        {"device": "cuda", **how},
        device="cuda",
        **{"output": "full", **values},
    )
    np.testing.assert_allclose(other.history, at.history, rtol=0.05)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_resumes(tmp_path, monkeypatch):
    values = {"dropout": 0.2, "device": "cuda"}
    undisturbed, _ = after(tmp_path / "one", {"device": "cuda"}, **values)
    with killed_at((1, 2), monkeypatch):
        after(tmp_path / "two", {"device": "cuda", "every": 0.0}, **values)
    resumed, _ = after(tmp_path / "two", {"device": "cuda"}, **values)
    torch.testing.assert_close(resumed, undisturbed, rtol=1e-3, atol=1e-4)
