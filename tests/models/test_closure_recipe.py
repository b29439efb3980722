"""Closure-Lite at toy size, real encoders: every variant learns, and goes on byte for byte where it ended."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from training.closure.__main__ import main
from training.closure.config import CONFIGS, VARIANTS, Config, DataConfig, NetworkConfig, OptimisationConfig
from training.closure.data import PageReader, PageUnusable, read_spec, read_specs, split
from training.closure.learner import ClosureRun, load_network, seeded, zero_invalid
from training.closure.losses import losses
from training.closure.measure import in_tiers, measure, rule_accuracy
from training.closure.train import BEST, LATEST, LOG, train
from training.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

TINY = Config(
    seed=3,
    network=NetworkConfig(
        width=16, heads=2, vision_side_px=16, vision_patch_px=8, vision_width=8, vision_layers=1, vision_heads=2,
        text_length=12, text_width=8, text_layers=1, text_heads=2,
    ),
    data=DataConfig(dev_share=0.3),
    optimisation=OptimisationConfig(epochs=2, batch_size=4, learning_rate=3e-3, warmup_iterations=2),
)  # fmt: skip
GRID = [(0, 0), (50, 0), (0, 50), (50, 50)]


def variant(name: str) -> Config:
    return replace(TINY, losses=read_settings(Config, CONFIGS / f"{name}.toml").losses)


@pytest.fixture(scope="session")
def list_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pages of four panels, some of them in a volume, in a place that only the root tells."""
    folder = tmp_path_factory.mktemp("dataspec")
    noise = np.random.default_rng(0)
    lines = []
    with zipfile.ZipFile(folder / "v1.cbz", "w") as archive:
        for number in range(12):
            picture = folder / f"{number}.png"
            colour = noise.integers(0, 256, 3)
            Image.new("RGB", (100, 100), tuple(map(int, colour))).save(picture)
            place = str(picture)
            if number % 3 == 0:
                archive.write(picture, f"{number}.png")
                picture.unlink()
                place = str(folder / "v1.cbz" / f"{number}.png")
            elif number % 3 == 1:
                place = f"E:\\gone\\{number}.png"
            panels = [
                {"panel_coords": [x, y, 45, 45], "text": {"dialogue": [f"line {at}"], "narration": [], "sfx": ["ä"]}}
                for at, (x, y) in enumerate(GRID)
            ]
            path = folder / f"{number}.json"
            path.write_text(json.dumps({"page_image_path": place, "panels": panels}))
            lines.append(str(path))
    (folder / "list.txt").write_text("\n".join(lines))
    return folder / "list.txt"


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_is_resumed_byte_for_byte(name: str, list_file: Path, tmp_path: Path) -> None:
    config = variant(name)
    root = list_file.parent
    whole = train(list_file, tmp_path / "whole", config, image_root=root)
    one = replace(config, optimisation=replace(config.optimisation, epochs=1))
    first = train(list_file, tmp_path / "first", one, image_root=root)
    again = train(list_file, tmp_path / "again", config, image_root=root, resume=first)
    assert again.read_bytes() == whole.read_bytes()
    train(list_file, tmp_path / "first", config, image_root=root)
    for file in (LATEST, BEST, LOG):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
    rows = (tmp_path / "whole" / LOG).read_text().splitlines()
    assert len(rows) == 3
    mpm = float(rows[1].split(",")[3])
    assert (mpm > 0) == (name != "base")
    network, loaded = load_network(whole)
    assert loaded == config
    assert not network.training


def test_the_order_of_a_page_is_learned(list_file: Path, tmp_path: Path) -> None:
    still = replace(TINY, network=replace(TINY.network, dropout=0.0))
    config = replace(still, optimisation=replace(TINY.optimisation, epochs=25, learning_rate=1e-2))
    train(list_file, tmp_path, config, image_root=list_file.parent)
    network, _ = load_network(tmp_path / LATEST)
    _, dev = split(read_specs(list_file, list_file.parent), config.data.dev_share)
    found = measure(network, dev, PageReader(config), config)
    assert found.asked == 3 * len(dev) > 0
    assert found.next_panel >= 0.9
    assert rule_accuracy(dev, in_tiers) == 1.0
    assert rule_accuracy(dev, lambda boxes: list(range(len(boxes)))[::-1]) == 0.0


