"""Trains the detector with ultralytics: offline, on the processor, from random weights or an earlier run's."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import torch

from engines.detect.checkpoint import prepare_ultralytics

if TYPE_CHECKING:
    from pathlib import Path

    from training.pages.config import Config

_log = logging.getLogger(__name__)


def train(dataset: Path, out: Path, config: Config, *, resume: bool = False, start: Path | None = None) -> Path:
    """Train, or with `resume` go on from `out/weights/last.pt`; return the last checkpoint.

    start: the checkpoint of an earlier run whose weights this one begins with; None is random ones. The weights of a
    checkpoint are the running average. They come from the last epoch: no set of pages chooses among epochs.

    Raises:
        OSError: the data set, or the checkpoint to go on from, is missing.
        EngineUnavailable: ultralytics or torchvision is not installed.
    """
    last = out / "weights" / "last.pt"
    for needed in [last] if resume else [start] if start else []:
        if not needed.is_file():
            raise FileNotFoundError(needed)
    prepare_ultralytics()
    import ultralytics

    torch.set_num_threads(config.training.threads)
    # A name that is no file would be looked for on the network; the names of architectures end in .yaml.
    yolo: Any = ultralytics
    network = yolo.YOLO(str(last if resume else start or config.training.network), task="detect")
    network.add_callback("on_train_start", _prepare_model)
    network.add_callback("on_fit_epoch_end", _report)
    settings = {"resume": True} if resume else {**_settings(config), "pretrained": start is not None}
    network.train(data=str(dataset), project=str(out.parent.resolve()), name=out.name, **settings)
    return last


def _settings(config: Config) -> dict[str, Any]:
    training = config.training
    augmentation = dict.fromkeys(
        ("mosaic", "mixup", "copy_paste", "erasing", "hsv_h", "hsv_s", "fliplr", "degrees"), 0.0
    )
    return {
        **augmentation,
        "hsv_v": training.brightness,
        "scale": training.scale,
        "translate": training.translate,
        "imgsz": config.data.height_px,
        "rect": True,  # every picture has one size: nothing is sorted by shape and nothing padded to a square
        "epochs": training.epochs,
        "batch": training.batch,
        "nbs": training.batch,
        "optimizer": "AdamW",
        "lr0": training.learning_rate,
        "lrf": training.final_rate,
        "momentum": 0.9,
        "weight_decay": training.weight_decay,
        "warmup_epochs": training.warmup_epochs,
        "warmup_bias_lr": 0.0,
        "seed": config.seed,
        "device": "cpu",
        "amp": False,  # ultralytics has it on CUDA only; see _prepare_model
        "val": False,
        "plots": False,
        "exist_ok": True,
    }


def _prepare_model(trainer: Any) -> None:
    """Last before the first step: the averaged copy, which is what gets saved, is made already and stays plain."""
    from training.pages.partial import PartialLoss  # here, since it imports ultralytics

    network = trainer.model
    network.criterion = PartialLoss(network)
    network.to(memory_format=torch.channels_last)
    exactly = network.predict

    def predict(*arguments: Any, **named: Any) -> Any:
        # Twice as fast on processors that have bfloat16; the loss is counted in float32 all the same.
        with torch.autocast("cpu", torch.bfloat16, enabled=network.training):
            return exactly(*arguments, **named)

    network.predict = predict


def _report(trainer: Any) -> None:
    losses = {name: round(float(value), 4) for name, value in trainer.tloss.items()}
    _log.info("epoch %d of %d: %s", trainer.epoch + 1, trainer.epochs, losses)
