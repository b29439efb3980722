"""A site whose pictures have difficult habits: slices, one-time tokens, rates, decoys. Loopback only.

The documents are on 127.0.0.1, the pictures on both origins; every request for a picture is counted by path.
"""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from functools import cached_property
from http.server import ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING, Final

from PIL import Image

from tests.e2e.site import TYPES, QuietHandler, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STRIP_WIDTH: Final = 800
SLICE_ROWS: Final = 694
SLICES: Final = 7
STRIP_OF: Final = ("panels-en.webp", "dragons-ja.png", "panels-ja.jpg", "insets-en.jpg", "manga-library-ja.png")
PAGES: Final = ("panels-en.webp", "panels-ja.jpg", "insets-en.jpg")
BLANK: Final = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
LAZY: Final = """<script>
  const near = new IntersectionObserver((seen) => seen.forEach(({target, isIntersecting}) => {
    if (!isIntersecting) return;
    target.src = target.dataset.url; target.removeAttribute('data-url'); near.unobserve(target);
  }), {rootMargin: '500px'});
  document.querySelectorAll('main img').forEach((img) => near.observe(img));
</script>"""
STYLE: Final = "html { scrollbar-width: none } body { margin: 0; background: #eee } main { width: 800px; margin: auto }"


class Habits:
    """Serves the documents and the pictures; `asked` counts requests by path and query."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: Counter[str] = Counter()
        self._tokens = (f"t{number}" for number in count())
        handler = type("Handler", (_Handler,), {"site": self})
        self.servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
        self.origin, self.cdn = (
            f"http://{host}:{server.server_address[1]}"
            for host, server in zip(("127.0.0.1", "localhost"), self.servers, strict=True)
        )

    @cached_property
    def strip(self) -> Image.Image:
        """Return comic pages below one another, as tall as the slices are together."""
        strip = Image.new("RGB", (STRIP_WIDTH, SLICE_ROWS * SLICES), "white")
        top = 0
        for name in STRIP_OF:
            with Image.open(self.folder / name) as opened:
                page = opened.convert("L").convert("RGB")
            inner = page.crop((30, 60, page.width - 30, page.height - 60))  # panels go on over a slice's end
            part = inner.resize(
                (STRIP_WIDTH, round(inner.height * STRIP_WIDTH / inner.width)), Image.Resampling.LANCZOS
            )
            strip.paste(part, (0, top))
            top += part.height
        return strip

    def document(self, path: str) -> str | None:
        """Return the document at `path`."""
        bodies = {
            "/strip": self._strip('<img src="/slice/{}.jpg" {}>'),
            "/once": self._column(f"{self.cdn}/once/{self._token()}-{{}}/{{}}"),
            "/nostore": self._column(f"{self.cdn}/nostore/{self._token()}-{{}}/{{}}"),
            "/cached": self._column(f"{self.cdn}/cached/{self._token()}-{{}}/{{}}"),
            "/open": self._column(f"{self.cdn}/open/{self._token()}-{{}}/{{}}"),
            "/rate": self._column(f"{self.cdn}/rate/{self._token()}-{{}}/{{}}"),
            "/cut": self._column(f"{self.cdn}/cut/{self._token()}-{{}}/{{}}"),
            "/decoy": self._column(f"{self.cdn}/decoy/{self._token()}-{{}}/{{}}"),
            "/own-decoy": self._column(f"/decoy/{self._token()}-{{}}/{{}}"),
            "/own-once": self._column(f"/once/{self._token()}-{{}}/{{}}"),
            "/turned": self._turned(),
            "/small": self._column("/small/{}/{}"),
            "/strip-lazy": self._strip(f'<img src="{BLANK}" data-url="{self.cdn}/slice/{{}}.jpg" {{}}>') + LAZY,
        }
        if path not in bodies:
            return None
        head = f'<meta charset="utf-8"><title>Rain Town - Chapter 3 - Comics</title><style>{STYLE}</style>'
        return f"<!doctype html><html><head>{head}</head><body>{bodies[path]}</body></html>"

    def _strip(self, form: str) -> str:
        size = f'width="{STRIP_WIDTH}" height="{SLICE_ROWS}" style="display:block"'
        return f"<main>{''.join(form.format(number, size) for number in range(SLICES))}</main>"

    def _column(self, form: str) -> str:
        style = 'style="display:block;width:620px;margin:0 auto 12px"'
        images = "".join(f'<img src="{form.format(at, name)}" {style}>' for at, name in enumerate(PAGES))
        return f"<main>{images}</main>"

    def _turned(self) -> str:
        """Return a reader that shows one page, made anew at each turn under an address of its own."""
        script = f"""<script>
          const names = {list(PAGES)!r}; let at = 0;
          async function show(number) {{
            at = number; history.pushState({{}}, '', '/turned?page=' + (at + 1));
            const blob = await (await fetch('/small/' + names[at])).blob();
            const img = new Image(); img.style = 'display:block;height:780px;margin:auto'; img.dataset.page = at;
            const address = URL.createObjectURL(blob);
            img.onload = () => URL.revokeObjectURL(address);
            img.src = address; document.querySelector('main').replaceChildren(img);
          }}
          addEventListener('keydown', ({{key}}) => {{
            const to = at + ({{ArrowRight: 1, ArrowLeft: -1}}[key] ?? 0); if (names[to] && to !== at) show(to);
          }});
          show(0);
        </script>"""
        return f'<main style="height:800px"></main>{script}'

    def _token(self) -> str:
        return next(self._tokens)

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers for a picture's path, which was counted before."""
        habit, *rest = path.strip("/").split("/")
        times = self.asked[path]
        if habit == "slice":
            return 200, self._slice(int(rest[-1].removesuffix(".jpg"))), _picture("image/jpeg")
        file = self.folder / (rest or [habit])[-1]
        if not file.is_file():
            return 404, b"", {}
        whole, mime = file.read_bytes(), TYPES[file.suffix]
        if habit == "small":
            return 200, _small(file), _picture("image/png")
        match habit:
            case "cached":
                return 200, whole, _picture(mime)
            case "open":
                return 200, whole, _picture(mime) | {"Access-Control-Allow-Origin": "*"}
            case "once" if times > 1:
                return 403, b"token used", {}
            case "rate" if times in {2, 3}:
                return 429, b"slow down", {"Retry-After": "1"}
            case "cut" if times == 2:
                return 200, whole[: len(whole) * 6 // 10], _picture(mime, "no-store")
            case "decoy" if times > 1:
                return 200, self._decoy(file), _picture("image/png", "no-store")
        return 200, whole, _picture(mime, "no-store")

    def _decoy(self, file: Path) -> bytes:
        """Return another picture of the same size."""
        with Image.open(file) as page:
            encoded = io.BytesIO()
            page.convert("L").transpose(Image.Transpose.ROTATE_180).save(encoded, "PNG", compress_level=1)
            return encoded.getvalue()

    def _slice(self, number: int) -> bytes:
        encoded = io.BytesIO()
        rows = number * SLICE_ROWS, (number + 1) * SLICE_ROWS
        self.strip.crop((0, rows[0], STRIP_WIDTH, rows[1])).save(encoded, "JPEG", quality=90)
        return encoded.getvalue()


def _small(file: Path) -> bytes:
    """Return a page at half its size: where it is not the colours that matter."""
    with Image.open(file) as page:
        encoded = io.BytesIO()
        page.convert("L").reduce(2).save(encoded, "PNG", compress_level=1)
        return encoded.getvalue()


def _picture(mime: str, cache: str = "max-age=600") -> dict[str, str]:
    return {"Content-Type": mime, "Cache-Control": cache}


class _Handler(QuietHandler):
    site: Habits

    def answer(self) -> None:
        self.site.asked[self.path] += 1
        path = self.path.partition("?")[0]
        text = self.site.document(path)
        if text is not None:
            return self.send(200, text.encode(), {"Content-Type": "text/html; charset=utf-8"})
        return self.send(*self.site.answer(path))


@contextlib.contextmanager
def serve_habits(folder: Path) -> Iterator[Habits]:
    """Serve the site on two free loopback ports until the block ends."""
    site = Habits(folder)
    with serving(*site.servers):
        yield site