def test_panels_are_told_by_their_pictures_and_places_not_by_where_they_stand(list_file: Path) -> None:
    run = ClosureRun(TINY)
    network = run.network.eval()
    [spec, *_] = read_specs(list_file, list_file.parent)
    reader = PageReader(TINY)
    plain, mixed = reader.batch([spec], [[0, 1, 2, 3]]), reader.batch([spec], [[2, 0, 3, 1]])
    assert plain.following.tolist() == [[1, 2, 3, -1]]
    assert mixed.following.tolist() == [[2, 3, -1, 0]]
    with torch.inference_mode():
        one, other = network.panels(plain), network.panels(mixed)
        torch.testing.assert_close(one[0, [2, 0, 3, 1]], other[0])
        torch.testing.assert_close(network.pooled(one, plain.mask).page, network.pooled(other, mixed.mask).page)
        attention = network.pooled(one, plain.mask).attention
    assert float(attention.sum()) == pytest.approx(1.0, abs=1e-5)


def test_the_target_stands_still_where_gradients_are_stopped(list_file: Path) -> None:
    specs = read_specs(list_file, list_file.parent)[:4]
    batch = PageReader(TINY).batch(specs, [[0, 1, 2, 3]] * 4)
    found = {}
    for stops in (True, False):
        settings = replace(variant("context").losses, mpm_stopgrad=stops, pop_weight=0, rpp_weight=0)
        run = ClosureRun(TINY)
        run.derive(losses(run.network.eval(), batch, settings, seeded(0, 0)).total)
        weight = run.network.fusion[0].weight.grad
        assert weight is not None
        found[stops] = weight.clone()
    assert not torch.equal(found[True], found[False])


def test_gradients_without_a_value_are_zeroed_and_counted() -> None:
    network = torch.nn.Linear(2, 1, bias=False)
    network.weight.grad = torch.tensor([[float("nan"), 3.0]])
    assert zero_invalid(network) == 1
    assert network.weight.grad.tolist() == [[0.0, 3.0]]
    network.weight.grad = torch.tensor([[float("inf"), float("-inf")]])
    assert zero_invalid(network) == 2


def test_what_is_no_page_is_named(list_file: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"panels": 3}')
    with pytest.raises(PageUnusable, match=r"bad\.json"):
        read_spec(tmp_path / "bad.json")
    (tmp_path / "gone.json").write_text(
        json.dumps({"page_image_path": "/nowhere/1.png", "panels": [{"panel_coords": [0, 0, 9, 9]}]})
    )
    with pytest.raises(PageUnusable, match="nowhere"):
        PageReader(TINY).batch([read_spec(tmp_path / "gone.json")], [[0]])
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(PageUnusable, match="no page"):
        train(tmp_path / "empty.txt", tmp_path / "out", TINY)


def test_the_command_trains_and_measures(list_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tiny.toml").write_text(
        "[network]\nwidth = 16\nvision_side_px = 16\nvision_patch_px = 8\nvision_width = 8\nvision_layers = 1\n"
        "vision_heads = 2\ntext_length = 12\ntext_width = 8\ntext_layers = 1\ntext_heads = 2\n[data]\ndev_share = 0.3\n"
    )
    given = ["--list", str(list_file), "--image-root", str(list_file.parent)]
    sizes = ["--config", str(tmp_path / "tiny.toml"), "--variant", "denoise", "--epochs", "1", "--max-samples", "9"]
    main(["train", *given, *sizes, "--out", str(tmp_path / "run")])
    main(["measure", *given, "--resume", str(tmp_path / "run" / LATEST)])
    assert "plain rule 1.000" in capsys.readouterr().out
