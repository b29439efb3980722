"""What the training runs of our own networks share: an averaged network that can be resumed, and batches ahead."""

from __future__ import annotations

import csv
import logging
import math
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    Weights = dict[str, Tensor]

C = TypeVar("C")
N = TypeVar("N", bound=nn.Module)
B = TypeVar("B")

CHECKPOINT = "checkpoint.pt"
_log = logging.getLogger(__name__)


class AveragedRun(Generic[C, N]):
    """A network, the running average of its weights and its optimiser at one iteration.

    config: a dataclass that goes into the checkpoint. keep: the share of the average that a step leaves, 0..1.
    """

    def __init__(self, config: C, network: N, optimiser: torch.optim.Optimizer, keep: float) -> None:
        self.config = config
        self.iteration = 0
        self.network = network
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = weights_of(network)
        self._optimiser = optimiser
        self._keep = keep

    def learn(self, loss: Tensor, rate: float) -> None:
        """Make one step of the optimiser at a learning rate, with gradients of length 1 at most."""
        self.derive(loss)
        self.take(rate)

    def derive(self, loss: Tensor) -> None:
        """Set the gradients to those of a loss."""
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]

    def take(self, rate: float) -> None:
        """Make one step with the gradients that are there, of length 1 at most."""
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimiser.step()
        self.iteration += 1
        self._follow()

    def _follow(self) -> None:
        # The average forgets its start quickly, so that early checkpoints are usable too.
        keep = min(self._keep, self.iteration / (self.iteration + 10))
        for name, value in self.network.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value.detach(), 1 - keep)
            else:
                self.average[name].copy_(value)

    def save(self, path: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        state: dict[str, Any] = {
            "config": asdict(cast("Any", self.config)),
            "iteration": self.iteration,
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self._optimiser.state_dict(),
            **self.further_state(),
        }
        partial = path.with_suffix(".partial")
        torch.save(_same_bytes(state), partial)
        partial.replace(path)
        _log.info("checkpoint at iteration %d", self.iteration)

    def further_state(self) -> dict[str, Any]:
        """Return what else a checkpoint holds; a run that has such takes it back in `take_over`."""
        return {}

    def load(self, path: Path) -> None:
        """Continue from a checkpoint."""
        self.take_over(read_checkpoint(path))

    def take_over(self, state: dict[str, Any]) -> None:
        """Continue from what a checkpoint holds."""
        self.network.load_state_dict(state["network"])
        self.average = state["average"]
        self._optimiser.load_state_dict(state["optimiser"])
        self.iteration = int(state["iteration"])


def take_steps(
    run: AveragedRun[C, N],
    out: Path,
    batches: Iterable[B],
    step: Callable[[B], Mapping[str, float]],
    *,
    log_every: int,
    save_every_s: float,
) -> Path:
    """Take a step for each batch; return the checkpoint, `out/checkpoint.pt`, which is also saved now and then.

    step: returns its losses by name. Their means over `log_every` steps are a line of `out/log.csv`.
    """
    checkpoint = out / CHECKPOINT
    saved_at = time.monotonic()
    seen: list[Mapping[str, float]] = []
    with (out / "log.csv").open("a", newline="", encoding="utf-8") as file:
        for batch in batches:
            seen.append(step(batch))
            if len(seen) == log_every:
                means = {name: round(sum(one[name] for one in seen) / log_every, 5) for name in seen[0]}
                csv.writer(file).writerow([run.iteration, *means.values()])
                file.flush()
                _log.info("iteration %d: %s", run.iteration, means)
                seen.clear()
            if time.monotonic() - saved_at > save_every_s:
                run.save(checkpoint)
                saved_at = time.monotonic()
    run.save(checkpoint)
    return checkpoint


def _same_bytes(value: Any) -> Any:
    """Return a state whose bytes hang on its values alone: a pickle also tells which equal names are one object."""
    if isinstance(value, dict):
        return {_same_bytes(key): _same_bytes(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_same_bytes(one) for one in value])
    return sys.intern(value) if isinstance(value, str) else value


def weights_of(network: nn.Module) -> Weights:
    """Return a copy of a network's weights."""
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return what `AveragedRun.save` wrote.

    Raises:
        OSError: there is no such file.
    """
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    return state


def averaged_network(checkpoint: Path, made: Callable[[dict[str, Any]], N]) -> tuple[N, int]:
    """Return the averaged network of a checkpoint, ready to infer, and its iteration.

    made: gives a network of the checkpoint's config.

    Raises:
        OSError: there is no such file.
    """
    state = read_checkpoint(checkpoint)
    network = made(state["config"])
    network.load_state_dict(state["average"])
    return network.eval(), int(state["iteration"])


def batches_ahead(draw: Callable[[int, int], B], iterations: range, size: int) -> Iterator[B]:
    """Yield `draw(iteration, size)` for each iteration; the next is drawn while one is in use."""
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(draw, iterations.start, size)
        for iteration in iterations:
            batch = coming.result()
            coming = ahead.submit(draw, iteration + 1, size)
            yield batch


def learning_rate_factor(iteration: int, warmup: int, iterations: int) -> float:
    """Return 0..1: a linear warm-up, then half a cosine to one hundredth at the run's end."""
    warm = min(1.0, (iteration + 1) / max(1, warmup))
    done = min(1.0, iteration / max(1, iterations))
    return warm * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)
