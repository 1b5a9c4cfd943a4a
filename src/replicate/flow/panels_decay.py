"""What the chapter draws of errors on their way back: steps, bounds, conditions."""

from collections.abc import Mapping, Sequence

import numpy as np

from replicate.engine import draws
from replicate.figures.charts import Band
from replicate.figures.lines import Panel
from replicate.flow import bounds, decay, paths
from replicate.flow.units import STEEPEST

GAINS = (0.5, 1.0, 2.0, 4.0)
UNITS = ("linear", "tanh", "logistic")
Nets = Mapping[tuple[str, float], "list[tuple[np.ndarray, np.ndarray]]"]


def one_step(activations: Sequence[float] = (1.0, 0.5, 0.224, 0.1)) -> dict[str, Panel]:
    """Return |w f'(w y)| against w, with its peaks and the largest weight that is safe."""
    w = np.linspace(0.05, 20, 400)
    panels = {}
    for unit in ("logistic", "tanh"):
        z, most = bounds.peak(unit)
        safe = 1 / STEEPEST[unit]
        panels[f"{unit} unit"] = Panel(
            "|w f\u2032(w y)|",
            {f"y = {y:g}": (w, bounds.factor(w, y, unit)) for y in activations},
            {"an error keeps its size": 1.0},
            {f"w = {safe:g}": safe},
            {
                "largest": (
                    [z / y for y in activations if z / y <= w.max()],
                    [most / y for y in activations if z / y <= w.max()],
                )
            },
        )
    return panels


def nets(
    n: int, steps: int, n_nets: int, seed: int,
    gains: Sequence[float] = GAINS, units: Sequence[str] = UNITS,
) -> dict[tuple[str, float], list[tuple[np.ndarray, np.ndarray]]]:  # fmt: skip
    """Return weights (n, n) and net inputs (steps + 1, n) of ``n_nets`` nets of each kind."""
    found: dict[tuple[str, float], list[tuple[np.ndarray, np.ndarray]]] = {}
    for unit in units:
        for gain in gains:
            seeds = range(seed, seed + n_nets)
            drawn = [(decay.weights(n, gain, each), each) for each in seeds]
            found[unit, gain] = [(w, decay.followed(w, unit, steps, s)) for w, s in drawn]
    return found


def many_steps(of: Nets) -> dict[str, Panel]:
    """Return ln ‖dy(t)/dy(t-q)‖ against q by kind of unit, a line a gain; and the carousel."""
    panels: dict[str, Panel] = {}
    for unit in dict.fromkeys(unit for unit, _ in of):
        lines = {
            f"g = {gain:g}": _band([decay.state_flow(w, unit, z) for w, z in nets])
            for (kind, gain), nets in of.items()
            if kind == unit
        }
        q = next(iter(lines.values())).x
        carousel = {"carousel": Band(q, *[np.zeros(len(q))] * 3)}
        panels[f"{unit} units"] = Panel("ln of the norm", {**lines, **carousel})
    return panels


def rates(of: Nets) -> list[tuple[str, float, float, np.ndarray]]:
    """Return unit, gain, ln(γ ρ) and the measured slopes (net,), for each kind of net."""
    rows = []
    for (unit, gain), nets in of.items():
        radius = np.median([decay.radius(w) for w, _ in nets])
        slopes = [decay.rate(decay.state_flow(w, unit, z)) for w, z in nets]
        rows.append((unit, gain, float(np.log(STEEPEST[unit] * radius)), np.array(slopes)))
    return rows


def bounded(of: Nets) -> dict[str, Panel]:
    """Return the largest ln |A_vu(q)| and its three bounds, for the first net of each kind."""
    panels = {}
    for (unit, gain), nets in of.items():
        w, z = nets[0]
        measured = decay.largest_factor(w, unit, z)
        q = np.arange(1, len(measured) + 1)
        panels[f"{unit} units, g = {gain:g}"] = Panel(
            "ln |A(q)|",
            {
                "measured": (q, measured),
                "(γ σ₁)^q": (q, bounds.spectral(w, unit, q)),
                "n (γ ‖w‖)^q": (q, bounds.row_sums(w, unit, q)),
                "n τ^q": (q, bounds.largest_weight(w, unit, q)),
            },
        )
    return panels


