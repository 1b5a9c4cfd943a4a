"""The squashing functions of 1997, by the names that ``replicate.topology`` gives them."""

import torch

SQUASH = {
    "logistic": torch.sigmoid,  # f, in (0, 1)
    "centred1": lambda x: 2 * torch.sigmoid(x) - 1,  # h of equation 4, in (-1, 1)
    "centred2": lambda x: 4 * torch.sigmoid(x) - 2,  # g of equation 5, in (-2, 2)
    "identity": lambda x: x,
}
