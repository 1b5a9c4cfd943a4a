"""The learning rule of LSTM, written out scalar by scalar as a reference for the tests.

Source: Hochreiter & Schmidhuber (1997), Long Short-Term Memory, Neural Computation 9(8),
section 4 and appendix A.1: the forward pass and the truncated gradient computed forward in
time, equations (19), (21), (22), (23), (25), (26), (27) and (28). Equation (20) is the error
of a conventional hidden unit, and no net here has one. The numbers are attached to the
formulas in the order in which the appendix goes through the weights: outputs, hidden units,
output gates, input gates, cells.

One time step sets the inputs, then computes the hidden units from these inputs and the
hidden outputs one step before, then the output units from the current cells.

Names follow the paper: ``j`` is a block, ``v`` a cell in it, ``k`` an output unit, ``m`` a
source; ``net_*`` are net inputs, ``y_*`` activations, ``s`` internal states, ``e_*`` errors.
"""

from math import exp


def f(x: float) -> float:
    """Return the logistic function of gates and output units, in (0, 1)."""
    return 1.0 / (1.0 + exp(-x))


def f_prime(x: float) -> float:
    return f(x) * (1.0 - f(x))


def h(x: float) -> float:
    """Return the centred logistic function of the cell output, in (-1, 1)."""
    return 2.0 / (1.0 + exp(-x)) - 1.0


def h_prime(x: float) -> float:
    return (1.0 + h(x)) * (1.0 - h(x)) / 2.0


def g(x: float) -> float:
    """Return the centred logistic function of the cell input, in (-2, 2)."""
    return 4.0 / (1.0 + exp(-x)) - 2.0


def g_prime(x: float) -> float:
    return (2.0 + g(x)) * (2.0 - g(x)) / 4.0


def net(w: list[float], source: list[float]) -> float:
    return sum(w[m] * source[m] for m in range(len(w)))


def weight_rows(topology, weights: list[float]) -> list[list[float]]:
    """Cut the flat vector into rows: cells, input gates, output gates, output units."""
    n_cells = topology.n_blocks * topology.block_size
    n_gates = topology.n_blocks * (int(topology.input_gate) + int(topology.output_gate))
    n_sources = topology.n_in + (n_cells + n_gates if topology.recurrent else 0)
    lengths = [n_sources + int(topology.bias_cells)] * n_cells
    lengths += [n_sources + int(topology.bias_gates)] * n_gates
    lengths += [n_cells + int(topology.bias_outputs)] * topology.n_out
    if len(weights) != sum(lengths):
        raise ValueError(f"{len(weights)} weights given, the net has {sum(lengths)}")
    rows, start = [], 0
    for length in lengths:
        rows.append(list(weights[start : start + length]))
        start += length
    return rows


def gradient_step(
    topology, weights: list[float], inputs: list[list[float]], targets: dict[int, list[float]]
) -> tuple[list[float], list[list[float]]]:
    """Return the weight changes of one sequence divided by alpha, and the outputs.

    ``targets`` maps a step, counted from 0, to the targets of all output units. The changes
    are summed over the sequence and stand in the flat order of ``topology``; they are the
    negative truncated gradient of half the squared error. The outputs are those of the
    steps with targets, in ascending order.
    """
    kinds = (topology.g, topology.h, topology.output, topology.output_slope, topology.reset)
    standard = kinds == ("centred2", "centred1", "logistic", True, 0.0)
    if topology.input_to_output or not standard:
        raise ValueError("only the standard net of the paper is written out here")
    blocks, outputs = range(topology.n_blocks), range(topology.n_out)
    n_cells = topology.n_blocks * topology.block_size
    cells = range(n_cells)  # cell v of block j is number j * block_size + v
    block_of = [c // topology.block_size for c in cells]

    w = weight_rows(topology, weights)
    delta = [[0.0] * len(row) for row in w]
    at_in = n_cells
    at_out = at_in + (topology.n_blocks if topology.input_gate else 0)
    at_k = at_out + (topology.n_blocks if topology.output_gate else 0)
    w_c, w_in, w_out, w_k = w[:at_in], w[at_in:at_out], w[at_out:at_k], w[at_k:]
    delta_c, delta_in = delta[:at_in], delta[at_in:at_out]
    delta_out, delta_k = delta[at_out:at_k], delta[at_k:]

    hidden = [0.0] * at_k  # y of cells, input gates, output gates at t - 1
    s = [0.0 for c in cells]
    ds_dw_in = [[0.0] * len(w_in[block_of[c]]) if w_in else [] for c in cells]
    ds_dw_c = [[0.0] * len(w_c[c]) for c in cells]
    y_k_at_targets = []

    for t, x in enumerate(inputs):
        # Forward pass. A gate that the net does not have is always open.
        source = list(x) + (hidden if topology.recurrent else [])
        to_cell = source + ([1.0] if topology.bias_cells else [])
        to_gate = source + ([1.0] if topology.bias_gates else [])
        net_in = [net(w_in[j], to_gate) for j in blocks] if w_in else []
        net_out = [net(w_out[j], to_gate) for j in blocks] if w_out else []
        net_c = [net(w_c[c], to_cell) for c in cells]
        y_in = [f(net_in[j]) if w_in else 1.0 for j in blocks]
        y_out = [f(net_out[j]) if w_out else 1.0 for j in blocks]
        s = [s[c] + y_in[block_of[c]] * g(net_c[c]) for c in cells]
        y_c = [y_out[block_of[c]] * h(s[c]) for c in cells]
        hidden = y_c + (y_in if w_in else []) + (y_out if w_out else [])

        for c in cells:
            j = block_of[c]
            for m in range(len(ds_dw_in[c])):  # (25)
                ds_dw_in[c][m] += g(net_c[c]) * f_prime(net_in[j]) * to_gate[m]
            for m in range(len(ds_dw_c[c])):  # (27)
                ds_dw_c[c][m] += g_prime(net_c[c]) * y_in[j] * to_cell[m]

        if t not in targets:
            continue
        to_k = y_c + ([1.0] if topology.bias_outputs else [])
        net_k = [net(w_k[k], to_k) for k in outputs]
        y_k = [f(net_k[k]) for k in outputs]
        y_k_at_targets.append(y_k)

        e_k = [f_prime(net_k[k]) * (targets[t][k] - y_k[k]) for k in outputs]  # (19)
        for k in outputs:  # (22), weights to output units
            for m in range(len(to_k)):
                delta_k[k][m] += e_k[k] * to_k[m]

        back = [sum(w_k[k][c] * e_k[k] for k in outputs) for c in cells]
        for j in blocks if w_out else []:
            in_block = [c for c in cells if block_of[c] == j]
            e_out = f_prime(net_out[j]) * sum(h(s[c]) * back[c] for c in in_block)  # (21)
            for m in range(len(to_gate)):  # (22), weights to output gates
                delta_out[j][m] += e_out * to_gate[m]

        e_s = [y_out[block_of[c]] * h_prime(s[c]) * back[c] for c in cells]  # (23)
        for c in cells:
            for m in range(len(ds_dw_in[c])):  # (26), summed over the cells of the block
                delta_in[block_of[c]][m] += e_s[c] * ds_dw_in[c][m]
            for m in range(len(ds_dw_c[c])):  # (28)
                delta_c[c][m] += e_s[c] * ds_dw_c[c][m]

    return [change for row in delta for change in row], y_k_at_targets