def slack(of: Nets) -> dict[str, Panel]:
    """Return ln of the measured factor over n (γ ‖w‖)^q, a panel a kind of unit."""
    panels: dict[str, Panel] = {}
    for unit in dict.fromkeys(unit for unit, _ in of):
        lines = {
            f"g = {gain:g}": _band([_below(w, unit, z) for w, z in nets])
            for (kind, gain), nets in of.items()
            if kind == unit
        }
        panels[f"{unit} units"] = Panel("ln (factor/bound)", lines, {"the bound": 0.0})
    return panels


def conditions(of: Nets) -> dict[str, Panel]:
    """Return measured slopes against γ σ₁: nothing lies above ln(γ σ₁)."""
    points: dict[str, tuple[list[float], list[float]]] = {}
    for (unit, _), nets in of.items():
        xs, ys = points.setdefault(f"{unit} nets", ([], []))
        xs += [np.log(STEEPEST[unit] * decay.largest_singular(w)) for w, _ in nets]
        ys += [decay.rate(decay.state_flow(w, unit, z)) for w, z in nets]
    everywhere = [x for xs, _ in points.values() for x in xs]
    ends = np.linspace(min(everywhere), max(everywhere), 3)
    lines = {"bound ln γσ₁": (ends, ends), "no change": (ends, 0 * ends)}
    return {
        "Vanishing is certain left of 0, exploding is possible right of it": Panel(
            "growth per step", lines, moments={"γσ₁ = 1": 0.0}, points=points
        )
    }


def transient(eigenvalue: float = 0.9, steps: int = 100) -> dict[str, Panel]:
    """Return ln σ₁(w^q) of two linear nets with equal eigenvalues, one of them not normal."""
    q = np.arange(1, steps + 1)
    lines = {}
    for name, coupling in (("normal", 0.0), ("not normal", 5.0)):
        w = np.array([[eigenvalue, coupling], [0.0, eigenvalue]])
        lines[name] = (q, decay.log_sizes([w] * steps, "spectral"))
    return {
        f"Two linear nets, ρ = {eigenvalue:g}": Panel("ln σ₁(w^q)", lines, {"as at first": 0.0})
    }


def path_sums(n: int = 3, q: int = 5, gain: float = 1.5, seed: int = 0) -> dict[str, Panel]:
    """Return path sums, corrected and as printed in 1997, against torch's autograd."""
    w, z, truth = path_net(n, q, gain, seed)
    slopes = paths.slopes_back(paths.run(w, "tanh", z, q), "tanh")
    sums = {
        "corrected": paths.path_sum(w, slopes),
        "as printed": paths.path_sum(w, slopes, as_printed=True),
    }
    ends = np.array([truth.min(), truth.max()])
    points = {name: (truth.ravel(), total.ravel()) for name, total in sums.items()}
    return {
        f"All {n * n} factors A(q), n = {n}, q = {q}": Panel(
            "sum over paths", {"equal": (ends, ends)}, points=points
        )
    }


def path_net(
    n: int, q: int, gain: float, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return weights (n, n), first net inputs (n,) and autograd's A(q) of a tanh net."""
    w = decay.weights(n, gain, seed)
    z = draws.normal(seed, "training", 0, 1, 0, n, 0.0, 0.3)[0]
    return w, z, paths.autograd(w, "tanh", z, q)


def _below(w: np.ndarray, unit: str, z: np.ndarray) -> np.ndarray:
    """Return (q,) how far the largest factor lies below the bound by row sums."""
    logs = decay.largest_factor(w, unit, z)
    return logs - bounds.row_sums(w, unit, np.arange(1, len(logs) + 1))


def _band(logs: Sequence[np.ndarray]) -> Band:
    """Return the median and the extremes over nets of logs (q,)."""
    q = np.arange(1, len(logs[0]) + 1)
    low, middle, high = np.quantile(logs, [0, 0.5, 1], axis=0)
    return Band(q, middle, low, high)
