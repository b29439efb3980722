"""`irodori analyze` over real files: pages of every kind, odd ones too, give records, masks and annotations."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from engines.geometry import Size
from host.analyses.analyze import Analysis, Unread, analyze_book
from host.analyses.files import AnalysisFolder, unique_stems
from host.analyses.overlay import draw_overlay
from host.books.book import Book, BookPage
from host.books.folder import open_pictures
from host.cli.app import app
from host.pipeline.analysis.layout.direction import DirectionVote
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.decode import decode_page
from host.pipeline.records.layers import layers_of
from host.pipeline.records.masks import PageMaps, PageMasks, named_maps, record_mask
from host.pipeline.records.page_meta import PageMeta
from host.pipeline.records.validation import check_page_meta

pytestmark = pytest.mark.slow

BARE = np.zeros((1, 1), np.bool_)


def irodori(*arguments: object):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def saved(folder: Path, name: str, pixels: object, **options: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(np.asarray(pixels, np.uint8))
    picture.save(folder / name, **options)
    return folder / name


def meta_of(path: Path) -> PageMeta:
    data = path.read_bytes()
    assert check_page_meta(data) == []
    return PageMeta.model_validate_json(data)


@pytest.fixture
def small_page(pages: Path, tmp_path: Path) -> Path:
    with Image.open(pages / "panels-en.webp") as picture:
        half = picture.convert("L").resize((picture.width // 2, picture.height // 2))
    return saved(tmp_path / "comic", "001.png", half)


def test_a_page_gives_its_record_its_masks_its_overlay_and_the_annotations(
    irodori_home: Path, small_page: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = irodori("analyze", small_page, "-o", out, "--overlay", "--direction", "rtl")
    assert done.exit_code == 0, done.stderr
    meta = meta_of(out / "001.meta.json")
    assert meta.direction == "rtl"
    assert meta.panels
    assert meta.signals is not None
    assert meta.signals.R == 0
    assert {"protect", "balloons", "lettering", "gutters"} <= set(meta.masks)
    expected = {f"001.{name}.png" for name in meta.masks} | {f"001.{name}.png" for name in meta.maps}
    expected |= {"001.meta.json", "001.overlay.png", "annotations.coco.json"}
    assert {path.name for path in out.iterdir()} == expected
    for name, record in meta.masks.items():
        with Image.open(out / f"001.{name}.png") as picture:
            assert (picture.mode, picture.size) == ("1", (meta.size.width, meta.size.height))
            assert np.asarray(picture).mean() == pytest.approx(record.coverage)
    with Image.open(out / "001.overlay.png") as overlay:
        assert overlay.width == max(480, meta.size.width)
        assert overlay.height > meta.size.height

    coco = json.loads((out / "annotations.coco.json").read_text())
    assert [one["name"] for one in coco["categories"]] == ["panel", "balloon", "text", "sfx", "face", "character"]
    assert [one["file_name"] for one in coco["images"]] == ["001.png"]
    panels = [one for one in coco["annotations"] if one["category_id"] == 1]
    assert [one["attributes"]["order"] for one in panels] == list(range(len(meta.panels)))
    for one, panel in zip(panels, meta.panels, strict=True):
        assert one["bbox"] == [panel.box.left, panel.box.top, panel.box.width, panel.box.height]
        assert one["score"] == pytest.approx(panel.score)


def odd_pages(folder: Path) -> None:
    chance = np.random.default_rng(5)
    saved(folder, "blank.png", np.full((600, 400), 255))
    saved(folder, "black.png", np.zeros((600, 400)))
    saved(folder, "noise.png", chance.integers(0, 256, (500, 400)))
    saved(folder, "one.png", [[128]])
    saved(folder, "seven.png", chance.integers(0, 256, (5, 7)))
    saved(folder, "line.png", np.zeros((1, 900)))
    saved(folder, "column.png", np.full((900, 1), 255))
    strip = np.full((6000, 300), 255, np.uint8)
    for top in range(40, 5900, 500):
        strip[top : top + 380, 20:280] = 0
        strip[top + 5 : top + 375, 25:275] = chance.integers(90, 200)
    saved(folder, "strip.png", strip)
    across, down = np.meshgrid(np.linspace(0, 6, 500), np.linspace(0, 9, 700))
    photo = 128 + 60 * np.sin(across)[..., None] * np.cos(down)[..., None] * np.array([1.0, 0.6, -0.8])
    saved(folder, "photo.jpg", np.clip(photo + chance.normal(0, 9, photo.shape), 0, 255))


def test_odd_pages_give_valid_records_and_never_an_exception(irodori_home: Path, tmp_path: Path, pages: Path) -> None:
    odd, out = tmp_path / "odd", tmp_path / "out"
    odd_pages(odd)
    with Image.open(pages / "coloured-en.webp") as cover:
        saved(odd, "cover.jpg", cover.convert("RGB").resize((cover.width // 2, cover.height // 2)))
    with Image.open(pages / "panels-en.webp") as page:
        exif = Image.Exif()
        exif[0x0112] = 6
        lying = page.convert("L").resize((page.width // 2, page.height // 2)).transpose(Image.Transpose.ROTATE_90)
        saved(odd, "turned.jpg", lying, exif=exif)
    (odd / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n no picture")
    (odd / "cut.png").write_bytes((odd / "noise.png").read_bytes()[:4000])
    done = irodori("analyze", odd, "-o", out, "--overlay")
    assert done.exit_code == 1
    assert "Traceback" not in done.stderr
    assert "The log has the details" not in done.stderr
    skipped = [line for line in done.stderr.splitlines() if "skipped: " in line]
    assert [line.split()[0] for line in skipped] == ["broken.png", "cut.png"]
    metas = {path.name.removesuffix(".meta.json"): meta_of(path) for path in out.glob("*.meta.json")}
    assert len(metas) == 11
    assert metas["blank"].kind == "blank"
    assert metas["cover"].kind == "already_coloured"
    assert metas["one"].size == (1, 1)
    assert metas["turned"].size.height > metas["turned"].size.width
    assert len(metas["strip"].panels) >= 10
    for stem, meta in metas.items():
        assert {f"{stem}.{name}.png" for name in meta.masks} <= {path.name for path in out.iterdir()}
        with Image.open(out / f"{stem}.overlay.png") as overlay:
            overlay.load()
    named = {one["file_name"] for one in json.loads((out / "annotations.coco.json").read_text())["images"]}
    assert {Path(name).stem for name in named} == set(metas)


def test_folders_archives_and_pictures_of_the_same_names_stay_apart(
    irodori_home: Path, small_page: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "001.png"
    saved(other.parent, "001.png", np.full((60, 40), 255))
    archive = tmp_path / "book.cbz"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("10.png", other.read_bytes())
        file.writestr("9.png", other.read_bytes())
    out = tmp_path / "out"
    done = irodori("analyze", small_page.parent, archive, small_page, other, "-o", out)
    assert done.exit_code == 0, done.stderr
    found = {path.relative_to(out).as_posix() for path in out.rglob("*.meta.json")}
    assert found == {
        "comic/001.meta.json", "book/9.meta.json", "book/10.meta.json",
        "pages/comic/001.meta.json", "pages/other/001.meta.json",
    }  # fmt: skip
    assert meta_of(out / "pages" / "other/001.meta.json").size == (60, 40)
    images = json.loads((out / "annotations.coco.json").read_text())["images"]
    assert [one["file_name"] for one in images] == [
        "comic/001.png", "book/9.png", "book/10.png", "pages/comic/001.png", "pages/other/001.png"
    ]  # fmt: skip
    assert [one["id"] for one in images] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("wrong", ["missing", "file", "itself"])
def test_wrong_usage_is_said_before_anything_is_written(
    irodori_home: Path, small_page: Path, tmp_path: Path, wrong: str
) -> None:
    inputs, output = {
        "missing": (tmp_path / "nothing", tmp_path / "out"),
        "file": (small_page, small_page),
        "itself": (small_page.parent, small_page.parent),
    }[wrong]
    done = irodori("analyze", inputs, "-o", output)
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: ")
    assert not (tmp_path / "out").exists()
    assert [path.name for path in small_page.parent.iterdir()] == ["001.png"]


def test_a_picture_of_the_input_is_never_written_over(irodori_home: Path, small_page: Path) -> None:
    folder = small_page.parent
    mine = saved(folder, "001.protect.png", np.full((9, 9), 255))
    before = mine.read_bytes()
    done = irodori("analyze", small_page, mine, "-o", folder)
    assert done.exit_code == 1
    assert "is a source" in done.stderr
    assert mine.read_bytes() == before
    assert not (folder / "001.meta.json").exists()
    assert (folder / "001.protect.meta.json").exists()


class Voting:
    """Reads pages as the chapter says; every page votes as its first pixel tells."""

    def read(self, page, direction, chapter=None, check=None):
        vote = DirectionVote(ltr=9.0) if page.grey[0, 0] > 100 else DirectionVote(rtl=1.0)
        reads = chapter.decide(page.pixels_sha256, [vote]) if direction == "auto" else direction
        reading = TwoOpinionReader().read(page, "rtl")
        return type(reading)(meta=reading.meta.model_copy(update={"direction": reads}), masks=reading.masks)


def book_of(*levels: int) -> Book:
    def encoded(level: int) -> bytes:
        buffer = io.BytesIO()
        Image.new("L", (40, 60), level).save(buffer, "PNG")
        return buffer.getvalue()

    pages = tuple(BookPage(f"{number}.png", lambda level=level: encoded(level)) for number, level in enumerate(levels))
    return Book("book", pages, (), frozenset())


def test_pages_read_before_the_chapter_was_clear_are_read_again() -> None:
    found = list(analyze_book(book_of(10, 20, 200, 30), Voting(), "auto"))
    assert [(one.place, one.meta.direction) for one in found] == [
        (0, "rtl"), (1, "rtl"), (2, "ltr"), (3, "ltr"), (0, "ltr"), (1, "ltr")
    ]  # fmt: skip


def test_a_direction_that_was_asked_for_is_never_doubted() -> None:
    found = list(analyze_book(book_of(10, 200), Voting(), "rtl"))
    assert [(one.place, one.meta.direction) for one in found] == [(0, "rtl"), (1, "rtl")]


class Failing:
    def read(self, page, direction, chapter=None, check=None):
        raise ZeroDivisionError("a fault of ours")


def test_a_fault_of_a_reader_costs_its_page_only() -> None:
    found = list(analyze_book(book_of(10, 200), Failing(), "auto"))
    assert [type(one) for one in found] == [Unread, Unread]
    assert "ZeroDivisionError" in found[0].error.message


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path, "gone.png", np.zeros((9, 9)))
    book = open_pictures([path])
    path.unlink()
    (found,) = analyze_book(book, TwoOpinionReader(), "auto")
    assert isinstance(found, Unread)
    assert "No such file" in found.error.message


def test_stems_are_different_for_all_pages() -> None:
    names = ["1.png", "1.jpg", "a/1.png", "b.png", "B.png", "c.png", "c.png", "c (2).png", "d"]
    stems = unique_stems(names)
    assert stems[:3] == ("1.png", "1.jpg", "a/1")
    assert stems[8] == "d"
    assert len({stem.casefold() for stem in stems}) == len(names)


def test_the_overlay_shows_boxes_numbers_and_masks(pages: Path) -> None:
    page = decode_page((pages / "panels-en.webp").read_bytes())
    reading = TwoOpinionReader().read(page, "ltr")
    layers = layers_of(reading.masks)
    drawn = draw_overlay(page.rgb, reading.meta, layers)
    assert drawn.shape[1] == page.size.width
    first = reading.meta.panels[0].box
    assert tuple(drawn[(first.top + first.bottom) // 2, first.left]) == (37, 99, 235)
    assert np.count_nonzero(np.any(drawn[: page.size.height] != page.rgb, axis=2)) > 0.3 * page.size.pixels
    other_way = reading.meta.model_copy(update={"direction": "rtl"})
    assert np.any(draw_overlay(page.rgb, other_way, layers)[: page.size.height] != drawn[: page.size.height])


def test_records_tell_of_the_masks_that_are_written(pages: Path) -> None:
    found = next(iter(analyze_book(open_pictures([pages / "insets-en.jpg"]), TwoOpinionReader(), "auto")))
    assert isinstance(found, Analysis)
    assert found.meta.masks == {name: record_mask(make()) for name, make in found.layers.masks.items()}
    assert set(found.meta.masks) >= {"protect", "balloons", "lettering", "gutters"}
    assert found.meta.size == Size(*found.page.grey.shape)


def test_maps_are_written_as_they_are(pages: Path, tmp_path: Path) -> None:
    found = next(iter(analyze_book(open_pictures([pages / "insets-en.jpg"]), TwoOpinionReader(), "auto")))
    assert isinstance(found, Analysis)
    chance = np.random.default_rng(1)
    maps = PageMaps(**{
        name: chance.integers(0, 256, found.meta.size, np.uint8) for name in ("panels", "characters", "depth", "tone")
    })  # fmt: skip
    layers = replace(found.layers, maps=layers_of(PageMasks(balloons=BARE, lettering=BARE, gutters=BARE), maps).maps)
    AnalysisFolder(tmp_path, ("a/1",), frozenset()).write(replace(found, layers=layers))
    for name, values in named_maps(maps).items():
        with Image.open(tmp_path / "a" / f"1.{name}.png") as picture:
            assert np.array_equal(np.asarray(picture), values)


def test_a_disk_that_takes_nothing_costs_a_line_and_leaves_no_part(irodori_home: Path, small_page: Path) -> None:
    out = small_page.parent.parent / "out"
    (out / "001.meta.json").mkdir(parents=True)
    done = irodori("analyze", small_page, "-o", out)
    assert done.exit_code == 1
    assert "skipped: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(out.rglob(".irodori-*"))
