"""The network of the compact engine: what goes through ONNX comes back, and no reference means no reference."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from engines.colorize.compact.bins import BINS, STEP
from engines.colorize.compact.bins import soft_bins as shared
from engines.colorize.compact.tones import at_levels, tone_sums
from engines.colorize.compact.tones import tone_table as engine_tones
from training.compact.__main__ import main
from training.compact.export import export_network, state_from_onnx
from training.compact.network import PARTS, ColourNetwork, load_state, soft_bins, tone_table

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def network() -> ColourNetwork:
    """A network with weights that are nothing in particular, none of them the same as another."""
    torch.manual_seed(3)
    made = ColourNetwork().eval()
    with torch.no_grad():
        for value in made.state_dict().values():
            if value.is_floating_point() and value.ndim < 2:
                value.add_(0.1 * torch.rand_like(value))
    return made


def test_bins_are_a_disc_of_steps_and_every_colour_is_shared_by_its_neighbours() -> None:
    assert BINS.shape == (305, 2)
    assert np.hypot(*BINS.T).max() < 0.3
    chroma = np.random.default_rng(0).uniform(-0.15, 0.15, (50, 2)).astype(np.float32)
    shares = soft_bins(torch.from_numpy(chroma)[None], torch.from_numpy(BINS))[0].numpy()
    assert np.allclose(shares.sum(1), 1, atol=1e-5)
    assert np.abs(shares @ BINS - chroma).max() < STEP / 2
    assert np.allclose(shared(chroma), shares, atol=1e-5)


def test_exported_graphs_give_what_the_network_gives(network: ColourNetwork, tmp_path: Path) -> None:
    encoder, painter = (
        onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
        for path in export_network(network, tmp_path)
    )
    # Other sizes than those it was exported with.
    rng = np.random.default_rng(0)
    page, reference = rng.random((1, 1, 96, 160), np.float32), rng.random((1, 1, 64, 32), np.float32)
    chroma = rng.uniform(-0.2, 0.2, (1, 32, 2)).astype(np.float32)
    eighth, quarter = encoder.run(None, {"grey": page})
    seen, _ = encoder.run(None, {"grey": reference})
    rows = np.ascontiguousarray(seen.reshape(1, 64, -1).transpose(0, 2, 1))
    names = ("eighth", "quarter", "toned", "reference_features", "reference_chroma", "palette", "has_reference")
    toned = rng.uniform(-0.2, 0.2, (1, 2, 24, 40)).astype(np.float32)
    given = (eighth, quarter, toned, rows, chroma, shared(chroma[0]).mean(0)[None], np.ones(1, np.float32))
    feeds = dict(zip(names, given, strict=True)) | {"reference_values": np.ascontiguousarray(chroma[..., :1])}
    *made, evidence = painter.run(["logits", "shares", "copied", "parts", "evidence"], feeds)
    with torch.no_grad():
        ours = network.paint(*network.features(torch.from_numpy(page)), *map(torch.from_numpy, given[2:]))
    expected = (ours.flat, ours.shares, ours.copied, ours.parts)
    assert made[0].shape == (1, len(BINS), 24 * 40)
    assert ours.logits.shape == (1, len(BINS), 24, 40)
    assert made[3].shape == (1, len(PARTS), 24, 40)
    harder = ours.attention**2
    gathered = (harder / harder.sum(-1, keepdim=True)) @ torch.from_numpy(chroma[..., :1])
    assert np.allclose(evidence.ravel(), gathered.numpy().ravel(), atol=1e-4)
    for one, other in zip(made, expected, strict=True):
        assert np.abs(one - other.numpy()).max() < 5e-3 * max(1.0, float(other.abs().max()))


def test_training_goes_on_from_what_ships(network: ColourNetwork, tmp_path: Path) -> None:
    export_network(network, tmp_path)
    again = ColourNetwork().eval()
    lacking = load_state(again, state_from_onnx(tmp_path))
    assert all(name.endswith("num_batches_tracked") for name in lacking)
    grey = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        for one, other in zip(network.features(grey), again.features(grey), strict=True):
            assert torch.allclose(one, other, atol=5e-3 * float(one.abs().max()))


def test_without_a_reference_nothing_of_it_is_seen(network: ColourNetwork) -> None:
    grey, none = torch.rand(1, 1, 64, 64), torch.zeros(1)
    with torch.no_grad():
        first, second = (network(grey, torch.rand(1, 1, 32, 32), torch.rand(1, 2, 32, 32), none) for _ in range(2))
    assert torch.equal(first.logits, second.logits)
    assert not first.shares[:, :2].any()


def test_attention_shares_one_look_over_the_cells_of_a_reference(network: ColourNetwork) -> None:
    with torch.no_grad():
        seen = network(torch.rand(1, 1, 64, 96), torch.rand(1, 1, 32, 64), torch.rand(1, 2, 32, 64), torch.ones(1))
    assert seen.attention.shape == (1, 8 * 12, 4 * 8)
    assert torch.allclose(seen.attention.sum(-1), torch.ones(1, 96), atol=1e-5)
    assert seen.cells.shape == (1, 32, 2)
    assert torch.allclose(seen.shares.sum(1), torch.ones(1, 16, 24), atol=1e-5)
    assert ((seen.shares > 0) & (seen.shares < 1)).all()


def test_tones_are_those_of_the_engine(network: ColourNetwork) -> None:
    rng = np.random.default_rng(1)
    reference, page = rng.random((1, 1, 32, 64), np.float32), rng.random((1, 1, 32, 32), np.float32)
    values = rng.dirichlet(np.ones(len(BINS)), (1, 32)).astype(np.float32)
    table = tone_table(torch.from_numpy(reference), torch.from_numpy(values))
    cells = reference.reshape(4, 8, 8, 8).mean((1, 3)).ravel()
    engines = engine_tones([tone_sums(cells, values[0])])
    assert np.allclose(table[0].numpy(), engines, atol=1e-6)
    found = network.toned(torch.from_numpy(page), table)[0].flatten(1).T.numpy()
    assert np.allclose(found, at_levels(engines, page.reshape(8, 4, 8, 4).mean((1, 3)).ravel()), atol=1e-5)


def test_a_state_from_before_tones_counted_believes_copy_and_prior_as_it_did() -> None:
    torch.manual_seed(0)
    older = ColourNetwork().state_dict()
    first, bias = older["gate.0.0.weight"][:, :54].clone(), torch.tensor([0.4])
    older |= {"gate.0.0.weight": first, "gate.1.weight": torch.zeros(1, 32, 1, 1), "gate.1.bias": bias}
    again = ColourNetwork().eval()
    load_state(again, older)
    with torch.no_grad():
        seen = again(torch.rand(1, 1, 32, 32), torch.rand(1, 1, 32, 32), torch.rand(1, 2, 32, 32), torch.ones(1))
    copy, tone, prior = seen.shares[0, :, 0, 0]
    assert torch.isclose(copy / prior, bias.exp()[0])
    assert 0 < tone < prior


def test_a_checkpoint_is_exported_and_its_digests_are_recorded(network: ColourNetwork, tmp_path: Path) -> None:
    checkpoint, catalog = tmp_path / "best.pt", tmp_path / "catalog.toml"
    torch.save({"average": network.state_dict(), "step": 3}, checkpoint)
    catalog.write_text(
        "\n".join(
            f'name = "{name}"\nbytes = 0\nsha256 = ""' for name in ("compact-encoder.onnx", "compact-painter.onnx")
        )
    )
    main(["export", str(checkpoint), "--out", str(tmp_path / "weights"), "--catalog", str(catalog)])
    total = sum(file.stat().st_size for file in (tmp_path / "weights").iterdir())
    assert total < 12e6
    assert "bytes = 0" not in catalog.read_text()
