"""Films of panels: layers, camera, frames, and files that other programs open."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from engines.geometry import Box, Size
from host.cli.page.films import film_page
from host.errors import BadRequest
from host.pipeline.records.page_meta import Panel
from host.studio import camera as camera_module
from host.studio.animate import Motion, animate
from host.studio.camera import Camera, camera_for, frames, seen
from host.studio.film import kind_of, write_film
from host.studio.layers import film_size, take_apart
from tests.host.studio.pages import BALLOON, BAR, COAT, PANEL, SKY, fill, studio_page

PAGE = studio_page()


def layers(longest_px: int = 200):
    return take_apart(PAGE, PAGE.meta.panels[0], longest_px)


@pytest.mark.parametrize(
    ("box", "longest", "size"),
    [
        (PANEL, 200, (140, 200)),
        (PANEL, 100, (70, 100)),
        (PANEL, 500, (350, 500)),
        (Box(0, 0, 30, 20), 500, (60, 90)),  # three times, and no larger
        (Box(0, 0, 31, 33), 33, (32, 32)),
        (Box(0, 0, 1, 1), 2, (2, 2)),
    ],
)
def test_a_film_s_sides_are_even(box: Box, longest: int, size: tuple[int, int]) -> None:
    assert film_size(Panel(box=box, order=0, score=1.0), longest) == size


def test_a_panel_that_lies_over_this_one_stays() -> None:
    page = studio_page()
    fill(page.maps.panels, Box(100, 40, 140, 100), 2)
    top = take_apart(page, page.meta.panels[0], 200).top
    assert top.alpha is not None
    assert top.alpha[40:80, 95:125].min() == 255


def test_a_panel_is_taken_apart_by_depth() -> None:
    apart = layers()
    assert apart.size == (140, 200)
    ground, figure = apart.moving
    assert ground.alpha is None
    assert (ground.depth_01, figure.depth_01) == (0.0, 0.8)
    assert figure.alpha is not None
    assert figure.alpha[90, 100] == 255
    assert figure.alpha[20, 180] == 0
    # what the figure and the balloon hide is painted on from beside them
    assert np.abs(ground.rgb[100, 100].astype(int) - SKY).max() < 60
    assert np.abs(ground.rgb[100, 100].astype(int) - COAT).max() > 60
    assert ground.rgb[25, 30].astype(int).sum() < 600


def test_frame_and_balloons_are_on_top() -> None:
    top = layers().top
    assert top.alpha is not None
    assert top.alpha[BALLOON.top - PANEL.top + 10, BALLOON.left - PANEL.left + 10] == 255
    assert top.alpha[0].min() == 255
    assert top.alpha[:, -1].min() == 255
    assert top.alpha[70, 150] == 0


def test_no_gap_opens_between_a_balloon_and_the_figure_that_it_covers() -> None:
    lettering = np.zeros((160, 220), np.bool_)
    balloons = lettering.copy()
    fill(balloons, Box(100, 90, 120, 110), True)  # on the coat
    labels = np.where(balloons, 0, PAGE.maps.characters).astype(np.uint8)
    rgb = PAGE.rgb.copy()
    fill(rgb, Box(100, 90, 120, 110), 255)
    masks = replace(PAGE.masks, balloons=balloons, lettering=lettering)
    page = replace(PAGE, rgb=rgb, masks=masks, maps=replace(PAGE.maps, characters=labels))
    apart = take_apart(page, page.meta.panels[0], 200)
    figure = apart.moving[-1]
    assert figure.alpha is not None
    assert figure.alpha[75:105, 85:115].min() > 200  # the balloon lies at 80..100, 90..110 of the panel
    assert np.abs(figure.rgb[90, 92].astype(int) - COAT).max() < 40


def test_the_film_begins_and_ends_softly_and_a_loop_ends_where_it_began() -> None:
    camera = Camera(way=(1, 0))
    assert [round(camera.progress(one), 3) for one in (0, 0.5, 1)] == [0, 0.5, 1]
    assert camera.progress(0.02) < 0.01
    loop = Camera(way=(1, 0), there_and_back=True)
    assert [round(loop.progress(one), 3) for one in (0, 0.5, 1)] == [0, 1, 0]
    pictures = list(frames(layers(), loop, 10))
    assert len(pictures) == 10
    assert np.array_equal(pictures[1], pictures[9])
    assert not np.array_equal(pictures[0], pictures[5])


@pytest.mark.parametrize(
    ("size", "direction", "way", "nearer"),
    [
        (Size(100, 200), "rtl", (-1, 0), 0.5),
        (Size(100, 200), "ltr", (1, 0), 0.5),
        (Size(200, 100), "rtl", (0, 1), 0.5),
        (Size(100, 110), "rtl", (0, 0), 1.0),
    ],
)
def test_a_camera_follows_the_eye(size: Size, direction: str, way: tuple[float, float], nearer: float) -> None:
    camera = camera_for("auto", size, direction)
    assert (camera.way, camera.nearer) == (way, nearer)
    assert camera_for("out", size, direction).nearer == -1.0


def red_at(picture: np.ndarray) -> float:
    """Where the coat is, from left."""
    near = np.abs(picture.astype(int) - COAT).max(axis=2) < 40
    return float(np.nonzero(near)[1].mean())


def edge_at(picture: np.ndarray) -> float:
    """Where the ground's dark bar is, from left."""
    dark = np.abs(picture[:, 140:190].astype(int) - BAR).max(axis=2) < 40
    return float(np.nonzero(dark)[1].mean())


