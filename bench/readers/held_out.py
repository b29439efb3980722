"""Layouts that were kept out of tuning: what the classifier does with readers that nobody looked at."""

# ruff: noqa: E501  (markup reads better unbroken)

from __future__ import annotations

from typing import Final

from bench.readers.markup import (
    CHAPTERS,
    DOT,
    HEADER,
    NAV,
    Layout,
    banner,
    comments,
    covers,
    lazy,
    page,
    pages,
    picture,
    related,
)

HELD_OUT: Final = (
    Layout(
        "two columns of lazies, related in front",
        f"<h2>Popular today</h2><div class=owl>{covers(6, 230)}</div><div id=chapter>"
        + "".join(f"<p>{lazy(n, 'data-lazy-src')}</p>" for n in range(8))
        + "</div>",
    ),
    Layout(
        "list items",
        "<ul class=images>"
        + "".join(f"<li>{page(n, 1100, 1600)}</li>" for n in range(6))
        + f"</ul>{NAV}{comments(6, 'disqus')}",
        style="ul{list-style:none;padding:0;width:720px;margin:auto}li img{width:100%}",
    ),
    Layout(
        "picture elements",
        "<section id=reader>"
        + "".join(f"<picture><source srcset=/i/800x1200/page{n}.png>{page(n)}</picture>" for n in range(4))
        + f"</section>{related(5, 240, 'Similar manga')}",
        style="#reader img{width:640px;display:block}",
    ),
    Layout(
        "native lazy, far below",
        "<main>"
        + "".join(f"{page(n, attributes='loading=lazy width=800 height=1200')}" for n in range(12))
        + "</main>"
        + related(12, 250),
        style="main{width:760px;margin:auto}main img{width:100%;height:auto}",
    ),
    Layout(
        "first page a wide colour spread",
        f"<div class=pages>{page(0, 2000, 1400)}{page(1)}{page(2)}{page(3)}</div>{HEADER}",
        style=".pages{width:900px;margin:auto}.pages img{width:100%}",
    ),
    Layout(
        "recruiting picture at the end",
        f"<div class=pages>{pages(4)}<a href='https://chat.example/x'>{picture('join', 800, 1100)}</a></div>",
        style=".pages img{display:block;width:680px}",
    ),
    Layout(
        "author's box",
        f"<div class=pages>{pages(3)}</div><div class='author-box'>{picture('me', 600, 600, 'style=width:300px')}</div>",
        style=".pages img{display:block;width:680px}",
    ),
    Layout("single fit to the width", f"<div>{page(1, 1400, 2000, 'style=width:100%')}</div>{covers(4, 260)}"),
    Layout(
        "small window fit",
        f"<div style='text-align:center'>{page(1, 1400, 2000, 'style=height:95vh')}</div><footer>{covers(4, 260)}</footer>",
    ),
    Layout(
        "webtoon with skyscrapers at both sides",
        f"<div style='display:flex'>{banner('l', 160, 600)}<div>{''.join(page(n, 690, 1600) for n in range(5))}</div>{banner('r', 160, 600)}</div>",
        style="img{display:block}",
    ),
    Layout(
        "chapter menu beside the pages",
        f"<details>{CHAPTERS}</details><main>{pages(3, 'style=width:700px;display:block')}</main>",
    ),
    Layout(
        "series page, cover a link to itself",
        f"<div class=thumbook><a href='/i/800x1150/full.png'>{picture('c', 800, 1150, 'style=width:300px')}</a></div>{CHAPTERS}",
        "/manga/rain-town",
    ),
    Layout(
        "latest releases",
        "<h2>Latest updates</h2>" + covers(16, 280, "<div class=item-{}><a href=/manga/q>{}</a></div>"),
        "/",
    ),
    Layout(
        "news article",
        f"<article><h1>News</h1>{picture('p', 1200, 675, 'style=width:420px')}<p>text</p></article>{related(4)}",
    ),
    Layout(
        "lazy covers and lazy pages",
        "<div class=vung-doc>"
        + "".join(lazy(n, "data-original", "style=width:100%") for n in range(5))
        + "</div><div class=truyen-lien-quan>"
        + "".join(
            f"<a href='/m/{n}x'><img src='{DOT}' data-original='/i/600x850/k{n}.png' style='width:180px;height:250px'></a>"
            for n in range(8)
        )
        + "</div>",
    ),
    Layout(
        "page that links to the chapter's next address by name",
        f"<div><a href='/read/rain/chapter-four'>{page(9, attributes='style=width:700px')}</a></div><a href='/read/rain/chapter-four'>Next chapter</a>",
        "/read/rain/chapter-three",
    ),
)
