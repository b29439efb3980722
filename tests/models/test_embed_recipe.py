"""The embedder's recipe on pages made here: it needs no shared data, and it learns."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

from training.embed.config import DEFAULT_CONFIG, Config, DataConfig, NetworkConfig, OptimisationConfig
from training.embed.crops import Crop, named, read_crops
from training.embed.data import Sampler
from training.embed.drawn import draw_character
from training.embed.measure import name_recall, panel_recall
from training.embed.network import EmbedNetwork
from training.embed.train import TrainingRun, contrast, load_network, train
from training.pages import annotated
from training.run import learning_rate_factor
from training.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

TINY = Config(
    seed=5,
    network=NetworkConfig(widths=(4, 6, 8, 10), vector_width=16),
    data=DataConfig(drawn_people=5, drawings_each=2),
    optimisation=OptimisationConfig(iterations=4, pairs=6, warmup_iterations=1, bfloat16=False),
)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in the shared data's format: two pages to learn from and one dev page."""
    folder = tmp_path_factory.mktemp("comic")
    for part in ("art", "lettered/en", "annotations", "labels"):
        (folder / part).mkdir(parents=True)
    for number, name in enumerate(("E01P01", "E01P02", "E02P01")):
        art = np.full((420, 300, 3), 250, np.uint8)
        for row, person in enumerate((1, 2)):
            figure = cv2.resize(draw_character(person, number), (110, 150))
            art[30 + row * 190 : 180 + row * 190, 60:170] = figure[..., None]
        for kind in ("art", "lettered/en"):
            assert cv2.imwrite(str(folder / kind / f"{name}.webp"), art)
        notes = {"panels": [[15, 20, 285, 200], [15, 215, 285, 400], [0, 0, 12, 300]]}
        (folder / "annotations" / f"{name}.json").write_text(json.dumps(notes))
        figures = [{"box": [60, 30, 170, 180], "name": "one"}, {"box": [60, 220, 170, 370], "name": "two"}]
        hand = {
            "characters": figures,
            "faces": [{"box": [85, 40, 145, 100], "of": 0}, {"box": [9, 9, 99, 99], "of": 7}],
        }
        (folder / "labels" / f"{name}.json").write_text(json.dumps(hand))
    (folder / "splits.json").write_text(json.dumps({"train": ["E01P01", "E01P02"], "dev": ["E02P01"]}))
    return folder


@pytest.fixture(autouse=True)
def labels(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annotated, "HAND_LABELS", data / "labels")


def test_shipped_settings_are_read_and_a_wrong_key_is_refused(tmp_path: Path) -> None:
    assert read_settings(Config, DEFAULT_CONFIG).optimisation == OptimisationConfig()
    assert read_settings(Config, DEFAULT_CONFIG).network == NetworkConfig()
    (tmp_path / "wrong.toml").write_text("[data]\npeople = 1\n")
    with pytest.raises(ValueError, match="people"):
        read_settings(Config, tmp_path / "wrong.toml")


def test_crops_know_who_they_are_and_leave_out_what_is_too_small(data: Path) -> None:
    crops = read_crops(data, "train")
    assert [crop.kind for crop in crops].count("panel") == 4
    assert {key: len(found) for key, found in named(crops).items()} == {("E01", "one"): 4, ("E01", "two"): 2}
    for crop in crops:
        height, width = crop.pictures[0].shape
        assert 0 <= crop.box.left < crop.box.right <= width
        assert 0 <= crop.box.top < crop.box.bottom <= height


def test_a_batch_is_the_same_again_and_tells_same_from_apart(data: Path) -> None:
    crops = read_crops(data, "train")
    first, again = (Sampler(crops, TINY.data, 5).batch(3, 12) for _ in range(2))
    assert (first.pictures == again.pictures).all()
    assert not (first.pictures == Sampler(crops, TINY.data, 5).batch(4, 12).pictures).all()
    assert all(first.same[row, row + 12] and first.same[row + 12, row] for row in range(12))
    assert not (first.same & first.apart).any()
    assert not first.same.diagonal().any()