def test_near_things_go_farther_than_far_ones_and_balloons_stay() -> None:
    apart = layers()
    camera = Camera(way=(1, 0))
    first, last = seen(apart, camera, 0.0), seen(apart, camera, 1.0)
    # from a twentieth of the shorter side right of its place to as much left of it, nearer things more of it
    assert red_at(first) - red_at(last) == pytest.approx((0.3 + 0.7 * 0.8) * 2 * 0.05 * 140, abs=1.5)
    assert edge_at(first) - edge_at(last) == pytest.approx(0.3 * 2 * 0.05 * 140, abs=1.5)
    view = slice(BALLOON.top - 10, BALLOON.bottom - 10), slice(BALLOON.left - 10, BALLOON.right - 10)
    assert np.array_equal(first[view], last[view])
    assert np.array_equal(first[view], PAGE.rgb[20:50, 20:70])
    assert np.array_equal(first[0], PAGE.rgb[10, 10:210])  # the frame


def test_coming_nearer_makes_things_larger() -> None:
    apart = layers()
    near = [np.sum(np.abs(seen(apart, Camera(nearer=1.0), one).astype(int) - COAT).max(axis=2) < 40) for one in (0, 1)]
    assert near[1] > 1.05 * near[0]
    away = [np.sum(np.abs(seen(apart, Camera(nearer=-1.0), one).astype(int) - COAT).max(axis=2) < 40) for one in (0, 1)]
    assert away == near[::-1]


def test_panels_of_different_sizes_share_one_stage_and_dissolve() -> None:
    small = Panel(box=Box(90, 60, 130, 150), order=1, score=1.0)
    page = studio_page()
    two = page.meta.model_copy(update={"panels": (small, *page.meta.panels)})
    film = list(animate(type(page)(page.rgb, two, page.masks, page.maps), Motion(seconds=1, rate=10, longest_px=200)))
    assert len(film) == 20
    assert {frame.shape for frame in film} == {(200, 200, 3)}
    dark = [24, 24, 24]
    assert film[9][5, 100].tolist() == dark  # above the wide panel
    assert film[19][100, 5].tolist() == dark  # beside the tall one
    assert film[9][100, 5].tolist() != dark
    assert film[10][100, 5].tolist() not in (dark, film[9][100, 5].tolist())  # between the two


def test_panels_are_chosen_by_number() -> None:
    assert len(list(animate(PAGE, Motion(panels=(1, 1), seconds=0.5, rate=4, longest_px=64)))) == 4
    with pytest.raises(BadRequest, match="no panel 2"):
        animate(PAGE, Motion(panels=(2,)))
    none = type(PAGE)(PAGE.rgb, PAGE.meta.model_copy(update={"panels": ()}), PAGE.masks, PAGE.maps)
    with pytest.raises(BadRequest, match="No panel"):
        animate(none, Motion())


def shown_elsewhere(path: Path) -> tuple[list[np.ndarray], float]:
    """Return the frames, RGB, and the rate as OpenCV reads them, which has decoders of its own, not PyAV's."""
    film = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    rate, shown = film.get(cv2.CAP_PROP_FPS), []
    while True:
        there, frame = film.read()
        if not there:
            film.release()
            return shown, rate
        shown.append(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)))


