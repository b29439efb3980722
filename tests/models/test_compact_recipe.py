"""The compact recipe, small: what is kept for judging, what is packed, that it learns, and that it goes on."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from training.compact.__main__ import main
from training.compact.dataset import Dev, Entry, read_comic, read_dev, read_manifest, split
from training.compact.device import LAST_WEIGHTS, WEIGHTS, Room, run_on_device
from training.compact.export import read_state
from training.compact.learner import Plan, Run
from training.compact.losses import loss_terms, rarity_of
from training.compact.measure import choose_pairs
from training.compact.network import ColourNetwork, load_state, soft_bins
from training.compact.pack import Pack, read_pack, write_pack
from training.compact.pool import Pool
from training.compact.samples import Mix, Samples
from training.compact.train import BEST, LAST, LOG, STATUS, train
from training.settings import settings_of

pytestmark = pytest.mark.train

TINY = Mix(side_px=64, reference_px=64)
PLAN = Plan(minutes=0.0, leg_minutes=0.0, batch=2, workers=0, pairs=2, mix=TINY)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads that wait for each other are slow where a machine is busy, and such small sums need none."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def blobs(rng: np.random.Generator, height: int = 120, width: int = 90) -> np.ndarray:
    page = np.full((height, width, 3), 245, np.uint8)
    for _ in range(6):
        centre = int(rng.integers(10, width - 10)), int(rng.integers(10, height - 10))
        cv2.circle(page, centre, int(rng.integers(8, 25)), rng.integers(0, 255, 3).tolist(), -1)
    return page


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A folder of pictures by three artists, a comic of two episodes, and a figure in layers."""
    root, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    many, pages, figures = root / "many", root / "pages", root / "figures"
    lines = []
    for folder, author in (("one", "A"), ("two", "B"), ("nova", "C")):
        (many / folder).mkdir(parents=True)
        for number in range(2):
            cv2.imwrite(str(many / folder / f"{number}.webp"), blobs(rng))
            cv2.imwrite(str(many / folder / f"{number}.mask.png"), np.full((120, 90), 255, np.uint8))
            said = {"file": f"{folder}/{number}.webp", "kind": "sprite", "group": folder, "authors": [author]}
            lines.append(json.dumps(said | {"same_characters": True, "mask": f"{folder}/{number}.mask.png"}))
    (many / "manifest.jsonl").write_text("\n".join(lines))
    (pages / "art").mkdir(parents=True)
    for name in ("E01P01", "E01P02", "E14P01", "E14P02"):
        cv2.imwrite(str(pages / "art" / f"{name}.webp"), blobs(rng))
    (pages / "splits.json").write_text(json.dumps({"train": ["E01P01", "E01P02"], "dev": ["E14P01", "E14P02"]}))
    figures.mkdir()
    layers = np.zeros((3, 20, 12, 4), np.uint8)
    layers[0, 2:18, 2:10, 3], layers[1, 3:17, 3:9, 0] = 255, 255
    head = b"P7\nWIDTH 12\nHEIGHT 60\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    for variant in range(2):
        (figures / f"style-0-{variant}.pam").write_bytes(head + layers.tobytes())
    return many, pages, figures


