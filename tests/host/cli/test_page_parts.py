"""`irodori page segment`, `inpaint`, `extend`, `filter`, `vectorise` in this process: asked, written, refused."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from engines.geometry import Box
from engines.memory_ledger import Holder
from host.cli.page import outlines, pictures, repaints
from host.cli.page.guests import guest_of_machine
from host.cli.page.outlines import _places, box_of, segment_page
from host.cli.page.pictures import beside, filter_picture, format_of, require_output
from host.cli.page.repaints import Request, _of_box, inpaint
from host.errors import BadRequest, EngineNotAvailable
from host.locks import ProcessLock
from host.paths import state_paths
from host.studio.page import mask_of, picture_of
from host.studio.painters import Painters

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

WIDTH, HEIGHT = 40, 30
RGB = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def pixels_of(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "page.png").write_bytes(png(RGB))
    return tmp_path / "page.png"


def refused(call: Callable[[], object], message: str, hint: str, kind: type[Any] = BadRequest) -> None:
    with pytest.raises(kind) as told:
        call()
    assert told.value.message == message
    assert told.value.hint == hint


# --- places and boxes ---


@pytest.mark.parametrize("text", ["0,0,40,30", "39,29,40,30", " 1 , 2 , 3 , 4 "])
def test_a_box_lies_on_the_page(text: str) -> None:
    assert box_of(text, RGB) == Box(*(int(one) for one in text.split(",")))


@pytest.mark.parametrize(
    "text", ["-1,0,5,5", "0,-1,5,5", "5,0,5,5", "0,5,5,5", "6,0,5,5", "0,6,5,5", "0,0,41,30", "0,0,40,31"]
)
def test_a_box_that_is_empty_or_leaves_the_page_is_refused(text: str) -> None:
    refused(lambda: box_of(text, RGB), f"The box {text} is empty or leaves the page.", "The page is 40 x 30.")


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1.5,2,3,4"])
def test_what_is_no_box_is_refused(text: str) -> None:
    refused(lambda: box_of(text, RGB), f"{text!r} is no box.", "Write LEFT,TOP,RIGHT,BOTTOM in pixels.")


def test_places_lie_on_the_page() -> None:
    assert _places(["0,0", "39,29"], RGB) == ((0, 0), (39, 29))
    for text in ("-1,0", "0,-1", "40,0", "0,30"):
        refused(lambda: _places([text], RGB), f"The place {text} is not on the page.", "The page is 40 x 30.")  # noqa: B023
    for text in ("1", "1,2,3", "a,b", ""):
        refused(lambda: _places([text], RGB), f"{text!r} is no place.", "Write X,Y in pixels from the upper left.")  # noqa: B023


# --- memory ---


def test_a_command_s_model_holds_the_machine_s_lane_and_is_unloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRODORI_HOME", str(tmp_path))
    gone: list[str] = []
    with guest_of_machine() as guest:
        assert not state_paths().lane_lock.exists()
        for label in ("sam3", "again"):
            with guest(Holder("segment", label, 1, partial(gone.append, label)), lambda: None):
                other = ProcessLock(state_paths().lane_lock)
                assert not other.try_acquire()
                other.close()
    assert gone == ["sam3", "again"]
    other = ProcessLock(state_paths().lane_lock)
    assert other.try_acquire()
    other.close()


# --- a mask of what is pointed at ---


def segmented(monkeypatch: pytest.MonkeyPatch, mask: NDArray[np.bool_]) -> list[Any]:
    asked: list[Any] = []

    def segment(rgb: NDArray[np.uint8], pointing: Any) -> NDArray[np.bool_]:
        np.testing.assert_array_equal(rgb, RGB)
        asked.append(pointing)
        return mask

    def opened(model: Path | None) -> Any:
        asked.append(model)
        return SimpleNamespace(name="toy", segment=segment, in_memory=lambda _: nullcontext())

    monkeypatch.setattr(outlines, "open_segmenter", opened)
    return asked


def test_the_mask_is_white_where_something_was_found(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[:15, :10] = True
    asked, output = segmented(monkeypatch, mask), page.with_name("mask.PNG")
    segment_page(page, output, ["1,2"], ["3,4"], "0,0,5,6", "a hat", Path("/m"))
    model, pointing = asked
    assert model == Path("/m")
    assert (pointing.inside, pointing.outside, pointing.words) == (((1, 2),), ((3, 4),), "a hat")
    assert pointing.box == Box(0, 0, 5, 6)
    np.testing.assert_array_equal(np.asarray(pixels_of(output), bool), mask)
    assert capsys.readouterr().err == f"{output}: 12.5% of the page, by toy\n"


def test_what_cannot_be_segmented_is_refused(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = segmented(monkeypatch, np.zeros((HEIGHT, WIDTH), bool))
    output = page.with_name("mask.png")
    refused(
        lambda: segment_page(page, page.with_name("mask.jpg"), ["1,2"], [], None, "", None),
        "mask.jpg is no name of a mask.", "End --output with .png.",
    )  # fmt: skip
    refused(
        lambda: segment_page(page, output, [], [], None, "", None),
        "Nothing is pointed at.", "Give --at X,Y, --box LEFT,TOP,RIGHT,BOTTOM, or --words.",
    )  # fmt: skip
    assert asked == []
    refused(
        lambda: segment_page(page, output, ["1,2"], [], None, "", None),
        "Nothing was found there.", "Point at another place, or name it otherwise.",
    )  # fmt: skip
    assert not output.exists()
    with pytest.raises(BadRequest):
        segment_page(page, page, ["1,2"], [], None, "", None)
    np.testing.assert_array_equal(pixels_of(page), RGB)


# --- a part made anew ---


def test_a_part_is_filled_from_its_rim_and_the_rest_stays(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = page.with_name("out.png")
    inpaint(Request(picture=page, output=output, engine="fill"), None, "10,5,14,15")
    made = pixels_of(output)
    outside = ~_of_box("10,5,14,15", RGB)
    np.testing.assert_array_equal(made[outside], RGB[outside])
    assert (made[~outside] != RGB[~outside]).any()
    assert capsys.readouterr().err == f"{output}: 3% of it made anew by fill\n"


def test_sides_are_added(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = page.with_name("out.png")
    repaints.extend(Request(picture=page, output=output, engine="fill"), repaints_margins(left=10, bottom=10))
    made = pixels_of(output)
    assert made.shape == (40, 50, 3)
    np.testing.assert_array_equal(made[:30, 10:], RGB)
    assert capsys.readouterr().err == f"{output}: 40% of it made anew by fill\n"


def repaints_margins(**sides: int) -> Any:
    from host.studio.repaint import Margins

    return Margins(**sides)


@pytest.mark.parametrize(("mask", "box"), [(None, None), (Path("m.png"), "0,0,1,1")])
def test_either_a_mask_or_a_box_says_which_part(mask: Path | None, box: str | None, page: Path) -> None:
    request = Request(picture=page, output=page.with_name("out.png"), engine="fill")
    refused(lambda: inpaint(request, mask, box), "Which part is to be made anew?", "Give either --mask or --box.")


def test_a_mask_s_light_half_is_the_part(tmp_path: Path) -> None:
    shades = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    shades[0], shades[1], shades[2] = 128, 127, (255, 128, 0)
    (tmp_path / "mask.png").write_bytes(png(shades))
    mask = mask_of(picture_of(tmp_path / "mask.png"), RGB)
    assert mask[0].all()
    assert not mask[1:].any()
    (tmp_path / "mask.png").write_bytes(png(shades[:, :20]))
    refused(
        lambda: mask_of(picture_of(tmp_path / "mask.png"), RGB),
        "The mask has 20 x 30 pixels, the page 40 x 30.", "Draw it over the page itself.",
    )  # fmt: skip


def test_a_box_is_the_part() -> None:
    mask = _of_box("1,2,4,8", RGB)
    assert mask.shape == (HEIGHT, WIDTH)
    assert mask.sum() == 18
    assert mask[2:8, 1:4].all()


def painters(default: str, **able: bool | None) -> Painters:
    """Return painters of engines: whether each can run here, None for one that makes no part anew."""
    infos = [SimpleNamespace(id=name, supports=SimpleNamespace(inpaint=ok is not None)) for name, ok in able.items()]
    registry: Any = SimpleNamespace(
        infos=lambda: infos, get=lambda name: SimpleNamespace(viability=lambda: SimpleNamespace(ok=able[name]))
    )
    return Painters(registry, None, lambda: default)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("default", "able", "chosen"),
    [
        ("c", {"a": None, "b": True, "c": True}, "c"),
        ("a", {"a": None, "b": True, "c": True}, "b"),
        ("c", {"a": True, "b": True, "c": False}, "a"),
        ("a", {"a": None, "b": False, "c": True}, "c"),
    ],
)
def test_the_default_engine_makes_it_where_it_can_else_the_first(
    default: str, able: dict[str, bool | None], chosen: str
) -> None:
    assert painters(default, **able)._first() == chosen


def test_where_none_can_those_that_could_are_named() -> None:
    refused(
        lambda: painters("a", a=None, b=False, c=False)._first(), "No engine here can make a part anew.",
        "Pull one that can (b, c; see `irodori engines`), or choose `fill` for thin strips.", EngineNotAvailable,
    )  # fmt: skip


# --- filters, and what may be written where ---


def test_filters_are_laid_recorded_and_taken_up_again(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = (page.with_name(f"{name}.png") for name in "abc")
    filter_picture(page, first, ["brightness=1", "brightness=0"], None, 0)
    assert capsys.readouterr().err == f"{first}: 2 filters, recorded in a.png.filters.json\n"
    assert not pixels_of(first).any()
    assert amounts(first) == [1, 0]
    assert '\n "filters"' in beside(first).read_text("utf-8")
    filter_picture(page, second, ["contrast=1"], beside(first), 1)
    assert amounts(second) == [1, 1]
    np.testing.assert_array_equal(pixels_of(second), RGB)
    capsys.readouterr()
    filter_picture(page, third, [], beside(first), 9)
    assert capsys.readouterr().err == f"{third}: 0 filters, recorded in c.png.filters.json\n"
    filter_picture(page, third, ["brightness=0"], None, 0)
    assert "1 filter, recorded" in capsys.readouterr().err


def amounts(output: Path) -> list[float]:
    return [one["amount"] for one in json.loads(beside(output).read_text("utf-8"))["filters"]]


def test_without_a_filter_or_a_record_of_some_nothing_is_done(page: Path) -> None:
    refused(
        lambda: filter_picture(page, page.with_name("a.png"), [], None, 0),
        "No filter is given.", "Name some by --filter, or a record of some by --chain.",
    )  # fmt: skip


def test_a_record_that_is_none_is_named(page: Path) -> None:
    chain = page.with_name("chain.json")
    chain.write_text("nothing")
    with pytest.raises(BadRequest, match=r"chain\.json"):
        filter_picture(page, page.with_name("a.png"), [], chain, 0)


@pytest.mark.parametrize(("name", "kind"), [("a.png", "png"), ("a.PNG", "png"), ("a.jpg", "jpeg"), ("a.avif", "avif")])
def test_a_picture_is_written_as_it_is_called(name: str, kind: str) -> None:
    assert format_of(Path(name)) == kind


def test_what_is_no_name_of_a_picture_is_refused() -> None:
    with pytest.raises(BadRequest) as told:
        format_of(Path("/x/a.txt"))
    assert told.value.message == "a.txt is no name of a picture."
    assert told.value.hint.startswith("End --output with .png, ")


def test_an_output_is_no_folder_and_no_source(page: Path) -> None:
    refused(lambda: require_output(page.parent), f"{page.parent} is a folder.", "Name the file to write.")
    for sources in ((page,), (page.with_name("other"), page)):
        with pytest.raises(BadRequest):
            require_output(page, *sources)
    require_output(page.with_name("new.png"), page)


@pytest.mark.parametrize(
    ("call", "message", "hint"),
    [
        (
            lambda page: pictures.cut_out_figures(page, page.with_name("a.jpg"), [], "auto", None),
            "a.jpg cannot be transparent.", "End --output with .png or .webp.",
        ),
        (
            lambda page: pictures.vectorise_page(page, page.with_name("a.png")),
            "a.png is no name of a drawing.", "End --output with .svg.",
        ),
    ],
)  # fmt: skip
def test_names_that_do_not_fit_are_refused_before_any_work(
    call: Callable[[Path], None], message: str, hint: str, page: Path
) -> None:
    refused(lambda: call(page), message, hint)


@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("a.WEBP", "WEBP")])
def test_figures_are_cut_out_onto_nothing(
    name: str, kind: str, page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = np.dstack([RGB, np.full((HEIGHT, WIDTH), 255, np.uint8)])
    made[:10, :, 3] = 0
    asked: list[Any] = []
    network = SimpleNamespace(name="toy", alpha="alpha")
    monkeypatch.setattr(pictures, "open_matting", lambda file: asked.append(file) or network)
    monkeypatch.setattr(pictures, "read", lambda picture, direction: asked.append((picture, direction)) or "page")
    monkeypatch.setattr(pictures, "cut_out", lambda *what: asked.append(what) or made)
    output = page.with_name(name)
    pictures.cut_out_figures(page, output, [0, 2], "rtl", Path("/m"))
    assert asked == [Path("/m"), (page, "rtl"), ("page", [0, 2], "alpha")]
    with Image.open(output) as cut:
        assert (cut.format, cut.mode) == (kind, "RGBA")
        shown = np.asarray(cut)
    np.testing.assert_array_equal(shown[10:], made[10:])
    assert not shown[:10, :, 3].any()
    assert capsys.readouterr().err == f"{output}: cut out by toy\n"
    monkeypatch.setattr(pictures, "open_matting", lambda file: None)
    pictures.cut_out_figures(page, output, [0, 2], "rtl", None)
    assert asked[-1] == ("page", [0, 2], None)
    assert capsys.readouterr().err == f"{output}: cut out by the masks of analysis\n"
