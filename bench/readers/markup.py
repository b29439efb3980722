"""The pieces that layouts are made of; a picture with `data-truth="page"` is a page of the chapter, any other is not.

The server draws `/i/WIDTHxHEIGHT/NAME.png` in that size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STYLE: Final = "body{margin:0;font:16px sans-serif}img{max-width:100%}h3{margin:8px}"
DOT: Final = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@dataclass(frozen=True)
class Layout:
    """One document of a reader: its address below the site, its body, and whether it was kept out of tuning."""

    name: str
    body: str
    path: str = "/read/rain-town/chapter-3"
    style: str = ""

    @property
    def html(self) -> str:
        """Return the whole document."""
        head = f"<meta charset=utf-8><title>Rain Town - Chapter 3</title><style>{STYLE}{self.style}</style>"
        return f"<!doctype html><html><head>{head}</head><body>{self.body}</body></html>"


def picture(name: object, width: int = 800, height: int = 1200, attributes: str = "", tail: str = "") -> str:
    return f'<img src="/i/{width}x{height}/{name}.png" {attributes}>{tail}'


def page(name: object, width: int = 800, height: int = 1200, attributes: str = "", tail: str = "") -> str:
    return picture(f"page{name}", width, height, f'data-truth="page" {attributes}', tail)


def lazy(name: object, attribute: str = "data-src", attributes: str = "", source: str = DOT) -> str:
    """Return a page whose loader has not brought it yet."""
    shown = f'src="{source}" ' if source else ""
    return f'<img {shown}{attribute}="/i/800x1200/page{name}.png" data-truth="page" {attributes}>'


def pages(count: int, attributes: str = "", wrap: str = "{}") -> str:
    return "".join(wrap.format(page(number, attributes=attributes)) for number in range(count))


def covers(count: int, width_px: int = 190, wrap: str = '<a href="/series/s-{}">{}</a>', size: str = "600x850") -> str:
    images = [f'<img src="/i/{size}/cover{number}.png" style="width:{width_px}px">' for number in range(count)]
    return "".join(wrap.format(chr(97 + number), image) for number, image in enumerate(images))


def related(count: int = 6, width_px: int = 190, heading: str = "You may also like") -> str:
    return f"<section><h3>{heading}</h3>{covers(count, width_px)}</section>"


def comments(count: int = 4, classes: str = "comments", meme: bool = True) -> str:
    each = '<div class="entry"><img src="/i/512x512/user{}.png" style="width:48px"><p>Nice!</p></div>'
    rows = "".join(each.format(number) for number in range(count))
    posted = f'<div class="entry">{picture("meme", 700, 900, "style=max-width:600px")}</div>' if meme else ""
    return f'<div class="{classes}"><h3>Comments</h3>{rows}{posted}</div>'


def banner(name: str = "ad", width: int = 728, height: int = 90) -> str:
    return f'<a href="https://ads.example/{name}">{picture(name, width, height)}</a>'


CHAPTERS: Final = "<ul>" + "".join(f'<li><a href="/read/x/{n}">Chapter {n}</a></li>' for n in range(1, 13)) + "</ul>"
NAV: Final = '<nav><a href="/read/rain-town/chapter-2">Prev</a> <a href="/read/rain-town/chapter-4">Next</a></nav>'
HEADER: Final = f"<header>{picture('logo', 500, 500, 'style=width:200px')}</header>"
