"""Processes that train one network together on one machine: each has samples of its own, all take the same steps.

Two processes of one thread each do twice the work of one; one process of two threads does a seventh more.
"""

from __future__ import annotations

from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PATIENCE_S = 600.0


class Peers:
    """One of a group that steps together; `rank` 0 leads. Alone, it shares nothing.

    gradients: `(processes, numbers)` in shared memory, room for all the network's gradients. barrier: the group's.
    """

    def __init__(self, rank: int = 0, gradients: Tensor | None = None, barrier: Any = None) -> None:
        self.rank = rank
        self._gradients = gradients
        self._barrier = barrier

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes checkpoints and the log."""
        return self.rank == 0

    def share_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace the gradients by the group's mean.

        Raises:
            threading.BrokenBarrierError: another process did not come within ten minutes.
        """
        if self._gradients is None:
            return
        given = [torch.zeros_like(one) if one.grad is None else one.grad for one in parameters]
        self._gradients[self.rank] = torch.cat([one.flatten() for one in given])
        self._barrier.wait(_PATIENCE_S)
        mean = self._gradients.mean(0)
        # Nobody writes the next step's before all have read these.
        self._barrier.wait(_PATIENCE_S)
        for parameter, part in zip(parameters, torch.split(mean, [one.numel() for one in given]), strict=True):
            parameter.grad = part.view_as(parameter)


ALONE = Peers()


def in_step(work: Callable[..., None], processes: int, numbers: int, *given: Any) -> None:
    """Run `work(peers, *given)` in as many processes; one of them failing ends all.

    numbers: how many gradients a step has. One process is this one.
    """
    if processes == 1:
        work(ALONE, *given)
        return
    gradients = torch.zeros(processes, numbers).share_memory_()  # type: ignore[no-untyped-call]
    barrier = get_context("spawn").Barrier(processes)
    spawn(_one, (work, gradients, barrier, given), processes)  # type: ignore[no-untyped-call]


def _one(rank: int, work: Callable[..., None], gradients: Tensor, barrier: Any, given: tuple[Any, ...]) -> None:
    work(Peers(rank, gradients, barrier), *given)
