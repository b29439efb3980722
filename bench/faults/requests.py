"""Give every method of the wire hostile parameters: each value of a sound request in turn becomes each hostile one.

A loss is an answer that does not come or says E_INTERNAL, a host that is gone, and a palette, a preset or a reference
that was there before and is not after all of it. `--only` names methods. Texts that are no Unicode, numbers that are
not finite and deep nests are sent as bytes that no client would make.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgpack
from PIL import Image

from bench.faults.hostile import HOSTILE
from bench.faults.made.made import small_page
from host.messaging.client import HostClient, HostFault, HostGone
from host.messaging.messages import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_ANSWER_S: Final = 60.0
_DIGEST: Final = "ab" * 32
_KEPT: Final = "kept"
_SERIES: Final = "hostile"
# Session and secrets: the one ends the trial, the others are the keyring's.
LEFT_OUT: Final = ("session.hello", "session.ping", "secret.set", "secret.delete", "model.pull")
_TEXTS: Final = (
    "../" * 40 + "etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\x", "CON", "a" * 80, "a" * 81,
    "a" * 4097,
    "\u202egnp.exe", "\u200b", "\ufeff", "e\u0301", "<img src=x onerror=alert(1)>", "'; DROP TABLE results; --",
    "%s%n{0}", "\x1b[31m", "\r\n", "NaN", "null", "0", "🎴" * 400, "file:///etc/passwd", " ",
)  # fmt: skip
_NUMBERS: Final = (0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1, -0.0, 1e-320, 255, 256)
_FORMS: Final = (b"", b"\0" * 64, [[[[]]]], [None], [{}], {"": ""}, {"__class__": "x"}, ["x"] * 5001, [1] * 70_000)


def main(arguments: Sequence[str]) -> int:
    """Try all; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults requests", description=__doc__)
    parser.add_argument("--only", nargs="*", default=list(METHODS), choices=list(METHODS))
    wanted = set(parser.parse_args(arguments).only)
    counts: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory(prefix="irodori-requests-") as home,
        HostClient.spawn(home=Path(home), stderr=subprocess.DEVNULL) as host,
    ):
        _try_all(host, wanted, counts)
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{count:6}  {name}\n")
    lost = sum(count for name, count in counts.items() if name.startswith("LOST"))
    sys.stdout.write(f"{sum(counts.values())} requests, {lost} losses\n")
    return 1 if lost else 0


def _try_all(host: HostClient, wanted: set[str], counts: Counter[str]) -> None:
    host.hello()
    kept = _keep(host)
    other = host.call("reference.add", {"image": _tiny(), "series": _SERIES})["reference_id"]
    for method, sound in sound_requests(str(other)).items():
        if method not in wanted:
            continue
        for params in _hostile(sound):
            counts[f"{_asked(host, method, params)} {method}"] += 1
        for raw in _unsound_bytes(method, sound):
            counts[f"{_sent(host, raw)} {method}"] += 1
        for what in _lacking(host, kept):
            counts[f"LOST {what} after {method}"] += 1


def _keep(host: HostClient) -> str:
    """Make a preset, a palette and a reference, under names that no request uses; return the reference's id."""
    host.call("preset.save", {"name": _KEPT, "options": {"seed": 1}})
    host.call("palette.set", {"series": _KEPT, "mood": "dusk", "place": {"name": "roof", "mood": "rain"}})
    added = host.call("reference.add", {"image": small_page(7), "name": _KEPT, "series": _KEPT})
    return str(added["reference_id"])


def _lacking(host: HostClient, reference_id: str) -> list[str]:
    def lacks(ask: Callable[[], bool]) -> bool:
        try:
            return not ask()
        except (HostFault, HostGone, TimeoutError, NoAnswer):
            return True

    def palette() -> bool:
        found = host.call("palette.get", {"series": _KEPT})["palette"]
        return bool(found["mood"] == "dusk" and found["places"][0]["name"] == "roof")

    lacking = {
        "the preset": lacks(lambda: _KEPT in [one["name"] for one in host.call("preset.list")]),
        "the palette": lacks(palette),
        "the reference": lacks(lambda: reference_id in [one["reference_id"] for one in host.call("reference.list")]),
        "the settings": lacks(lambda: bool(host.call("settings.get"))),
        "the history": lacks(lambda: isinstance(host.call("history.list"), list)),
        "the examination": lacks(lambda: bool(host.call("host.doctor"))),
    }
    return [what for what, lacks_it in lacking.items() if lacks_it]


