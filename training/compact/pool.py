"""Samples kept on the device and learned from several times, where drawing them is slower than learning.

Each time they are mirrored anew, and now and then get another sample's reference.
"""

from __future__ import annotations

from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Batch = Mapping[str, Tensor]

_OTHER_REFERENCE: Final = 0.08


class Pool:
    """The newest samples, on the device. Batches come in from `source` by a thread of their own, while steps go on."""

    def __init__(self, source: Iterator[Batch], size: int, batch: int, device: torch.device, seed: int = 0) -> None:
        self._size, self._batch, self._device = size, batch, device
        self._kept: dict[str, Tensor] = {}
        self._filled, self._next = 0, 0
        self._random = torch.Generator().manual_seed(seed)
        self._coming: Queue[Batch] = Queue(8)
        self._ended = Event()
        self._reader = Thread(target=self._read, args=(source,), daemon=True)
        self._reader.start()

    def __iter__(self) -> Iterator[Batch]:
        """Yield batches without end; the first when there are samples for one."""
        try:
            while True:
                self._take_in()
                yield self._drawn()
        finally:
            self._ended.set()

    def _read(self, source: Iterator[Batch]) -> None:
        for batch in source:
            while not self._ended.is_set():
                try:
                    self._coming.put(batch, timeout=1)
                    break
                except Full:
                    continue
            if self._ended.is_set():
                return

    def _take_in(self) -> None:
        """Move what has come into the pool; waits only until there is a batch to draw."""
        while self._filled < self._batch or not self._coming.empty():
            try:
                batch = self._coming.get(timeout=60)
            except Empty:
                if not self._reader.is_alive():
                    raise RuntimeError("no more samples come") from None
                continue
            self._keep(batch)

    def _keep(self, batch: Batch) -> None:
        count = len(batch["grey"])
        at = (torch.arange(count) + self._next) % self._size
        for name, value in batch.items():
            if name not in self._kept:
                kind = torch.float16 if value.is_floating_point() else value.dtype
                self._kept[name] = torch.zeros((self._size, *value.shape[1:]), dtype=kind, device=self._device)
            self._kept[name][at.to(self._device)] = value.to(self._device).to(self._kept[name].dtype)
        self._next = (self._next + count) % self._size
        self._filled = min(self._size, self._filled + count)

    def _drawn(self) -> Batch:
        at = torch.randint(self._filled, (self._batch,), generator=self._random)
        chosen = {name: value[at.to(self._device)] for name, value in self._kept.items()}
        batch = {name: value.float() if value.is_floating_point() else value for name, value in chosen.items()}
        _mirror(batch, ("grey", "chroma", "parts"), self._random)
        _mirror(batch, ("reference_grey", "reference_chroma"), self._random)
        self._swap_references(batch)
        return batch

    def _swap_references(self, batch: dict[str, Tensor]) -> None:
        other = torch.rand(self._batch, generator=self._random) < _OTHER_REFERENCE
        mine = torch.nonzero(other)[:, 0].to(self._device)
        theirs = mine.roll(1)
        for name in ("reference_grey", "reference_chroma", "has_reference"):
            batch[name][mine] = batch[name][theirs].clone()


def _mirror(batch: dict[str, Tensor], names: tuple[str, ...], random: torch.Generator) -> None:
    mirrored = torch.rand(len(batch[names[0]]), generator=random) < 0.5
    mine = torch.nonzero(mirrored)[:, 0].to(batch[names[0]].device)
    for name in names:
        batch[name][mine] = batch[name][mine].flip(-1)
