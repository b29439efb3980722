"""The curves of a run, as a picture beside its log."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

_NO_CURVE: Final = ("iteration", "seconds_each")
_WINDOW: Final = 9


def draw_curves(log: Path, picture: Path) -> None:
    """Draw every loss term of `log.csv` over the iterations, with its running mean; nothing while the log is empty.

    Raises:
        OSError: the log cannot be read or the picture cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with log.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        return
    names = [name for name in rows[0] if name not in _NO_CURVE]
    iterations = np.array([int(row["iteration"]) for row in rows])
    figure = Figure(figsize=(12, 2.4 * -(-len(names) // 3)), layout="constrained")
    for place, name in enumerate(names):
        values = np.array([float(row[name]) for row in rows])
        axes = figure.add_subplot(-(-len(names) // 3), 3, place + 1, title=name)
        axes.plot(iterations, values, color="0.75", linewidth=0.8)
        axes.plot(iterations, _running_mean(values), color="tab:red", linewidth=1.4)
    FigureCanvasAgg(figure)
    figure.savefig(picture)


def _running_mean(values: np.ndarray) -> np.ndarray:
    width = min(_WINDOW, len(values))
    padded = np.pad(values, (width // 2, (width - 1) // 2), mode="edge")
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")
