"""The pixel network's recipe, small: its pages and masks belong together, it learns, and exports what it trained."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from models.catalog import CATALOG_FILE
from training.compact.pack import Pack
from training.pages.synth import load_fonts
from training.pixels.comic import as_manga, read_source, varied
from training.pixels.config import DEFAULT_CONFIG, Config, DataConfig, NetworkConfig, TrainingConfig
from training.pixels.dataset import read_sample, sample_files, write_dataset
from training.pixels.drawings import draw_page
from training.pixels.export import WEIGHTS_FILE, make_weights
from training.pixels.losses import loss_terms
from training.pixels.network import PixelNetwork
from training.pixels.overlay import lay_marked_balloons
from training.pixels.sampler import Sampler
from training.pixels.start import begin_with
from training.pixels.train import TrainingRun, load_network, train
from training.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.train

HEIGHT, WIDTH = 300, 220
TINY = Config(
    seed=3,
    data=DataConfig(width_px=160, comic_pages=2, drawn_pages=1),
    network=NetworkConfig(widths=(4, 4, 8, 8, 8), depths=(1, 1, 1, 1)),
    training=TrainingConfig(iterations=3, batch=2, crop_px=64, warmup=1),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in the shared data's format, one page to learn from; one of its languages has masks only."""
    folder = tmp_path_factory.mktemp("comic")
    parts = ("art", "annotations", "fonts", "lettered/en", "lettered/ja", "masks/en", "masks/ja", "masks/fr")
    for part in parts:
        (folder / part).mkdir(parents=True)
    art = np.full((HEIGHT, WIDTH), 250, np.uint8)
    art[15:285, 10:210] = np.random.default_rng(0).integers(90, 170, (270, 200))
    balloon, text = np.zeros_like(art), np.zeros_like(art)
    cv2.ellipse(balloon, (70, 70), (45, 35), 0, 0, 360, 255, -1)
    text[60:66, 45:95:2] = 255
    cv2.putText(text, "WHAM", (60, 220), cv2.FONT_HERSHEY_DUPLEX, 1, 255, 3)
    lettered = art.copy()
    lettered[balloon > 0] = 255
    lettered[text > 0] = 0
    cv2.line(lettered, (30, 250), (60, 270), 255, 5)  # a sound word that is in no mask
    pictures = {"art/E01P01.webp": art}
    pictures |= {f"lettered/{one}/E01P01.webp": lettered for one in ("en", "ja")}
    pictures |= {f"masks/{one}/E01P01.bubble.png": balloon for one in ("en", "ja", "fr")}
    pictures |= {f"masks/{one}/E01P01.text.png": text for one in ("en", "ja", "fr")}
    for path, picture in pictures.items():
        assert cv2.imwrite(str(folder / path), picture)
    bubble = {"bubbles": [{"box": [25, 35, 116, 106], "body": [25, 35, 116, 106]}]}
    notes = {"languages": {"en": bubble, "ja": bubble}, "panels": [[10, 15, 210, 285]]}
    (folder / "annotations" / "E01P01.json").write_text(json.dumps(notes))
    (folder / "splits.json").write_text(json.dumps({"train": ["E01P01"], "dev": []}))
    return folder


@pytest.fixture(scope="module")
def dataset(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    write_dataset(data, folder, TINY.data, TINY.seed)
    return folder


def test_shipped_settings_are_read_and_a_wrong_key_is_refused(tmp_path):
    assert read_settings(Config, DEFAULT_CONFIG).training.crop_px % 32 == 0
    (tmp_path / "wrong.toml").write_text("[training]\nepochs = 1\n")
    with pytest.raises(ValueError, match="epochs"):
        read_settings(Config, tmp_path / "wrong.toml")


def test_sound_words_that_no_mask_has_count_as_lettering(data):
    source = read_source(data, "E01P01")
    assert set(source.masks) == {"en", "ja", "fr"}
    _, lettering = source.masks["en"]
    assert lettering[260, 45]
    assert lettering[70:200].sum() > 0


def test_lettering_of_a_variant_stands_out_and_balloons_are_even(data):
    source, fonts = read_source(data, "E01P01"), load_fonts()
    page = as_manga(source, "en", np.random.default_rng(1))
    assert page.grey[page.balloons & ~page.lettering].mean() > 200
    assert page.grey[page.balloons & page.lettering].mean() < 120
    made = [varied(source, np.random.default_rng(seed), fonts) for seed in range(6)]
    for page in made:
        assert page.grey.shape == page.balloons.shape == page.lettering.shape
    assert any((page.lettering & ~page.balloons).sum() > 1.3 * (source.masks["en"][1]).sum() for page in made)


def test_the_set_is_drawn_once_and_the_same_again(data, dataset, tmp_path):
    files = sample_files(dataset)
    assert len(files) == 3
    write_dataset(data, tmp_path, TINY.data, TINY.seed)
    for one, two in zip(files, sample_files(tmp_path), strict=True):
        np.testing.assert_array_equal(read_sample(one), read_sample(two))
    before = files[0].stat().st_mtime_ns
    write_dataset(data, dataset, TINY.data, TINY.seed)
    assert files[0].stat().st_mtime_ns == before


def test_drawings_on_bare_paper_are_ink_and_only_their_words_are_lettering():
    ball = np.zeros((60, 60, 4), np.uint8)
    cv2.circle(ball, (30, 30), 25, (200, 60, 60, 255), -1)
    pages = [draw_page(Pack([], [ball], []), np.random.default_rng(seed), load_fonts()) for seed in range(8)]
    again = draw_page(Pack([], [ball], []), np.random.default_rng(0), load_fonts())
    np.testing.assert_array_equal(again.grey, pages[0].grey)
    for page in pages:
        assert not page.balloons.any()
        assert (page.grey < 100).mean() > 0.002
        assert np.mean(page.grey == 255) > 0.3
    assert any(page.lettering.any() for page in pages)
    assert any(not page.lettering.any() for page in pages)


def test_every_kind_of_page_is_chosen(tmp_path):
    for index, name in enumerate(("drawn-0", "bare-0", "E01P01-0")):
        assert cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((64, 64, 3), (0, 0, 100 * index), np.uint8))
    sampler = Sampler(tmp_path, 64, 1, load_fonts())
    chosen = {round(float(truth[1].max()) * 255 / 100) for at in range(12) for truth in sampler.batch(at, 2).truth}
    assert {0, 1, 2} <= chosen


