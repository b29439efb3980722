"""The compact recipe, small: it learns, it can be resumed, and what it exports is what it trained."""

import hashlib
import json
import tomllib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from engines.colorize.compact.engine import CompactEngine
from engines.oklab import srgb_to_oklab
from engines.testing import PROCESSOR, drawn_page, flat_reference, ignore_step, request_of
from models.catalog import CATALOG_FILE, ModelFile, load_catalog
from training.compact.__main__ import main
from training.compact.config import Config, DataConfig, NetworkConfig, OptimisationConfig
from training.compact.data import Sampler
from training.compact.export import export
from training.compact.losses import slot_loss
from training.compact.network import CompactNetwork
from training.compact.pages import read_pages
from training.compact.parts import BACKGROUND, FIGURE, HAIR, SKIN, UNKNOWN, part_map
from training.compact.scenes import draw, make_world
from training.compact.slots import NO_SLOT, SlotCodebook, light_of
from training.compact.train import TrainingRun, load_network, train
from training.settings import settings_of

pytestmark = pytest.mark.train

TINY = Config(
    seed=5,
    network=NetworkConfig(widths=(4, 4, 8, 8, 8), heads=2, head_width=4, slots=(6, 4)),
    data=DataConfig(short_side_px=96, crop_px=64, reference_px=64, curriculum_iterations=4),
    optimisation=OptimisationConfig(iterations=4, batch=2, warmup_iterations=1, bfloat16=False),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two episodes of two pages of coloured blobs."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "art").mkdir()
    names = ["E01P01", "E01P02", "E02P01", "E02P02"]
    rng = np.random.default_rng(0)
    for name in names:
        page = np.full((180, 120, 3), 255, np.uint8)
        for _ in range(8):
            centre = int(rng.integers(10, 110)), int(rng.integers(10, 170))
            cv2.circle(page, centre, int(rng.integers(8, 30)), rng.integers(0, 255, 3).tolist(), -1)
        cv2.imwrite(str(folder / "art" / f"{name}.webp"), page)
    (folder / "splits.json").write_text(json.dumps({"train": names, "dev": []}))
    return folder


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(checkpoint, weights_only=True)["network"]
    return state


def test_training_changes_every_weight(data: Path, tmp_path: Path) -> None:
    torch.manual_seed(TINY.seed)
    before = CompactNetwork(TINY.network).state_dict()
    after = weights(train(data, tmp_path, TINY))
    assert before.keys() == after.keys()
    unmoved = [name for name, value in before.items() if torch.equal(value, after[name])]
    assert not unmoved
    assert all(torch.isfinite(value).all() for value in after.values())


def test_a_run_leaves_its_log_and_curves(data: Path, tmp_path: Path) -> None:
    train(data, tmp_path, replace(TINY, optimisation=replace(TINY.optimisation, iterations=25, batch=1)))
    header, first, *rest = (tmp_path / "log.csv").read_text().splitlines()
    assert header.startswith("iteration,seconds_each,loss,match,")
    assert first.startswith("25,")
    assert not rest
    picture = cv2.imread(str(tmp_path / "curves.png"))
    assert picture is not None
    assert picture.std() > 5


def test_resumed_run_ends_exactly_where_an_unbroken_one_does(data: Path, tmp_path: Path) -> None:
    sampler = Sampler(read_pages(data, "train"), TINY.data, TINY.seed, TINY.network.slots[0])
    unbroken = TrainingRun(TINY)
    for iteration in range(4):
        unbroken.step(sampler.batch(iteration, 2))
        if iteration == 1:
            unbroken.save(tmp_path / "checkpoint.pt")
    resumed = weights(train(data, tmp_path, TINY))
    for name, value in unbroken.network.state_dict().items():
        assert torch.equal(value, resumed[name]), name


def test_same_seed_and_iteration_give_the_same_batch(data: Path) -> None:
    pages = read_pages(data, "train")
    first, second = (Sampler(pages, TINY.data, 1, 6).batch(3, 2) for _ in range(2))
    assert np.array_equal(first.lightness, second.lightness)
    assert np.array_equal(first.references, second.references)
    assert first.lightness.shape == (2, 1, 64, 64)
    assert first.target.shape == first.truth.shape == (2, 2, 64, 64)


def test_a_run_may_begin_with_a_smaller_network(data: Path, tmp_path: Path) -> None:
    small = replace(TINY, network=replace(TINY.network, widths=(4, 4, 6, 8, 8), slots=(3, 4)))
    torch.manual_seed(0)
    checkpoint = train(data, tmp_path, replace(small, optimisation=replace(TINY.optimisation, iterations=1)))
    old = torch.load(checkpoint, weights_only=True)["average"]["encoder.at_8.0.0.weight"]
    run = TrainingRun(TINY)
    run.begin_from(checkpoint)
    new = run.network.state_dict()["encoder.at_8.0.0.weight"]
    assert torch.equal(new[:6], old)
    assert new[6:].any()


def test_new_channels_leave_what_the_old_ones_do(data: Path, tmp_path: Path) -> None:
    small = replace(TINY, network=replace(TINY.network, widths=(4, 4, 8, 8, 6)))
    checkpoint = train(data, tmp_path, replace(small, optimisation=replace(TINY.optimisation, iterations=1)))
    run = TrainingRun(TINY)
    run.begin_from(checkpoint)
    old, _, _ = load_network(checkpoint)
    page, references = torch.rand(1, 1, 64, 64), torch.rand(1, 1, 3, 64, 64)
    with torch.no_grad():
        expected, given = (one.eval()(page, references).painted.chroma for one in (old, run.network))
    assert torch.allclose(expected, given, atol=1e-5)


def test_two_processes_make_one_run_that_can_be_resumed(data: Path, tmp_path: Path) -> None:
    both = replace(TINY, optimisation=replace(TINY.optimisation, processes=2, iterations=2))
    first = weights(train(data, tmp_path, both))
    assert load_network(tmp_path / "checkpoint.pt")[2] == 2
    longer = replace(both, optimisation=replace(both.optimisation, iterations=3))
    second = weights(train(data, tmp_path, longer))
    alone = weights(train(data, tmp_path / "alone", replace(both, optimisation=TINY.optimisation)))
    name = "painter.colour.weight"
    assert not torch.equal(first[name], second[name])
    assert not torch.equal(first[name], alone[name])


def test_a_thing_keeps_its_slot_in_another_light() -> None:
    leaves, sky = (30, 120, 40), (120, 160, 230)
    page = np.concatenate([np.full((64, 64, 3), leaves, np.uint8), np.full((64, 64, 3), sky, np.uint8)])
    dusk = np.round(page * np.array([1.0, 0.85, 0.75])).astype(np.uint8)
    codebook = SlotCodebook.of_pages([page, dusk], 2, seed=1)
    day, evening = (codebook.of(srgb_to_oklab(picture), light_of(picture)) for picture in (page, dusk))
    assert day.shape == (16, 8)
    assert len(np.unique(day)) == 2
    assert np.array_equal(day, evening)


def test_labelled_pages_and_drawn_scenes_tell_what_their_parts_are(tmp_path: Path) -> None:
    said = {"width": 100, "faces": [{"box": [40, 20, 60, 40]}], "characters": [{"box": [30, 15, 70, 95]}]}
    (tmp_path / "E01P01.json").write_text(json.dumps(said))
    parts = part_map("E01P01", 200, 200, tmp_path)
    assert parts[60, 100] == SKIN
    assert parts[160, 100] == FIGURE
    assert parts[10, 10] == BACKGROUND
    assert parts[34, 62] == UNKNOWN
    assert (part_map("E01P02", 8, 6, tmp_path) == UNKNOWN).all()
    rng = np.random.default_rng(2)
    drawn = [draw(make_world(rng), rng, 96).parts for _ in range(12)]
    assert {BACKGROUND, FIGURE, SKIN, HAIR, UNKNOWN} == set(np.unique(np.stack(drawn)).tolist())


def test_unknown_slots_say_nothing_and_known_ones_are_learned() -> None:
    logits = torch.zeros(1, 4, 6, requires_grad=True)
    assert float(slot_loss(logits, torch.full((1, 2, 2), NO_SLOT))) == 0.0
    slot_loss(logits, torch.tensor([[[2, NO_SLOT], [NO_SLOT, NO_SLOT]]])).backward()
    assert logits.grad is not None
    assert logits.grad[0, 0].argmin() == 2
    assert not logits.grad[0, 1:].any()


def test_chroma_turns_exactly_with_the_references_hue() -> None:
    torch.manual_seed(1)
    network = CompactNetwork(TINY.network).eval()
    page, references = torch.rand(1, 1, 64, 96), torch.rand(1, 2, 3, 64, 64) - 0.3
    turned = references.clone()
    turned[:, :, 1], turned[:, :, 2] = -references[:, :, 2], references[:, :, 1]
    with torch.no_grad():
        first, second = (network(page, seen).painted.chroma for seen in (references, turned))
    assert first.abs().mean() > 1e-4
    assert torch.allclose(second[:, 0], -first[:, 1], atol=1e-5)
    assert torch.allclose(second[:, 1], first[:, 0], atol=1e-5)


def test_exported_graphs_give_what_the_network_gives(data: Path, tmp_path: Path) -> None:
    checkpoint = train(data, tmp_path, TINY)
    encoder_file, painter_file = export(checkpoint, tmp_path / "onnx")
    network, _, iteration = load_network(checkpoint)
    assert iteration == 4
    encoder, painter = (
        onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
        for path in (encoder_file, painter_file)
    )
    # Another size than the one it was exported with.
    picture = np.random.default_rng(0).random((1, 2, 96, 160), np.float32)
    half, quarter, eighth, keys = encoder.run(None, {"picture": picture})
    rows = np.ascontiguousarray(keys.reshape(1, keys.shape[1], -1).transpose(0, 2, 1))[:, :100]
    values = np.random.default_rng(1).random((1, 100, 4), np.float32)
    told = np.random.default_rng(2).random((1, 4, 12, 20), np.float32)
    panels = np.eye(3, dtype=np.float32)[np.random.default_rng(3).integers(0, 3, (1, 12, 20))].transpose(0, 3, 1, 2)
    feeds = {"half": half, "quarter": quarter, "eighth": eighth, "keys": rows, "values": values}
    feeds |= {"told": told, "panels": np.ascontiguousarray(panels)}
    chroma, confidence, parts = painter.run(["chroma", "confidence", "parts"], feeds)
    with torch.no_grad():
        features = network.encoder(torch.from_numpy(picture))
        given = [torch.from_numpy(feeds[name]) for name in ("keys", "values", "told", "panels")]
        painted = network.painter(features, *given)
    expected = painted.chroma.numpy()
    assert np.abs(parts - painted.parts.numpy()).max() < 1e-3
    assert chroma.shape == (1, 2, 48, 80)
    assert confidence.shape == (1, 1, 12, 20)
    assert 0 < confidence.min() < confidence.max() <= 1.0001
    assert np.abs(chroma - expected).max() < 2e-3 * max(1.0, float(np.abs(expected).max()))


def test_commands_make_weights_that_the_engine_runs(data: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        "seed = 1\n[network]\nwidths = [4, 4, 8, 8, 8]\nheads = 2\nhead_width = 4\nslots = [6, 4]\n"
        "[data]\nshort_side_px = 96\ncrop_px = 64\nreference_px = 64\n"
        "[optimisation]\niterations = 1\nbatch = 1\nbfloat16 = false\n"
    )
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(CATALOG_FILE.read_text())
    out = tmp_path / "weights"
    main(["train", "--data", str(data), "--out", str(tmp_path / "run"), "--config", str(config)])
    checkpoint = tmp_path / "run" / "checkpoint.pt"
    main(["export", "--checkpoint", str(checkpoint), "--out", str(out), "--catalog", str(catalog)])
    cv2.imwrite(str(out / "compact-neutral.png"), flat_reference(1.0))
    card = load_catalog(catalog)["compact"]
    assert card.file("compact-painter.onnx").bytes == (out / "compact-painter.onnx").stat().st_size
    neutral = hashlib.sha256((out / "compact-neutral.png").read_bytes()).hexdigest()
    graphs = tuple(file for file in card.files if file.name.endswith(".onnx"))
    engine = CompactEngine(out, replace(card, files=(*graphs, ModelFile("compact-neutral.png", 0, neutral))))
    engine.load(PROCESSOR)
    assert engine.colorize(request_of(drawn_page()), ignore_step).oklab.shape[2] == 3


def test_unknown_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="speed"):
        settings_of(Config, tomllib.loads("[optimisation]\nspeed = 3\n"))
