"""Pages through the installed host: large ones both ways, credits, two hosts on one home."""

from __future__ import annotations

import base64
import hashlib
import io
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from host.messaging.client import HostClient

pytestmark = pytest.mark.slow

Start = Callable[..., Any]


def large_page(pages: Path) -> bytes:
    """Return a real page, 2400 px wide and with the grain of a scan, as a PNG of about 8 MB."""
    with Image.open(pages / "manga-library-ja.png") as page:
        grey = np.asarray(page.convert("L").resize((2600, 3699), Image.Resampling.LANCZOS), np.int16)
    grain = np.random.default_rng(5).integers(-12, 13, grey.shape, np.int16)
    encoded = io.BytesIO()
    Image.fromarray(np.clip(grey + grain, 0, 255).astype(np.uint8)).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def announce(image: bytes, page_id: str = "p") -> dict[str, Any]:
    return {"page_id": page_id, "index": 0, "sha256": hashlib.sha256(image).hexdigest()}


def chapter(*pages: dict[str, Any]) -> dict[str, Any]:
    return {"series": "s", "chapter": "c", "direction": "rtl", "pages": list(pages), "references": []}


def is_picture(data: bytes, width: int, height: int) -> bool:
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return picture.size == (width, height)


@pytest.fixture(scope="module")
def large(request: pytest.FixtureRequest) -> bytes:
    image = large_page(Path(__file__).parents[1] / "pages")
    assert len(image) > 6_000_000
    return image


def test_a_large_page_goes_there_and_back_within_the_credits(host: Any, large: bytes) -> None:
    host.request(1, "pipeline.run_chapter", chapter(announce(large)))
    job = host.answer(1)[3]
    assert job["need"] == ["p"]
    host.say(*host.cut([0, 2, "page.put", {"job_id": job["job_id"], "page_id": "p", "image": large}]))
    assert host.answer(2)[3] == {"accepted": True}
    chunks = -(-len(large) // 196_608)
    assert len(host.acks) >= chunks
    assert host.acks == [(host._count, q) for q in range(len(host.acks))]
    window: list[dict[str, Any]] = []
    frames: dict[int, bytearray] = {}
    while len(window) < 8:
        envelope = host.next()
        if envelope["n"] > 1:
            frames.setdefault(envelope["id"], bytearray()).extend(base64.b64decode(envelope["d"]))
            window.append(envelope)
    host.request(3, "session.ping")
    while (envelope := host.next())["n"] > 1 or b"uptime_s" not in base64.b64decode(envelope["d"]):
        assert envelope["n"] == 1, "a ninth chunk came before an acknowledgement"
    assert host.quiet()
    host._frames, host.acknowledging = frames, True
    host.say(*({"t": "ack", "id": each["id"], "q": each["q"]} for each in window))
    while (message := host.message())[1] != "page.done":
        assert message[1] != "page.failed", message
    assert is_picture(message[2]["image"], 2600, 3699)
    assert len(message[2]["image"]) > 6_000_000
    assert host.message()[1] == "job.done"


def test_control_goes_on_while_a_large_page_uploads(host: Any, large: bytes) -> None:
    upload = host.cut([0, 2, "page.put", {"job_id": "none", "page_id": "p", "image": large}])
    host.say(*upload[: len(upload) // 2])
    host.request(3, "session.ping")
    assert host.answer(3)[2] is None
    host.say(*upload[len(upload) // 2 :])
    assert host.answer(2)[2]["code"] == "E_NOT_FOUND"


def test_a_page_of_other_bytes_than_announced_is_refused(host: Any, pages: Path) -> None:
    image = (pages / "dragons-ja.png").read_bytes()
    host.acknowledging = True
    host.request(1, "pipeline.run_chapter", chapter(announce(image)))
    job_id = host.answer(1)[3]["job_id"]
    host.say(*host.cut([0, 2, "page.put", {"job_id": job_id, "page_id": "p", "image": image[:-1]}]))
    assert host.answer(2)[2]["code"] == "E_HASH_MISMATCH"


def colour(home: Path, images: dict[str, bytes], done: dict[str, Any]) -> None:
    with HostClient.spawn(home=home) as host:
        host.hello()
        spoken = [announce(image, page_id) | {"index": n} for n, (page_id, image) in enumerate(images.items())]
        job = host.call("pipeline.run_chapter", chapter(*spoken))
        for page_id in job["need"]:
            host.put_page(job["job_id"], page_id, images[page_id])
        counts = host.wait_for("job.done", timeout_s=200)
        done["counts"] = {key: counts[key] for key in ("done", "skipped", "failed", "cancelled")}
        done["images"] = {p["page_id"]: p["image"] for name, p in host.notifications if name == "page.done"}
        done["cached"] = [p["cached"] for name, p in host.notifications if name == "page.done"]


def test_two_hosts_on_one_home_share_one_cache(tmp_path: Path, pages: Path) -> None:
    names = ("dragons-ja.png", "panels-ja.jpg", "night-en.webp")
    images = {name: (pages / name).read_bytes() for name in names}
    outcomes: list[dict[str, Any]] = [{}, {}]
    hosts = [threading.Thread(target=colour, args=(tmp_path, images, outcome)) for outcome in outcomes]
    for thread in hosts:
        thread.start()
    for thread in hosts:
        thread.join()
    assert outcomes[0]["counts"] == outcomes[1]["counts"] == {"done": 3, "skipped": 0, "failed": 0, "cancelled": 0}
    assert outcomes[0]["images"] == outcomes[1]["images"]
    with sqlite3.connect(tmp_path / "data" / "irodori.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    third: dict[str, Any] = {}
    colour(tmp_path, images, third)
    assert third["images"] == outcomes[0]["images"]
    assert third["cached"] == [True, True, True]


def test_the_input_may_end_while_pages_are_coloured(tmp_path: Path, pages: Path) -> None:
    names = ("manga-library-ja.png", "panels-ja.jpg", "night-en.webp")
    images = {name: (pages / name).read_bytes() for name in names}
    for pause_s in (0.0, 0.3, 0.8):
        host = HostClient.spawn(home=tmp_path)
        host.call("cache.clear")
        job = host.call("pipeline.run_chapter", chapter(*(announce(image, name) for name, image in images.items())))
        for page_id in job["need"]:
            host.put_page(job["job_id"], page_id, images[page_id])
        threading.Event().wait(pause_s)
        assert host.close() == 0
        assert not [path for path in (tmp_path / "cache" / "spool").rglob("*") if path.is_file()]
    done: dict[str, Any] = {}
    colour(tmp_path, images, done)
    assert done["counts"] == {"done": 3, "skipped": 0, "failed": 0, "cancelled": 0}
    assert all(is_picture(image, *size_of(images[name])) for name, image in done["images"].items())


def size_of(image: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(image)) as picture:
        return picture.size
