"""The plain unit: its one equation, and an error that shrinks on its way back."""

import numpy as np
import torch

from replicate.cells import lstm97, plain
from replicate.topology import Topology

NET = Topology(
    2, 1, 1, 1, input_gate=False, output_gate=False, recurrent=False, g="logistic",
    h="identity", plain=True,
)  # fmt: skip


def test_a_step_is_the_logistic_function_of_inputs_and_itself():
    w = torch.tensor([[[0.5, -1.0, 2.0, 0.0]]])
    net, y = plain.step(NET, w, torch.tensor([[1.0, 3.0]]), torch.tensor([[0.25]]))
    assert net.item() == 0.5 - 3.0 + 0.5
    assert y.item() == torch.sigmoid(net).item()


def test_the_error_through_time_is_a_product_of_slopes_and_weights():
    w_self, steps = 3.0, 6
    weights = torch.tensor([[0.3, -0.2, w_self, 1.0]], dtype=torch.float64)
    inputs = torch.randn(steps, 1, 2, dtype=torch.float64, generator=torch.manual_seed(0))
    inputs.requires_grad_()
    seen = lstm97.forward(NET, weights, inputs)
    (gradient,) = torch.autograd.grad(seen.net_k[-1, 0, 0], inputs)
    y = seen.y_c[:, 0, 0].detach().numpy()
    factors = y * (1 - y)
    for t in range(steps):
        through = np.prod(factors[t:]) * w_self ** (steps - 1 - t)
        np.testing.assert_allclose(gradient[t, 0], through * weights[0, :2], rtol=1e-12)
