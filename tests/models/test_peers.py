"""Processes that train together take the same steps: each goes on with the mean of all gradients."""

import threading

import pytest
import torch
from torch import nn

from training.peers import ALONE, Peers, in_step

pytestmark = pytest.mark.train


def parameters(value: float) -> list[nn.Parameter]:
    given = [nn.Parameter(torch.zeros(2, 3)), nn.Parameter(torch.zeros(4)), nn.Parameter(torch.zeros(1))]
    given[0].grad = torch.full((2, 3), value)
    given[1].grad = torch.arange(4.0) * value
    return given


def test_every_peer_gets_the_mean_also_of_what_only_one_has() -> None:
    shared, barrier = torch.zeros(2, 11), threading.Barrier(2)
    ours = [parameters(1.0), parameters(3.0)]
    ours[1][2].grad = torch.tensor([8.0])
    threads = [
        threading.Thread(target=Peers(rank, shared, barrier).share_gradients, args=(ours[rank],)) for rank in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    for given in ours:
        gradients = [one.grad for one in given]
        assert torch.equal(
            torch.cat([one.flatten() for one in gradients if one is not None])[:6], torch.full((6,), 2.0)
        )
        assert gradients[1] is not None
        assert torch.equal(gradients[1], torch.arange(4.0) * 2)
        assert gradients[2] is not None
        assert gradients[2].item() == 4.0


def test_one_alone_keeps_its_own_and_works_in_this_process() -> None:
    given, seen = parameters(2.0), []
    ALONE.share_gradients(given)
    assert given[0].grad is not None
    assert given[0].grad.unique().tolist() == [2.0]
    in_step(lambda peers, word: seen.append((peers.leads, word)), 1, 11, "here")
    assert seen == [(True, "here")]
