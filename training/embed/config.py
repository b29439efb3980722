"""The recipe's settings: frozen, fully resolved, read from a TOML file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_CONFIG = Path(__file__).with_name("config.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """Size of the network: channels at 1/2, 1/4, 1/8 and 1/16, and the length of its vectors."""

    widths: tuple[int, ...] = (24, 40, 80, 144)
    vector_width: int = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """How pairs are drawn. Shares are probabilities 0..1; what is neither drawn nor a character is a panel."""

    drawn_people: int = 1500
    drawings_each: int = 6
    drawn_share: float = 0.4
    character_share: float = 0.35
    other_crop_share: float = 0.6
    manga_share: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimisationConfig:
    """AdamW with a linear warm-up and a cosine to zero; the exported weights are a running average."""

    iterations: int = 1000
    pairs: int = 128
    learning_rate: float = 2e-3
    warmup_iterations: int = 60
    weight_decay: float = 0.02
    temperature: float = 0.12
    threads: int = 1
    bfloat16: bool = True
    checkpoint_every_s: float = 60.0
    average_decay: float = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings of one run."""

    seed: int = 0
    network: NetworkConfig = field(default_factory=NetworkConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optimisation: OptimisationConfig = field(default_factory=OptimisationConfig)
