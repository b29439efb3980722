"""The recipe's settings: frozen, fully resolved, read from a TOML file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_CONFIG = Path(__file__).with_name("config.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """What the training set is made of: so many variants of each comic page, `width_px` wide or a little off.

    drawings: pages of drawings on bare paper, where there is a pack to draw them from.
    """

    width_px: int = 640
    comic_pages: int = 8
    drawn_pages: int = 1000
    drawings: int = 400
    art_share: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """Channels at a half, a quarter, ... of the side, and the blocks at each of them but the first."""

    widths: tuple[int, ...] = (16, 32, 64, 96, 128)
    depths: tuple[int, ...] = (1, 2, 4, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """AdamW: a warm-up, then a half cosine down to `final_rate` of the rate.

    average: how much of the running average of the weights stays at a step. lettering_weight: what a pixel of lettering
    that is missed costs, in pixels of art that are taken for lettering. crop_px: a multiple of 32.
    """

    iterations: int = 2800
    batch: int = 8
    crop_px: int = 320
    learning_rate: float = 0.003
    final_rate: float = 0.01
    warmup: int = 100
    weight_decay: float = 0.01
    average: float = 0.995
    lettering_weight: float = 1.5
    checkpoint_every_s: float = 120
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings of one run."""

    seed: int = 0
    data: DataConfig = field(default_factory=DataConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
