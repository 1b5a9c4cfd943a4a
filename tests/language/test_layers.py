"""Layers beside torch's own, beside the readable cells, and cut in two."""

import pytest
import torch

from replicate.cells import variants
from replicate.cells.shape import Shape
from replicate.language.layers import GatedLSTM, PlainRNN, TorchLSTM, Window

N_IN, N, T, BATCH = 3, 4, 7, 2
LAYERS = {
    "torch": lambda: TorchLSTM(N_IN, N),
    "forget gates": lambda: GatedLSTM(N_IN, N, True, False),
    "peepholes": lambda: GatedLSTM(N_IN, N, True, True),
    "1997": lambda: GatedLSTM(N_IN, N, False, False),
    "1997 with peepholes": lambda: GatedLSTM(N_IN, N, False, True),
    "tanh": lambda: PlainRNN(N_IN, N, "tanh"),
    "logistic": lambda: PlainRNN(N_IN, N, "logistic"),
    "window": lambda: Window(N_IN, N, 4),
    "trigram": lambda: Window(N_IN, N, 3),
}


def drawn(layer):
    torch.manual_seed(0)
    layer.double()
    with torch.no_grad():
        for p in layer.parameters():
            if p.requires_grad:
                p.normal_()
            else:
                p.zero_()
    return layer


@pytest.fixture
def x():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(T, BATCH, N_IN, dtype=torch.float64, generator=generator)


def gradients(layer, y):
    wanted = [p for p in layer.parameters() if p.requires_grad]
    return torch.autograd.grad((y * torch.arange(y.numel()).view(y.shape)).sum(), wanted)


@pytest.mark.parametrize("peepholes", [False, True])
def test_without_peepholes_the_lstm_is_torchs(x, peepholes):
    torchs, ours = drawn(TorchLSTM(N_IN, N)), drawn(GatedLSTM(N_IN, N, True, peepholes))
    with torch.no_grad():
        ours.inputs.weight.copy_(torchs.layer.weight_ih_l0)
        ours.inputs.bias.copy_(torchs.layer.bias_ih_l0)
        ours.back.copy_(torchs.layer.weight_hh_l0)
        ours.peep.zero_()
    (theirs, (y, s)), (shown, (our_y, our_s)) = torchs(x), ours(x)
    torch.testing.assert_close(shown, theirs)
    torch.testing.assert_close((our_y, our_s), (y, s))
    found = dict(
        zip(
            [n for n, p in ours.named_parameters() if p.requires_grad],
            gradients(ours, shown),
            strict=True,
        )
    )
    inward, back, bias = gradients(torchs, theirs)
    torch.testing.assert_close(found["inputs.weight"], inward)
    torch.testing.assert_close(found["back"], back)
    torch.testing.assert_close(found["inputs.bias"], bias)


@pytest.mark.parametrize(
    ("cell", "layer"),
    [("lstm97", "1997"), ("lstm2000", "forget gates"), ("peephole", "peepholes")],
)
def test_lstms_are_the_readable_cells(x, cell, layer):
    shape = Shape(cell, N_IN, 1, N)
    ours = drawn(LAYERS[layer]())
    mine = ["i", "f", "z", "o"] if len(ours.peep) == 3 else ["i", "z", "o"]
    rows = torch.cat([ours.inputs.weight, ours.back, ours.inputs.bias[:, None]], dim=1)
    by_name = dict(zip(mine, rows.split(N), strict=True))
    hidden = torch.cat([by_name[name] for name in shape.rows])
    peepholes = ours.peep if cell == "peephole" else rows.new_zeros(0)
    outputs = rows.new_zeros(1, N + 1)
    weights = torch.cat([hidden.flatten(), peepholes.flatten(), outputs.flatten()])
    inside = variants.forward(shape, weights[None], x[:, None])
    torch.testing.assert_close(ours(x)[0], inside.y[:, 0])


@pytest.mark.parametrize("name", LAYERS)
def test_a_text_cut_in_two_is_the_text(x, name):
    layer = drawn(LAYERS[name]())
    whole, last = layer(x)
    first, state = layer(x[:3])
    second, end = layer(x[3:], state)
    torch.testing.assert_close(torch.cat([first, second]), whole)
    torch.testing.assert_close(end, last)


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_are_those_of_finite_differences(x, name):
    layer = drawn(LAYERS[name]())
    assert torch.autograd.gradcheck(lambda x: layer(x)[0], [x[:4].requires_grad_()])
    state = tuple(s.detach().requires_grad_() for s in layer(x)[1])
    assert torch.autograd.gradcheck(lambda *s: layer(x[:3], s)[0], state)
    wanted = {n: p for n, p in layer.named_parameters() if p.requires_grad}

    def of_weights(*weights):
        held = dict(zip(wanted, weights, strict=True))
        return torch.func.functional_call(layer, held, (x[:4],))[0]

    assert torch.autograd.gradcheck(of_weights, list(wanted.values()))


@pytest.mark.parametrize(("squash", "f"), [("tanh", torch.tanh), ("logistic", torch.sigmoid)])
def test_a_plain_rnn_is_its_formula(x, squash, f):
    layer = drawn(PlainRNN(N_IN, N, squash))
    inward, back, bias, _ = layer.layer.all_weights[0]
    y = x.new_zeros(BATCH, N)
    for x_t, shown in zip(x, layer(x)[0], strict=True):
        y = f(x_t @ inward.T + y @ back.T + bias)
        torch.testing.assert_close(shown, y)


def test_a_window_sees_so_many_words_and_the_first_before_them(x):
    layer = drawn(Window(N_IN, N, 4))
    padded = torch.cat([x[:1], x[:1], x])
    for t, shown in enumerate(layer(x)[0]):
        seen = torch.cat(list(padded[t : t + 3]), dim=-1)
        torch.testing.assert_close(shown, torch.tanh(layer.hidden(seen)))