@pytest.mark.parametrize("kind", ["webm", "mp4", "gif"])
def test_a_film_opens_elsewhere(tmp_path: Path, kind: str) -> None:
    pictures = list(animate(PAGE, Motion(seconds=1, rate=8, longest_px=200)))
    path = tmp_path / f"film.{kind}"
    assert write_film(path, kind_of(path), pictures, 8) == 8
    if kind == "gif":
        with Image.open(path) as film:
            assert (film.n_frames, film.size, film.info["duration"], film.info["loop"]) == (8, (200, 140), 120, 0)
            shown = np.asarray(film.convert("RGB"))
    else:
        with av.open(str(path)) as film:
            stream = film.streams.video[0]
            assert (stream.width, stream.height, stream.average_rate) == (200, 140, 8)
            decoded = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
        assert len(decoded) == 8
        elsewhere, rate = shown_elsewhere(path)
        assert ([one.shape for one in elsewhere], rate) == ([(140, 200, 3)] * 8, 8)
        for one, drawn in zip(elsewhere, pictures, strict=True):
            assert np.abs(one.astype(int) - drawn).mean() < 8
        shown = decoded[0]
    assert np.abs(shown.astype(int) - pictures[0]).mean() < 8


@pytest.mark.skipif(not (which("ffmpeg") and which("ffprobe")), reason="there is no ffmpeg here")
@pytest.mark.parametrize(
    ("kind", "codec", "container"), [("webm", "vp9", "matroska,webm"), ("mp4", "h264", "mov,mp4,m4a,3gp,3g2,mj2")]
)
def test_a_program_of_the_system_finds_a_whole_film_with_the_picture_of_its_beginning(
    tmp_path: Path, kind: str, codec: str, container: str
) -> None:
    Image.fromarray(PAGE.rgb).save(tmp_path / "page.png")
    film, poster = tmp_path / f"film.{kind}", tmp_path / "poster.png"
    film_page(tmp_path / "page.png", film, Motion(seconds=1.5, rate=8, longest_px=200), "auto", poster)
    asked = ["-count_frames", "-show_entries", "stream=codec_name,pix_fmt,width,height,nb_read_frames:format"]
    facts = json.loads(_said("ffprobe", "-v", "error", *asked, "-of", "json", film))
    (stream,), about = facts["streams"], facts["format"]
    with Image.open(poster) as first:
        width, height = first.size
        wanted = np.asarray(first.convert("RGB"), int)
    assert (stream["codec_name"], stream["pix_fmt"], about["format_name"]) == (codec, "yuv420p", container)
    assert (stream["width"], stream["height"]) == (width, height)
    panels = int(stream["nb_read_frames"]) // 12
    assert panels >= 1
    assert int(stream["nb_read_frames"]) == 12 * panels
    assert float(about["duration"]) == pytest.approx(1.5 * panels, abs=0.13)  # a frame
    raw = _said("ffmpeg", "-v", "error", "-xerror", "-i", film, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    shown = np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)
    assert len(shown) == 12 * panels
    assert np.abs(shown[0] - wanted).mean() < 8


def _said(*command: object) -> bytes:
    done = subprocess.run([str(one) for one in command], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


@pytest.mark.parametrize("name", ["film", "film.avi", "film.png", ".webm"])
def test_other_names_are_no_films(name: str) -> None:
    with pytest.raises(BadRequest):
        kind_of(Path(name))


def test_a_film_without_frames_is_refused(tmp_path: Path) -> None:
    for name in ("a.webm", "a.gif"):
        with pytest.raises(BadRequest):
            write_film(tmp_path / name, kind_of(Path(name)), [], 8)


@pytest.mark.parametrize(
    ("there_and_back", "count", "moments"),
    [(False, 5, [0, 0.25, 0.5, 0.75, 1]), (True, 4, [0, 0.25, 0.5, 0.75]), (False, 1, [0]), (False, 2, [0, 1])],
)
def test_the_last_picture_is_the_camera_s_end_or_leads_to_the_first(
    there_and_back: bool, count: int, moments: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_module, "seen", lambda layers, camera, progress_01: progress_01)
    camera = Camera(there_and_back=there_and_back)
    assert list(frames(layers(), camera, count)) == [camera.progress(one) for one in moments]


@pytest.mark.parametrize(
    ("size", "move"),
    [(Size(100, 126), "right"), (Size(100, 125), "in"), (Size(126, 100), "down"), (Size(125, 100), "in")],
)
def test_a_panel_is_long_beyond_one_and_a_quarter(size: Size, move: str) -> None:
    assert camera_for("auto", size, "ltr") == camera_for(move, size, "ltr")  # type: ignore[arg-type]


def test_a_camera_goes_as_it_is_told_and_back() -> None:
    there = camera_for("left", Size(100, 100), "ltr", there_and_back=True)
    assert there == Camera(way=(-1.0, 0.0), nearer=0.5, there_and_back=True)
    assert camera_for("in", Size(100, 300), "ltr", there_and_back=True) == Camera(nearer=1.0, there_and_back=True)
    assert camera_for("up", Size(100, 300), "ltr").way == (0, -1)