def sound_requests(other: str) -> dict[str, dict[str, Any]]:
    """Return a request for each method that the host would take, with as many keys as it knows; other: a reference."""
    image = small_page(3)
    digest = hashlib.sha256(image).hexdigest()
    corrections = {
        "hints": [{"points": [[0.5, 0.5]], "rgb": [1, 2, 3], "radius": 0.01}],
        "palettes": [{"point": [0.5, 0.5], "hair": [1, 2, 3]}],
        "words": [{"text": "dusk"}],
    }
    options = {
        "seed": 1, "strength": 0.5, "steps": 4, "prompt": "p", "negative_prompt": "n", "keep_coloured": True,
        "quality": "standard", "loras": [{"name": "l", "weight": 1.0}], "engine_options": {"a": {"b": [1]}},
        "translate": False, "caption": False, "enhance": "off",
    }  # fmt: skip
    page = {"page_id": "p", "index": 0, "sha256": digest, "visible": True, "url": "https://a/b", **corrections}
    chapter = {
        "series": _SERIES, "chapter": "1", "direction": "auto", "references": [other], "pages": [page],
        "engine": "compact", "options": options,
    }  # fmt: skip
    place = {"name": "pier", "mood": "fog", "shows": [_DIGEST], "shows_not": [_DIGEST]}
    words = {"series": _SERIES, "name": "Aki", "hair": [1, 2, 3], "clear": ["skin"], "mood": "m", "place": place}
    exported = {"page_id": "p", "sha256": digest, "result_key": _DIGEST, "rows": [0, 5]}
    file = b'{"version": 1, "series": "hostile", "characters": [{"character_id": "1", "name": "Aki"}], "places": []}'
    filters = [{"filter": "levels", "black": 1, "white": 200, "gamma": 1.5}, {"filter": "blur", "amount": 2.0}]
    return {
        "engine.list": {}, "palette.list": {}, "preset.list": {}, "model.list": {}, "settings.get": {},
        "cache.stats": {}, "history.list": {}, "host.doctor": {},
        "reference.add": {"image": image, "name": "n", "series": _SERIES, "character": "c", "source_url": "https://a"},
        "reference.list": {"series": _SERIES},
        "reference.change": {"reference_id": other, "name": "n", "series": _SERIES, "character": "c"},
        "reference.search": {"k": 3, "reference_id": other, "series": _SERIES},
        "palette.set": words, "palette.get": {"series": _SERIES}, "palette.undo": {"series": _SERIES},
        "palette.merge": {"series": _SERIES, "kept": "1", "gone": "2"}, "palette.export": {"series": _SERIES},
        "palette.import": {"series": _SERIES, "json": file},
        "palette.elements": {
            "series": _SERIES, "json": b'{"elements": [{"name": "Aki", "trigger": "@Aki", "pictures": ["a.png"]}]}',
            "pictures": [{"name": "a.png", "image": _tiny()}],
        },
        "preset.save": {"name": "n", "engine": "compact", "options": options}, "preset.remove": {"name": "n"},
        "pipeline.estimate": chapter, "pipeline.run_chapter": chapter,
        "pipeline.run_page": {**page, "series": _SERIES, "chapter": "1", "references": [other], "options": options},
        "page.put": {"job_id": "j", "page_id": "p", "image": image}, "page.keep": {"sha256": digest, "image": image},
        "page.region": {"sha256": digest, "point": [0.5, 0.5]},
        "job.prioritize": {"job_id": "j", "page_ids": ["p"], "index": 0}, "job.status": {"job_id": "j"},
        "job.cancel": {"job_id": "j", "page_ids": ["p"]},
        "chapter.export": {
            "format": "cbz", "pages": [exported], "series": _SERIES, "chapter": "1", "direction": "rtl",
            "export_id": "e", "partial": True,
        },
        "export.cancel": {"export_id": "e"}, "settings.set": {"seed": 1}, "cache.clear": {"older_than_s": 5.0},
        "history.report": {"series": _SERIES},
        "history.forget": {"series": _SERIES}, "model.remove": {"model_id": "m"},
        "reference.thumbnails": {"reference_ids": [other]}, "words.list": {"ollama": False},
        "studio.networks": {}, "studio.look": {"image": _tiny(), "filters": filters, "scale": 0.5},
        "studio.start": {
            "task_id": "t", "tool": "filter", "image": _tiny(), "direction": "auto", "filters": filters, "figures": [0],
            "panels": [1], "inside": [[1, 2]], "words": "w", "series": _SERIES, "references": [other], "seed": 1,
            "pages": [digest], "left": 1, "scale": 2, "seconds": 1.0,
        },
        "studio.first": {"task_id": "t"}, "studio.cancel": {"task_id": "t"},
        "reference.remove": {"reference_id": other},
    }  # fmt: skip