def test_batches_are_the_same_for_the_same_iteration(dataset):
    one, two = (Sampler(dataset, 64, 1, load_fonts()).batch(5, 4) for _ in range(2))
    np.testing.assert_array_equal(one.grey, two.grey)
    assert one.grey.shape == (4, 1, 64, 64)
    assert one.truth.shape == (4, 2, 32, 32)
    assert not np.array_equal(one.grey, Sampler(dataset, 64, 1, load_fonts()).batch(6, 4).grey)


def test_free_lettering_missed_costs_more_than_as_much_art_taken_for_it():
    truth = torch.zeros(1, 2, 8, 8)
    truth[:, 1, :4] = 1
    right = torch.where(truth > 0, 4.0, -4.0)
    missed, wrong = right.clone(), right.clone()
    missed[:, 1, 0] = -4.0
    wrong[:, 1, 7] = 4.0
    good, lost, false = (float(loss_terms(logits, truth, 3.0).total) for logits in (right, missed, wrong))
    assert lost > false > good


def test_training_changes_the_weights_and_goes_on_where_it_was(dataset, tmp_path):
    config = replace(TINY, training=replace(TINY.training, iterations=2))
    fresh = TrainingRun(config).network.state_dict()
    checkpoint = train(dataset, tmp_path, config, load_fonts())
    network, iteration = load_network(checkpoint)
    assert iteration == 2
    learnt = network.state_dict()
    assert not any(torch.equal(fresh[name], learnt[name]) for name in fresh if name.endswith("0.weight"))
    train(dataset, tmp_path, TINY, load_fonts())
    again, iteration = load_network(checkpoint)
    assert iteration == 3
    assert not torch.equal(again.state_dict()["stem.0.weight"], learnt["stem.0.weight"])


def test_the_network_learns_what_is_lettering_on_a_batch(dataset):
    run = TrainingRun(replace(TINY, training=replace(TINY.training, iterations=120)))
    batch = Sampler(dataset, 64, 1, load_fonts()).batch(0, 4)
    losses = [float(run.step(batch).total) for _ in range(80)]
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:3])


def test_the_exported_network_says_what_the_trained_one_says(dataset, tmp_path):
    checkpoint = train(dataset, tmp_path / "run", TINY, load_fonts())
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(CATALOG_FILE.read_text("utf-8"), "utf-8")
    weights = make_weights(tmp_path / "run", tmp_path, catalog)
    card = tomllib.loads(catalog.read_text("utf-8"))["pages-pixels"]["files"][0]
    assert (card["name"], card["bytes"]) == (WEIGHTS_FILE, weights.stat().st_size)
    network: PixelNetwork = load_network(checkpoint)[0]
    grey = np.random.default_rng(0).random((1, 1, 96, 160), np.float32)
    session = onnxruntime.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = network(torch.from_numpy(grey)).sigmoid().numpy()
    np.testing.assert_allclose(session.run(None, {"grey": grey})[0], expected, atol=0.01)


def test_a_run_goes_on_from_exported_weights(dataset, tmp_path):
    train(dataset, tmp_path / "run", TINY, load_fonts())
    weights = make_weights(tmp_path / "run", tmp_path)
    sampler = Sampler(dataset, 64, 1, load_fonts())
    network = PixelNetwork(TINY.network).train()
    begin_with(network, weights, [sampler.batch(at, 4).grey for at in range(3)])
    grey = sampler.batch(9, 2).grey[:1]
    session = onnxruntime.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        ours = network.eval()(torch.from_numpy(grey)).sigmoid().numpy()
    np.testing.assert_allclose(ours, session.run(None, {"grey": grey})[0], atol=0.01)
    stem = network.stem[1]
    assert float((stem.running_var - 1).abs().max()) > 0.01  # measured, and not what a fresh one has
    checkpoint = train(dataset, tmp_path / "next", TINY, load_fonts(), weights)
    assert load_network(checkpoint)[1] == TINY.training.iterations
    with pytest.raises(ValueError, match="another network"):
        begin_with(PixelNetwork(NetworkConfig(widths=(4, 4, 8, 8), depths=(1, 1, 1))), weights, [])


def test_balloons_with_a_mark_are_laid_where_nothing_is_lettered():
    grey, lettering, balloons = (np.full((200, 200), level, np.float32) for level in (0.4, 0.0, 0.0))
    lettering[:, :60] = 1
    lay_marked_balloons(grey, lettering, balloons, np.random.default_rng(2), load_fonts())
    inside = balloons > 0
    assert inside.any()
    assert not inside[:, :60].any()
    assert np.median(grey[inside & (lettering == 0)]) > 0.85
    assert lettering[inside].max() > 0.5
    np.testing.assert_allclose(grey[~inside & (lettering == 0)], 0.4, atol=0.01)