@pytest.fixture(scope="module")
def packed(folders: tuple[Path, Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    many, pages, figures = folders
    out = tmp_path_factory.mktemp("pack") / "pack.zip"
    main(["pack", "--many", str(many), "--pages", str(pages), "--figures", str(figures), "--out", str(out)])
    return out


@pytest.fixture(scope="module")
def pack(packed: Path) -> Pack:
    return read_pack(packed)


def entry(folder: str, author: str, group: str = "") -> Entry:
    return Entry(Path(folder) / "1.webp", "scene", group or folder, (author,), alike=True)


def test_what_is_kept_for_judging_is_kept_whole() -> None:
    dev = Dev(frozenset({"nova"}), frozenset({"Anna"}))
    parts = split([entry("nova", "X"), entry("asp", "Anna"), entry("asp", "Ben", "other")], dev)
    assert [one.authors for one in parts["train"]] == [("Ben",)]
    assert len(parts["dev"]) == 2


def test_an_author_on_both_sides_is_refused() -> None:
    with pytest.raises(ValueError, match="Xenia"):
        split([entry("nova", "Xenia"), entry("asp", "Xenia")], Dev(frozenset({"nova"}), frozenset()))


def test_a_group_on_both_sides_is_refused() -> None:
    with pytest.raises(ValueError, match="groups"):
        split([entry("asp", "Anna", "story"), entry("asp", "Ben", "story")], Dev(frozenset(), frozenset({"Anna"})))


def test_the_list_of_what_is_kept_names_folders_and_authors() -> None:
    dev = read_dev()
    assert {"climate-frogs", "nova", "phippy", "the-question", "pg-33051"} <= dev.folders
    assert len(dev.authors) >= 5


def test_folders_are_read_as_their_readmes_say(folders: tuple[Path, Path, Path]) -> None:
    many, pages, _ = folders
    entries = read_manifest(many)
    assert [one.folder for one in entries] == ["one", "one", "two", "two", "nova", "nova"]
    assert all(one.mask is not None and one.mask.is_file() for one in entries)
    assert {one.group for one in read_comic(pages, "dev")} == {"comic:E14"}


def test_a_pack_holds_pictures_apart_cut_outs_of_training_alone_and_figures(pack: Pack) -> None:
    assert {one.about.group for one in pack.of("train")} == {"one", "two", "comic:E01"}
    assert {one.about.group for one in pack.of("dev")} == {"nova", "comic:E14"}
    assert len(pack.cut_outs) == 4
    assert [len(variants) for variants in pack.figures] == [2]
    assert pack.figures[0][0].cover[..., 0].max() == 255


def test_a_damaged_manifest_is_an_error(tmp_path: Path, folders: tuple[Path, Path, Path]) -> None:
    (tmp_path / "manifest.jsonl").write_text('{"file": "a/1.webp"}')
    with pytest.raises(KeyError):
        write_pack(tmp_path, folders[1], None, tmp_path / "pack.zip")
    assert not (tmp_path / "pack.zip").exists()


def test_samples_are_what_they_say(pack: Pack) -> None:
    samples, rng = Samples(pack, TINY, 1), np.random.default_rng(0)
    drawn = [samples.draw(rng) for _ in range(12)]
    for one in drawn:
        assert one["grey"].shape == one["reference_grey"].shape == (1, 64, 64)
        assert one["chroma"].shape == (2, 16, 16)
        assert one["parts"].shape == (16, 16)
        assert one["reference_chroma"].shape == (2, 8, 8)
        assert 0 <= one["grey"].min() <= one["grey"].max() <= 1
        assert float(np.linalg.norm(one["chroma"], axis=0).max()) < 0.45
    assert {float(one["has_reference"]) for one in drawn} == {0.0, 1.0}
    assert any((one["parts"] != 255).any() for one in drawn)


def test_steps_lower_the_loss_on_one_batch(pack: Pack) -> None:
    samples, rng = Samples(pack, TINY, 1), np.random.default_rng(0)
    drawn = [samples.draw(rng) for _ in range(2)]
    batch = {name: torch.from_numpy(np.stack([one[name] for one in drawn])) for name in drawn[0]}  # type: ignore[literal-required]
    run = Run(replace(PLAN, rate=2e-3), torch.device("cpu"))
    rarity = torch.ones(len(run.network.bins))
    sums = [sum(run.learn(batch, rarity, 1.0)[name] for name in ("prior", "parts")) for _ in range(6)]
    assert min(sums[3:]) < sums[0]


def test_shares_learn_which_source_is_right() -> None:
    network = ColourNetwork().eval()
    truth = torch.zeros(1, 2, 8, 8) + 0.09
    batch = {"chroma": truth, "parts": torch.full((1, 8, 8), 255, dtype=torch.uint8)}
    grey = torch.rand(1, 1, 32, 32)
    made = network(grey, torch.rand(1, 1, 32, 32), truth[..., :4, :4], torch.ones(1))
    away = soft_bins(torch.full((1, 64, 2), -0.09), network.bins).transpose(1, 2).unflatten(2, (8, 8))
    terms = []
    for shares in ((0.9, 0.05, 0.05), (0.05, 0.9, 0.05)):
        believed = torch.tensor(shares)[None, :, None, None].expand(-1, -1, 8, 8)
        said = replace(made, copied=truth, shares=believed)
        terms.append(loss_terms(said, batch, network.bins, torch.ones(len(network.bins)), away)["mixture"])
    assert terms[0] < terms[1]


def test_seldom_bins_count_more() -> None:
    weights = rarity_of(torch.tensor([90.0, 9.0, 1.0]))
    assert weights[0] < weights[1] < weights[2]
    assert float((weights * torch.tensor([0.9, 0.09, 0.01])).sum()) == pytest.approx(1)


def test_pages_are_judged_with_a_reference_of_their_group(pack: Pack) -> None:
    pairs = choose_pairs(pack.of("dev"), 5)
    assert {one.page.about.group for one in pairs} == {"nova", "comic:E14"}
    assert all(one.page.about.group == one.reference.about.group for one in pairs)
    assert all(one.page is not one.reference for one in pairs)


def test_a_run_leaves_checkpoints_figures_and_sheets_and_goes_on(pack: Pack, tmp_path: Path) -> None:
    plan = replace(PLAN, minutes=1e-4, leg_minutes=1e-4)
    figures = train(pack, tmp_path, plan, manga=[blobs(np.random.default_rng(1))])
    assert set(figures) == {"comic", "artists"}
    assert "step 1 " in (tmp_path / STATUS).read_text()
    assert (tmp_path / BEST).is_file()
    assert list(tmp_path.glob("sheet-*.png"))
    assert list(tmp_path.glob("manga-*.png"))
    train(pack, tmp_path, plan)
    assert torch.load(tmp_path / LAST, weights_only=True)["iteration"] == 2
    assert len((tmp_path / LOG).read_text().splitlines()) == 3


def test_a_new_run_starts_from_any_state(pack: Pack, tmp_path: Path) -> None:
    state = {name: value.half() for name, value in ColourNetwork().state_dict().items() if not name.startswith("parts")}
    torch.save(state, tmp_path / "start.pt")
    run = Run(PLAN, torch.device("cpu"))
    run.start_from(read_state(tmp_path / "start.pt"))
    name = "trunk._conv_stem.weight"
    assert torch.allclose(run.network.state_dict()[name], state[name].float())
    assert torch.allclose(run.average[name], state[name].float())


def test_the_run_on_a_device_is_whole_at_tiny_size(packed: Path, tmp_path: Path) -> None:
    room = Room(batch=2, side_px=64, reference_px=64, workers=0, pool=4)
    weights = run_on_device(packed, tmp_path, 1e-4, None, room=room)
    assert weights == tmp_path / WEIGHTS
    state = torch.load(weights, weights_only=True)
    assert state["trunk._conv_stem.weight"].dtype == torch.float16
    assert load_state(ColourNetwork(), state) == []
    brought = {WEIGHTS, LAST_WEIGHTS, LOG, STATUS, "curves.png", "sheet.webp"}
    assert {path.name for path in tmp_path.iterdir()} == brought, "few and small files come back from such a machine"


def test_a_pool_gives_kept_samples_again() -> None:
    shapes = {"grey": (1, 4, 4), "chroma": (2, 1, 1), "parts": (1, 1), "reference_grey": (1, 4, 4)}
    shapes |= {"reference_chroma": (2, 1, 1), "has_reference": ()}
    source = iter([{name: torch.full((2, *shape), float(k)) for name, shape in shapes.items()} for k in range(3)])
    drawn = iter(Pool(source, 4, 3, torch.device("cpu")))
    values = {float(value) for _ in range(20) for value in next(drawn)["grey"][:, 0, 0, 0]}
    assert values <= {0.0, 1.0, 2.0}
    assert len(values) > 1


def test_unknown_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="speed"):
        settings_of(Plan, {"speed": 3})