def _hostile(sound: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield requests in each of which one value, or one key, is hostile."""
    yield from ({**sound, str(text): "x"} for text in _TEXTS[:3])
    for place in _places(sound):
        yield _without(sound, place)
        for value in (*HOSTILE, *_TEXTS, *_NUMBERS, *_FORMS):
            yield _changed(sound, place, value)


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value within maps and lists."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*above, key)
        yield from _places(one, (*above, key))


def _changed(value: Any, place: tuple[Any, ...], hostile: object) -> Any:
    if not place:
        return hostile
    copy = value.copy()
    copy[place[0]] = _changed(value[place[0]], place[1:], hostile)
    return copy


def _without(value: Any, place: tuple[Any, ...]) -> Any:
    copy = value.copy()
    if len(place) == 1:
        del copy[place[0]]
    else:
        copy[place[0]] = _without(value[place[0]], place[1:])
    return copy


def _asked(host: HostClient, method: str, params: Mapping[str, Any]) -> str:
    try:
        future = host.request(method, dict(params))
    except (OverflowError, TypeError, ValueError):
        return "not to be carried "
    return _ended(future, params)


def _ended(future: Future[Any], params: object) -> str:
    try:
        future.result(_ANSWER_S)
    except HostFault as fault:
        if fault.code == "E_INTERNAL" or not fault.message:
            sys.stdout.write(f"{fault} {_short(params)}\n")
            return "LOST E_INTERNAL    "
        return f"{fault.code:18}"
    except (HostGone, TimeoutError, NoAnswer) as exc:
        sys.stdout.write(f"{type(exc).__name__} {exc} {_short(params)}\n")
        return "LOST no answer     "
    return "answered           "


def _short(params: object) -> str:
    return repr(params)[:600]


def _unsound_bytes(method: str, sound: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield frames that hold what a client's own encoder would refuse; `{msgid}` stands for 4 bytes of the number."""
    deep: Any = {}
    for _ in range(500):
        deep = {"a": deep}
    texts = {"\ud800": "\udfff"}
    for value in (deep, float("nan"), float("inf"), texts, msgpack.Timestamp(1), msgpack.ExtType(5, b"x"), {1: 2}):
        for key in (*sound, "other"):
            yield msgpack.packb([0, 0, method, {**sound, key: value}], unicode_errors="surrogatepass")
    yield msgpack.packb([0, 0, method, dict(sound)]) + b"\xc1"
    yield msgpack.packb([0, 0, method, [dict(sound)]])
    yield msgpack.packb([0, 0, method, dict(sound), 1])


def _sent(host: HostClient, frame: bytes) -> str:
    """Send a frame; it is answered by an error, or is a fault of the session."""
    future: Future[Any] = Future()
    with host._changed:  # noqa: SLF001 - a client that keeps the rules sends no such frames
        host._count += 1  # noqa: SLF001
        host._waiting[host._count] = ("session.ping", future)  # noqa: SLF001
        faults = sum(name == "session.fault" for name, _ in host.notifications)
        numbered = frame[:2] + b"\xce" + host._count.to_bytes(4, "big") + frame[3:]  # noqa: SLF001
    host._channel.outbox.put(numbered)  # noqa: SLF001

    def heard(notes: list[tuple[str, dict[str, Any]]]) -> bool | None:
        return (future.done() or sum(name == "session.fault" for name, _ in notes) > faults) or None

    future.add_done_callback(lambda _: _wake(host))
    try:
        host.wait_until(heard, _ANSWER_S)
    except (HostGone, TimeoutError) as exc:
        sys.stdout.write(f"{exc} {frame[:200]!r}\n")
        return "LOST no answer     "
    return _ended(future, frame[:200]) if future.done() else "session.fault      "


def _wake(host: HostClient) -> None:
    with host._changed:  # noqa: SLF001
        host._changed.notify_all()  # noqa: SLF001


def _tiny() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 30, 30)).save(buffer, "PNG")
    return buffer.getvalue()
