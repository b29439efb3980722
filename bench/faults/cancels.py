"""Cancel two pages that are under way, at random points, and see how soon the host begins another page.

Pages are ordinary ones, large and slow pictures, large ones that are drawn all over or are noise, and a strip. A loss
is a host that takes over a second from the cancel to the first step of the next page, and over a second of processors
as well (where others compute on this machine it waits for them), or one that does not end it.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import random
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import psutil
from PIL import Image, ImageOps

from bench.faults.chapters import chapter_pages, strip_page
from bench.faults.pictures import large_pictures
from host.messaging.client import HostClient

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FREE_S: Final = 1.0
_ANSWER_S: Final = 120.0
_LATEST_S: Final = 4.0
_LARGE: Final = (6270, 9405)


def main(arguments: Sequence[str]) -> int:
    """Try each kind N times; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults cancels", description=__doc__)
    parser.add_argument("-n", type=int, default=10, help="how many cancels of each kind")
    parser.add_argument("--only", nargs="*", default=list(_KINDS), choices=list(_KINDS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    lost = 0
    for kind in options.only:
        dice = random.Random(f"{options.seed} {kind}")
        pictures = _KINDS[kind]()
        with tempfile.TemporaryDirectory(prefix="irodori-cancels-") as home, HostClient.spawn(home=Path(home)) as host:
            host.hello()
            _first_page(host, "warm")
            found = [_trial(host, pictures, dice, f"{number}") for number in range(options.n)]
        late = sum(min(pair) > _FREE_S for pair in found)
        lost += late
        took_s, worked_s = zip(*found, strict=True)
        sys.stdout.write(
            f"{kind:10} {'LOST' if late else 'held'}: {len(took_s)} x 2 pages cancelled, the next one begun after "
            f"{np.median(took_s):.2f} s (median), {max(took_s):.2f} s (latest); of processors "
            f"{np.median(worked_s):.2f} and {max(worked_s):.2f} s\n"
        )
        sys.stdout.flush()
    sys.stdout.write(f"{lost} losses\n")
    return 1 if lost else 0


def _trial(host: HostClient, pictures: Sequence[bytes], dice: random.Random, name: str) -> tuple[float, float]:
    """Return the seconds from a cancel of two jobs to the first step of another page, and those of processors."""
    two = [_varied(picture, f"{name} {number}") for number, picture in enumerate(dice.sample(list(pictures), 2))]
    jobs = [_run(host, picture, f"{name}-{number}") for number, picture in enumerate(two)]
    time.sleep(dice.uniform(0.0, _LATEST_S))
    for job in jobs:
        host.call("job.cancel", {"job_id": job})
    return _first_page(host, name)


def _first_page(host: HostClient, name: str) -> tuple[float, float]:
    began_s, worked_s = time.monotonic(), _worked_s(host)
    job = _run(host, _small(name), f"small-{name}")
    host.wait_for("job.progress", _ANSWER_S, job_id=job)
    took_s, worked_s = time.monotonic() - began_s, _worked_s(host) - worked_s
    done = host.wait_for("job.done", _ANSWER_S, job_id=job)
    return (took_s, worked_s) if done["failed"] == 0 else (_ANSWER_S, _ANSWER_S)


def _worked_s(host: HostClient) -> float:
    """Return how long processors have worked for a host and for those that it started."""
    assert host.process is not None
    own = psutil.Process(host.process.pid)
    total = 0.0
    for each in (own, *own.children(recursive=True)):
        with suppress(psutil.Error):
            told = each.cpu_times()
            total += told.user + told.system + told.children_user + told.children_system
    return total


def _run(host: HostClient, picture: bytes, chapter: str) -> str:
    row = {"page_id": "p", "index": 0, "sha256": hashlib.sha256(picture).hexdigest()}
    asked: dict[str, Any] = {"series": "S", "chapter": chapter, "direction": "auto", "references": [], "pages": [row]}
    accepted = host.call("pipeline.run_chapter", asked)
    if accepted["need"]:
        host.put_page(accepted["job_id"], "p", picture)
    return str(accepted["job_id"])


def _varied(picture: bytes, name: str) -> bytes:
    """Return a picture of the same pixels and other bytes, so that nothing is known of it."""
    return picture + b"\0" + name.encode()


def _small(name: str) -> bytes:
    dice = np.random.default_rng(list(name.encode()))
    page = np.full((360, 240), 255, np.uint8)
    page[30:330, 20:220] = dice.integers(90, 200, (10, 10)).astype(np.uint8).repeat(30, 0).repeat(20, 1)
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "PNG")
    return buffer.getvalue()


def _busy_pages() -> list[bytes]:
    """Return pages on which every pixel costs: a comic's page of 59 megapixels, and noise of 20."""
    with Image.open(io.BytesIO(chapter_pages()[0])) as page:
        drawn = page.resize(_LARGE, Image.Resampling.BICUBIC)
    noise = np.random.default_rng(3).integers(0, 256, (5000, 4000), np.uint8)
    return [_jpeg(drawn), _jpeg(Image.fromarray(noise)), _jpeg(ImageOps.mirror(drawn))]


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


_KINDS: Final[dict[str, Callable[[], Sequence[bytes]]]] = {
    "ordinary": chapter_pages,
    "large": lambda: [data for _, data in large_pictures()],
    "busy": _busy_pages,
    "strips": lambda: [strip_page()] * 2,
}
