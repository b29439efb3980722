"""The recipe's settings: frozen, fully resolved, read from a TOML file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_CONFIG = Path(__file__).with_name("config.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """What the training set is made of. Sides are multiples of 32; shares are probabilities 0..1."""

    height_px: int = 640
    width_px: int = 448
    frames_per_page: int = 8
    frames_per_labelled_page: int = 16
    double_share: float = 0.08
    whole_share: float = 0.55
    drawn_pages: int = 2000
    dev_drawn_pages: int = 40
    art_share: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """AdamW: a warm-up, then a straight line down to `final_rate` of the rate; `scale` and `translate` are shares."""

    network: str = "yolo11n.yaml"
    epochs: int = 12
    batch: int = 8
    learning_rate: float = 0.0015
    final_rate: float = 0.01
    weight_decay: float = 0.0005
    warmup_epochs: float = 0.5
    scale: float = 0.25
    translate: float = 0.08
    brightness: float = 0.3
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings of one run."""

    seed: int = 0
    data: DataConfig = field(default_factory=DataConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
