"""A manga site of two origins: documents on 127.0.0.1, pictures also on localhost, which checks the Referer.

Loopback only. Each path is one habit of real readers: lazy loading, srcset, a strict content policy, infinite
scroll, chapters that change without a new document.
"""

from __future__ import annotations

import contextlib
import io
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}

STYLE = """
  html { scrollbar-width: none } body { margin: 0; font: 16px sans-serif; background: #eee }
  header { height: 90px; background: #334; color: white } header img { height: 90px }
  main { width: 620px; margin: auto } main img { display: block; width: 100%; height: auto; margin: 0 0 12px }
  .avatar { width: 48px; height: 48px } footer { height: 300px }
"""
# A banner as large as a page, an avatar that is a page shown small: neither is a page of the chapter.
FURNITURE_TOP = '<header><img src="/pages/night-en.webp?banner" alt=""><b>Comics</b></header>'
FURNITURE_END = '<footer><p>Comments</p><img class="avatar" src="/pages/coloured-en.webp?avatar" alt=""></footer>'


@dataclass
class MangaSite:
    """Serves the comic pages of `folder`; `asked` counts requests by path and query.

    `added` are documents with their headers, `files` bytes with their type, that a test adds.
    """

    folder: Path
    asked: dict[str, int] = field(default_factory=dict)
    added: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    page_port: int = 0
    picture_port: int = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.page_port}"

    @property
    def cdn(self) -> str:
        return f"http://localhost:{self.picture_port}"

    def document(self, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the document at `path` and its extra headers."""
        make: dict[str, Callable[[], tuple[str, dict[str, str]]]] = {
            "/chapter/plain": lambda: (self._list(PLAIN, "/pages/{}"), {}),
            "/chapter/long": lambda: (self._list(MANY, "/shaved/{}"), {}),
            "/chapter/cdn": lambda: (self._list(PLAIN, self.cdn + "/guarded/{}"), {}),
            "/chapter/policy": lambda: (self._list(PLAIN, "/pages/{}"), {"Content-Security-Policy": POLICY}),
            "/chapter/lazy": lambda: (self._lazy(), {}),
            "/chapter/srcset": lambda: (self._srcset(), {}),
            "/chapter/blob": lambda: (self._blob(), {}),
            "/chapter/endless": lambda: (self._endless(), {}),
            "/chapter/app/1": lambda: (self._app(), {}),
            "/chapter/framed": lambda: (self._framed(self.origin), {}),
            "/chapter/framed-elsewhere": lambda: (self._framed(self.cdn), {}),
            "/chapter/canvas": lambda: (self._frame('<main><canvas width="700" height="1000"></canvas></main>'), {}),
            "/chapter/background": lambda: (self._background(), {}),
            "/chapter/series": lambda: (self._series(), {}),
            "/chapter/blocked": lambda: (self._blocked(), {}),
            "/gallery": lambda: (self._list(("reference-warm.webp", "reference-cold.webp"), "/pages/{}"), {}),
        }
        return make[path]() if path in make else self.added.get(path)

    def _frame(self, body: str, script: str = "") -> str:
        head = f'<meta charset="utf-8"><title>Rain Town - Chapter 3 - Comics</title><style>{STYLE}</style>'
        return (
            f"<!doctype html><html><head>{head}</head><body>{FURNITURE_TOP}{body}{FURNITURE_END}{script}</body></html>"
        )

    def _list(self, names: tuple[str, ...], form: str) -> str:
        images = "".join(f'<img src="{form.format(name)}" alt="">' for name in names)
        return self._frame(f"<main>{images}</main>")

    def _framed(self, origin: str) -> str:
        return self._frame(f'<iframe src="{origin}/chapter/plain" width="760" height="700"></iframe>')

    def _background(self) -> str:
        style = f"width:600px;height:900px;background:url(/pages/{PLAIN[0]}) 0 0/contain"
        return self._frame(f'<main><div style="{style}"></div></main>')

    def _series(self) -> str:
        return self._frame(f'<main><img src="/pages/{PLAIN[0]}" style="width:200px" alt=""><p>Chapter 1</p></main>')

    def _blocked(self) -> str:
        """Overlays lie on the pages, and the right click is blocked."""
        script = """<script>
          window.clicks = 0;
          addEventListener('contextmenu', (event) => event.preventDefault(), true);
          addEventListener('click', () => { window.clicks += 1 });
        </script>"""
        over = '<div style="position:absolute;inset:0;z-index:9"></div>'
        images = "".join(f'<img src="/pages/{name}" alt="">' for name in PLAIN)
        return self._frame(f'<main style="position:relative">{images}{over}</main>', script)

    def _lazy(self) -> str:
        blank = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
        images = "".join(
            f'<img src="{blank}" data-src="/pages/{name}" alt="" style="aspect-ratio: 5 / 7">' for name in PLAIN
        )
        script = """<script>
          const near = new IntersectionObserver((seen) => seen.forEach(({target, isIntersecting}) => {
            if (!isIntersecting) return;
            target.src = target.dataset.src; target.style.aspectRatio = ''; near.unobserve(target);
          }));
          document.querySelectorAll('main img').forEach((img) => near.observe(img));
        </script>"""
        return self._frame(f"<main>{images}</main>", script)

    def _srcset(self) -> str:
        images = "".join(
            f'<picture><source type="image/webp" srcset="/pages/{name} 1x, /pages/{name}?big 2x">'
            f'<img src="/pages/{name}?fallback" srcset="/pages/{name} 620w, /pages/{name}?w 1240w" sizes="620px">'
            "</picture>"
            for name in PLAIN[:2]
        ) + "".join(
            f'<picture><img src="/pages/{name}?fallback" srcset="/pages/{name} 2x" style="width: auto"></picture>'
            for name in PLAIN[2:]
        )
        return self._frame(f"<main>{images}</main>")

    def _blob(self) -> str:
        script = f"""<script>
          fetch('/pages/{PLAIN[0]}').then((answer) => answer.blob()).then((blob) => {{
            const img = new Image(); img.alt = ''; img.src = URL.createObjectURL(blob);
            img.onload = () => URL.revokeObjectURL(img.src);
            document.querySelector('main').append(img);
          }});
        </script>"""
        return self._frame("<main></main>", script)

    def _endless(self) -> str:
        script = f"""<script>
          const rest = {list(LONG[2:])!r};
          const end = document.getElementById('end');
          const watch = new IntersectionObserver((seen) => {{
            if (!seen.some((entry) => entry.isIntersecting) || !rest.length) return;
            const img = new Image(); img.alt = '';
            img.onload = () => {{ watch.unobserve(end); watch.observe(end) }}; // it may have left and come back unseen
            img.src = '/pages/' + rest.shift();
            document.querySelector('main').append(img);
          }}, {{rootMargin: '200px'}});
          watch.observe(end);
        </script>"""
        images = "".join(f'<img src="/pages/{name}" alt="">' for name in LONG[:2])
        return self._frame(f'<main>{images}</main><div id="end" style="height:20px"></div>', script)

    def _app(self) -> str:
        script = f"""<script>
          const chapters = {{1: {list(PLAIN)!r}, 2: {list(LONG[3:])!r}}};
          function show(number) {{
            const images = chapters[number].map((name) => {{
              const img = new Image(); img.alt = ''; img.src = '/pages/' + name + '?chapter=' + number; return img;
            }});
            document.querySelector('main').replaceChildren(...images);
          }}
          document.querySelector('#next').onclick = () => {{ history.pushState({{}}, '', '/chapter/app/2'); show(2) }};
          show(1);
        </script>"""
        return self._frame('<main></main><button id="next">Next chapter</button>', script)


def shaved(file: Path, rows: int) -> bytes:
    """Return the picture without its last rows: another page to whoever looks at pixels."""
    with Image.open(file) as picture:
        encoded = io.BytesIO()
        picture.crop((0, 0, picture.width, picture.height - rows)).save(encoded, "PNG", compress_level=1)
        return encoded.getvalue()


PLAIN = ("panels-en.webp", "panels-ja.jpg", "insets-en.jpg")
LONG = ("manga-library-ja.png", "panels-en.webp", "panels-ja.jpg", "dragons-ja.png", "insets-en.jpg", "night-en.webp")
MANY = tuple(f"{name}?{rows}" for rows in (1, 2) for name in LONG[:4])  # eight pages, each unlike the others
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"


class QuietHandler(BaseHTTPRequestHandler):
    """Answers, and says nothing."""

    def answer(self) -> None:
        """Answer a GET by `send`."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self.answer()

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Send a body; a `Content-Length` of its own may lie."""
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class _Handler(QuietHandler):
    site: MangaSite

    def answer(self) -> None:
        path, _, query = self.path.partition("?")
        self.site.asked[self.path] = self.site.asked.get(self.path, 0) + 1
        document = self.site.document(path)
        if document is not None:
            text, headers = document
            return self.send(200, text.encode(), {"Content-Type": "text/html; charset=utf-8"} | headers)
        if path in self.site.files:
            body, mime = self.site.files[path]
            return self.send(200, body, {"Content-Type": mime})
        folder, _, name = path.strip("/").partition("/")
        file = self.site.folder / Path(name).name
        if folder == "guarded" and not self.headers.get("Referer", "").startswith(self.site.origin):
            return self.send(403, b"hotlinking", {"Content-Type": "text/plain"})
        if folder in {"pages", "guarded"} and file.suffix in TYPES and file.is_file():
            headers = {"Content-Type": TYPES[file.suffix], "Cache-Control": "max-age=600"}
            return self.send(200, file.read_bytes(), headers)
        if folder == "shaved" and file.is_file():
            return self.send(200, shaved(file, int(query)), {"Content-Type": "image/png"})
        return self.send(404, b"", {"Content-Type": "text/plain"})


@contextlib.contextmanager
def serving(*servers: ThreadingHTTPServer) -> Iterator[None]:
    """Let servers answer, each on a thread of its own, until the block ends."""
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[MangaSite]:
    """Serve the site on two free loopback ports until the block ends."""
    site = MangaSite(folder)
    handler = type("Handler", (_Handler,), {"site": site})
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
    site.page_port, site.picture_port = (server.server_address[1] for server in servers)
    with serving(*servers):
        yield site
