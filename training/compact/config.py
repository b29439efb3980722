"""The recipe's settings: frozen, fully resolved, read from a TOML file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from training.settings import read_settings

DEFAULT_CONFIG = Path(__file__).with_name("config.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """Size of the network: channels at 1/2, 1/4, 1/8, 1/16, 1/32; attention heads and their width.

    slots: how many there are by colour (`slots`) and by part (`parts`). scene_width: of what tells scenes apart.
    """

    widths: tuple[int, ...] = (24, 48, 96, 128, 192)
    heads: int = 3
    head_width: int = 32
    slots: tuple[int, int] = (24, 4)
    scene_width: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """How samples are drawn. Shares are probabilities 0..1; `crop_px` is a multiple of 32."""

    short_side_px: int = 480
    crop_px: int = 256
    reference_px: int = 192
    drawn_share: float = 0.35
    drawn_manga_share: float = 0.8
    manga_share: float = 0.5
    flat_share: float = 0.2
    lettered_share: float = 0.3
    self_reference_start: float = 0.9
    self_reference_end: float = 0.3
    curriculum_iterations: int = 1500
    second_reference_share: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimisationConfig:
    """AdamW with a linear warm-up and a cosine to zero; the exported weights are a running average.

    processes: how many share an iteration, each with `batch` samples and `threads` of its own.
    """

    iterations: int = 3100
    batch: int = 6
    learning_rate: float = 1.2e-3
    warmup_iterations: int = 100
    weight_decay: float = 0.01
    processes: int = 1
    threads: int = 1
    bfloat16: bool = True
    checkpoint_every_s: float = 120.0
    average_decay: float = 0.998


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """Weights of the loss terms, see `losses`; both sigmas are distances in OKLab."""

    match: float = 0.4
    colour: float = 10.0
    square: float = 0.4
    histogram: float = 12.0
    smooth: float = 1.0
    slots: float = 0.15
    parts: float = 0.15
    chroma_weight: float = 12.0
    match_sigma: float = 0.03
    square_sigma: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings of one run."""

    seed: int = 0
    network: NetworkConfig = field(default_factory=NetworkConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optimisation: OptimisationConfig = field(default_factory=OptimisationConfig)
    loss: LossConfig = field(default_factory=LossConfig)


def load_config(path: Path = DEFAULT_CONFIG) -> Config:
    """Read a TOML file; what it leaves out has the defaults above.

    Raises:
        ValueError: a key that no field has.
        OSError, tomllib.TOMLDecodeError
    """
    return read_settings(Config, path)
