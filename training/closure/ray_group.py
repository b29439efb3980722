"""Steps taken together by processes of a Ray cluster: each makes the gradients of its part of a batch.

The processes keep nothing between steps but crops: weights come with each step, so that one that is lost is replaced
and its part made again, to the same numbers. One process gives the same weights as training without Ray.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import torch

from training.closure.data import PageReader, Sampler
from training.closure.learner import ClosureRun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.closure.config import Config
    from training.closure.data import PageSpec

LOCAL: Final = "local"
_ATTEMPTS: Final = 4


class Member:
    """One process of the group."""

    def __init__(self, config: Config, specs: Sequence[PageSpec]) -> None:
        torch.set_num_threads(config.optimisation.threads)
        self._run = ClosureRun(config)
        self._sampler = Sampler(specs, PageReader(config), config)

    def gradients(
        self, weights: Mapping[str, Any], iteration: int, rank: int, count: int
    ) -> tuple[list[Any], dict[str, float], int]:
        """Return the gradients of a part of a batch, its losses, and how many pages it has."""
        run = self._run
        run.network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})
        run.iteration = iteration
        batch = self._sampler.batch(iteration, run.config.optimisation.batch_size).part(rank, count)
        if not len(batch.mask):
            return [], {}, 0
        found = run.gradients(batch, rank)
        made = [None if one.grad is None else one.grad.numpy() for one in run.network.parameters()]
        return made, found, len(batch.mask)


class RayGroup:
    """The processes of one run."""

    def __init__(self, address: str, workers: int, config: Config, specs: Sequence[PageSpec]) -> None:
        """Join a cluster, or begin one on this machine (`local`); one that this process is in already is used."""
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        import ray

        self._ray: Any = ray
        quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
        self._is_ours = not ray.is_initialized()
        if not self._is_ours:
            pass  # this process is in a cluster already
        elif address == LOCAL:
            ray.init(num_cpus=workers, include_dashboard=False, **quiet)
        else:
            ray.init(address=address, namespace="irodori", **quiet)
        made: Any = ray.remote(Member).options(num_cpus=1, max_restarts=_ATTEMPTS, max_task_retries=_ATTEMPTS)
        self._members = [made.remote(config, list(specs)) for _ in range(workers)]

    def step(self, run: ClosureRun, iteration: int) -> Mapping[str, float]:
        """Take one step: the mean of all parts' gradients, each weighed by its pages."""
        weights = self._ray.put({name: value.numpy() for name, value in run.network.state_dict().items()})
        count = len(self._members)
        parts = self._ray.get(
            [member.gradients.remote(weights, iteration, rank, count) for rank, member in enumerate(self._members)]
        )
        pages = sum(size for _, _, size in parts)
        for place, parameter in enumerate(run.network.parameters()):
            given = [(made[place], size / pages) for made, _, size in parts if size and made[place] is not None]
            parts_of_it = [torch.from_numpy(one.copy()) * share for one, share in given]
            parameter.grad = torch.stack(parts_of_it).sum(0) if given else None
        told = [(found, size / pages) for _, found, size in parts if size]
        means = {name: sum(found[name] * share for found, share in told) for name in told[0][0]}
        return {**means, "clamped": run.finish()}

    def close(self) -> None:
        """End the processes and leave the cluster."""
        for member in self._members:
            self._ray.kill(member)
        if self._is_ours:
            self._ray.shutdown()
