"""The recipe's settings: frozen, fully resolved, read from a TOML file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CONFIGS: Final = Path(__file__).with_name("configs")
VARIANTS: Final = ("base", "denoise", "context", "denoise_context")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """Size of the network. The defaults are those of ViT-base and RoBERTa-base with vectors of 384 numbers.

    vision_folder, text_folder: pretrained encoders as transformers saves them, which then decide their own sizes; empty
    for new ones. text_vocabulary: of new ones, bytes and four marks. heads: of the pooling attention.
    """

    width: int = 384
    heads: int = 4
    vision_folder: str = ""
    vision_side_px: int = 224
    vision_patch_px: int = 16
    vision_width: int = 768
    vision_layers: int = 12
    vision_heads: int = 12
    text_folder: str = ""
    text_length: int = 128
    text_vocabulary: int = 260
    text_width: int = 768
    text_layers: int = 12
    text_heads: int = 12
    dropout: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """What is learned, and how much each part weighs. temperature: of the next panel's softmax."""

    pop_weight: float = 1.0
    rpp_weight: float = 1.0
    temperature: float = 0.1
    mpm_weight: float = 0.1
    mpm_denoise: bool = False
    mpm_context_recon: bool = False
    mpm_noise_std: float = 0.1
    mpm_stopgrad: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimisationConfig:
    """AdamW with a linear warm-up and then a constant rate, so that more epochs go on where fewer ended."""

    epochs: int = 5
    batch_size: int = 4
    learning_rate: float = 3e-4
    warmup_iterations: int = 20
    weight_decay: float = 0.01
    average_decay: float = 0.99
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """panels_max: of a page, later ones are left out. dev_share: of pages, chosen by name. cache_mib: for crops."""

    panels_max: int = 12
    dev_share: float = 0.1
    cache_mib: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings of one run."""

    seed: int = 0
    network: NetworkConfig = field(default_factory=NetworkConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optimisation: OptimisationConfig = field(default_factory=OptimisationConfig)