def test_drawn_people_look_like_themselves_and_are_drawn_again_alike() -> None:
    assert (draw_character(1, 0) == draw_character(1, 0)).all()
    assert (
        draw_character(1, 0).shape != draw_character(1, 1).shape or (draw_character(1, 0) != draw_character(1, 1)).any()
    )


def test_the_loss_is_least_where_pairs_meet_and_neutral_rows_do_not_matter() -> None:
    corners = torch.eye(4)
    same = torch.zeros(4, 4, dtype=torch.bool)
    same[0, 1] = same[1, 0] = same[2, 3] = same[3, 2] = True
    apart = ~same & ~torch.eye(4, dtype=torch.bool)
    together = torch.stack([corners[0], corners[0], corners[1], corners[1]])
    assert contrast(together, same, apart, 0.1) < 0.01 < contrast(corners, same, apart, 0.1)
    neutral = torch.zeros_like(apart)
    assert contrast(corners, same, neutral, 0.1) == pytest.approx(0, abs=1e-6)


def test_training_goes_on_from_its_checkpoint_as_if_never_stopped(data: Path, tmp_path: Path) -> None:
    straight = train(data, tmp_path / "straight", TINY)
    run = TrainingRun(TINY)
    sampler = Sampler(read_crops(data, "train"), TINY.data, TINY.seed)
    for iteration in range(2):
        run.step(sampler.batch(iteration, TINY.optimisation.pairs))
    (tmp_path / "resumed").mkdir()
    run.save(tmp_path / "resumed" / "checkpoint.pt")
    resumed = train(data, tmp_path / "resumed", TINY)
    for (name, one), other in zip(
        load_network(straight)[0].state_dict().items(), load_network(resumed)[0].state_dict().values(), strict=True
    ):
        assert torch.equal(one, other), name
    assert load_network(resumed)[1] == 4


def test_the_network_learns_to_tell_its_people(data: Path) -> None:
    config = replace(TINY, optimisation=replace(TINY.optimisation, iterations=40, pairs=12, learning_rate=4e-3))
    run, sampler = TrainingRun(config), Sampler(read_crops(data, "train"), config.data, 1)
    losses = [run.step(sampler.batch(number % 4, 12)) for number in range(40)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.3


def test_the_rate_warms_up_and_falls() -> None:
    settings = read_settings(Config, DEFAULT_CONFIG).optimisation
    steps = range(settings.iterations)
    factors = [learning_rate_factor(one, settings.warmup_iterations, settings.iterations) for one in steps]
    assert factors[0] < factors[10] < max(factors)
    assert factors[-1] < 0.02


def test_vectors_have_length_one() -> None:
    vectors = EmbedNetwork(TINY.network).eval()(torch.randn(3, 1, 96, 96))
    assert torch.allclose(vectors.norm(dim=1), torch.ones(3), atol=1e-5)


def test_measures_are_one_for_an_embedder_that_knows_all(data: Path) -> None:
    class Oracle:
        """Knows a picture by its looks at 4 x 4 pixels."""

        def embed(self, pictures: list[np.ndarray]) -> np.ndarray:
            rows = [
                cv2.resize(one, (4, 4), interpolation=cv2.INTER_AREA).ravel().astype(np.float32) for one in pictures
            ]
            vectors = np.stack(rows) - 128
            return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def crop(page: str, name: str, level: int) -> Crop:
        picture = np.zeros((60, 60), np.uint8)
        picture[:, : 10 * level] = 255
        return Crop("character", page, name, (picture,), annotated.Box(0, 0, 60, 60))

    figures = [crop(f"E01P0{page}", name, level) for page in (1, 2) for name, level in (("a", 1), ("b", 3), ("c", 5))]
    assert name_recall(Oracle(), figures) == (1.0, pytest.approx(1 / 3))
    assert 0 <= panel_recall(Oracle(), read_crops(data, "train")) <= 1
