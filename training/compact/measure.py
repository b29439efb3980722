"""How well a network colours pictures that it was not trained on, and how that compares with guesses that need none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import torch

from bench.colour.baselines import lightness_table, mean_chroma
from engines.colorize.compact.readout import IN_INK, IN_LIGHT
from engines.oklab import oklab_to_srgb, srgb_to_oklab
from training.compact.dataset import EPISODE_PREFIX
from training.compact.inking import ink
from training.compact.losses import blended
from training.compact.pack import groups_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from training.compact.network import ColourNetwork
    from training.compact.pack import Picture

    Rgb = NDArray[np.uint8]
    Chroma = NDArray[np.float32]

MULTIPLE_PX: Final = 32


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A picture to colour, its manga (0 ink to 1 paper) and its reference."""

    page: Picture
    manga: NDArray[np.float32]
    reference: Picture


@dataclass(frozen=True, slots=True)
class Judged:
    """Means over pictures. error: chroma error over that of the best guess; bare_error: without a reference.

    cosine: of chroma with the page's mean taken away. colourfulness: chroma over the truth's. manga_error: error where
    the page was drawn again in ink.
    """

    error: float
    bare_error: float
    manga_error: float
    cosine: float
    colourfulness: float

    def __str__(self) -> str:
        """Return the figures in one line."""
        return (
            f"error {self.error:.3f} (no reference {self.bare_error:.3f}, manga {self.manga_error:.3f}) "
            f"cosine {self.cosine:.3f} colourfulness {self.colourfulness:.2f}"
        )


def choose_pairs(pictures: Sequence[Picture], count: int, seed: int = 0) -> list[Pair]:
    """Return pictures from as many groups as there are, a third of the comic, each with the next of its group."""
    groups = groups_of(pictures).values()
    comic = [members for members in groups if _is_comic(members[0])]
    others = [members for members in groups if not _is_comic(members[0])]
    rng = np.random.default_rng(seed)
    chosen = [*_in_turn(comic, -(-count // 3)), *_in_turn(others, count - count // 3)][:count]
    return [Pair(page, ink(page.rgb, rng), reference) for page, reference in chosen]


def _is_comic(picture: Picture) -> bool:
    """Whether a picture is a page of the comic that stands for one known artist, not of some other comic."""
    return picture.about.group.startswith(EPISODE_PREFIX)


def _in_turn(groups: Sequence[Sequence[Picture]], count: int) -> list[tuple[Picture, Picture]]:
    found = []
    for step in range(max((len(members) for members in groups), default=0) // 2):
        found += [(members[2 * step], members[2 * step + 1]) for members in groups if 2 * step + 1 < len(members)]
    return found[:count]


def judge(network: ColourNetwork, pairs: Sequence[Pair]) -> dict[str, Judged]:
    """Return the figures of the comic's pairs and of the others'."""
    sorts = {"comic": [one for one in pairs if _is_comic(one.page)]}
    sorts["artists"] = [one for one in pairs if not _is_comic(one.page)]
    return {name: _judged(network, some) for name, some in sorts.items() if some}


def paint(
    network: ColourNetwork, grey: NDArray[np.float32], reference: Rgb | None, temperature: float = IN_LIGHT
) -> Chroma:
    """Return OKLab a and b `(H, W, 2)` of a grey picture `(H, W)` 0..1, as the network has them at a quarter."""
    height, width = grey.shape
    device = network.bins.device
    page = torch.from_numpy(_padded(grey))[None, None].to(device)
    seen = np.zeros((64, 64, 3), np.uint8) if reference is None else _whole_cells(reference)
    known = torch.from_numpy(srgb_to_oklab(seen)[..., 1:].transpose(2, 0, 1).copy())[None].to(device)
    shown = torch.from_numpy(cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255)[None, None].to(device)
    has = torch.tensor([float(reference is not None)], device=device)
    with torch.no_grad():
        made = network(page, shown, known, has)
        chroma = blended(made, network.bins, temperature)[0].permute(1, 2, 0).float().cpu().numpy()
    wide = cv2.resize(chroma, page.shape[:1:-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide[:height, :width], np.float32)


def composed(lightness: NDArray[np.float32], chroma: Chroma) -> Rgb:
    """Return the picture of a lightness `(H, W)` 0..1 and a chroma, black where it is black."""
    dark = np.clip(np.minimum(lightness / 0.25, (1 - lightness) / 0.03), 0, 1)[..., None]
    return oklab_to_srgb(np.dstack([lightness[..., None], chroma * dark]).astype(np.float32))


def _judged(network: ColourNetwork, pairs: Sequence[Pair]) -> Judged:
    rows = [_figures(network, one) for one in pairs]
    error, bare, manga, best, dot, sizes, said, true = np.array(rows).sum(0)
    return Judged(error / best, bare / best, manga / best, dot / sizes, said / true)


def _figures(network: ColourNetwork, pair: Pair) -> tuple[float, ...]:
    rgb, reference = pair.page.rgb, pair.reference.rgb
    truth = srgb_to_oklab(rgb)[..., 1:]
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    guesses = (guess(grey, reference)[..., 1:] for guess in (mean_chroma, lightness_table))
    size = truth.shape[1::-1]
    wide = (np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_LINEAR), np.float32) for one in guesses)
    best = min(_error(guess, truth) for guess in (np.zeros_like(truth), *wide))
    page = grey.astype(np.float32) / np.float32(255)
    made = paint(network, page, reference)
    bare, manga = paint(network, page, None), paint(network, pair.manga, reference, IN_INK)
    here, there = made - made.mean((0, 1)), truth - truth.mean((0, 1))
    sizes = float(np.sqrt((here**2).sum() * (there**2).sum())) + 1e-6
    # A picture counts as one, whatever its size.
    return (
        _error(made, truth), _error(bare, truth), _error(manga, truth), best,
        float((here * there).sum()) / sizes, 1.0, _strength(made), _strength(truth),
    )  # fmt: skip


def _error(chroma: Chroma, truth: Chroma) -> float:
    return float(np.linalg.norm(chroma - truth, axis=2).mean())


def _strength(chroma: Chroma) -> float:
    return float(np.linalg.norm(chroma, axis=2).mean())


def _padded(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = grey.shape
    return np.pad(grey, ((0, -height % MULTIPLE_PX), (0, -width % MULTIPLE_PX)), mode="edge").astype(np.float32)


def _whole_cells(rgb: Rgb) -> Rgb:
    """Return a reference as large as in training, its sides whole cells."""
    scale = 288 / max(rgb.shape[:2])
    high, wide = (max(1, round(side * scale / MULTIPLE_PX)) * MULTIPLE_PX for side in rgb.shape[:2])
    return np.asarray(cv2.resize(rgb, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)
