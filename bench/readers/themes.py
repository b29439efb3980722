"""Layouts after the themes that the field uses, with which the classifier was tuned."""

# ruff: noqa: E501  (markup reads better unbroken)

from __future__ import annotations

from typing import Final

from bench.readers.markup import (
    CHAPTERS,
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

COLUMN: Final = ".c{width:700px;margin:auto}.c img{display:block;width:100%}"
BREAK: Final = '<div class="page-break no-gaps">{}</div>'
GRID: Final = ".grid{display:flex;flex-wrap:wrap;gap:8px}"
SPINNER: Final = "/i/64x64/loading.png"


def _lazies(count: int, attribute: str = "data-src", attributes: str = "", source: str = "", wrap: str = "{}") -> str:
    return "".join(wrap.format(lazy(number, attribute, attributes, source)) for number in range(count))


VERTICAL: Final = (
    Layout("plain column", f"<main class=c>{pages(5)}</main>", style=COLUMN),
    Layout("madara", f'{HEADER}<div class="reading-content c">{pages(5, wrap=BREAK)}</div>{NAV}', style=COLUMN),
    Layout(
        "madara, lazy, with related",
        f'<div class="reading-content">{page(90)}{_lazies(6, attributes="class=wp-manga-chapter-img", wrap=BREAK)}</div>'
        f'<div class="related-manga"><h3>YOU MAY ALSO LIKE</h3>{covers(8)}</div>{comments()}',
    ),
    Layout(
        "madara, nothing loaded",
        f'<div class="reading-content">{_lazies(5, wrap=BREAK)}</div>{related(8)}',
    ),
    Layout(
        "mangastream",
        f'<div id="readerarea">{page(0)}{_lazies(5, attributes="class=ts-main-image style=min-height:700px")}</div>'
        f'<div class="bixbox"><div class="releases"><h2>Related Series</h2></div>{covers(6)}</div>',
    ),
    Layout(
        "themesia, links by script",
        f'<div id="readerarea">{pages(4)}</div><div class="listupd"><h2>Recommended Series</h2>'
        f"{covers(7, wrap='<div class=bs data-s={} onclick=go()>{}</div>')}</div>",
    ),
    Layout(
        "next.js",
        '<main class="mx-auto">'
        + "".join(
            f'<div style="position:relative">{page(n, attributes="loading=lazy width=720 height=1080 class=object-cover")}</div>'
            for n in range(6)
        )
        + "</main>"
        + '<div class="grid">'
        + covers(5, 220)
        + "</div>",
    ),
    Layout(
        "placeholders with an aspect",
        '<div class="reader">'
        + "".join(
            f'<div style="aspect-ratio:2/3">{lazy(n, attributes="style=width:100%;height:100%")}</div>'
            for n in range(4)
        )
        + f"</div>{related()}",
        style=".reader{width:600px;margin:auto}",
    ),
    Layout(
        "webtoon, sizes declared",
        f'<div id="_imageList" class=c>{_lazies(6, "data-url", "width=800 height=1280", SPINNER)}</div>',
    ),
    Layout("spinners", f"<div class=viewer>{_lazies(5, 'data-original', '', SPINNER)}</div>{related()}"),
    Layout("no source at all", f"<div class=viewer>{_lazies(5, attributes='alt=page')}</div>{related()}"),
    Layout(
        "strip with advertisements between",
        "<div class=c>"
        + "".join(page(n, 800, 3000) + (banner(f"x{n}", 800, 1000) if n % 2 else "") for n in range(6))
        + "</div>",
        style=COLUMN,
    ),
    Layout(
        "strip with boxes of advertisements",
        "<div class=c>"
        + "".join(page(n, 800, 2400) + f'<div class="ad-slot">{picture(f"ad{n}", 800, 900)}</div>' for n in range(4))
        + "</div>",
        style=COLUMN,
    ),
    Layout("one very long strip", f"<main class=c>{page(0, 800, 15000)}</main>{related()}", style=COLUMN),
    Layout("slices", f"<main class=c>{page(0, 800, 1280)}{page(1, 800, 1280)}{page(2, 800, 210)}</main>", style=COLUMN),
    Layout(
        "banner of the scanlators in the column",
        f"<main class=c>{picture('credit', 900, 200)}{pages(4)}{picture('discord', 900, 250)}</main>",
        style=COLUMN,
    ),
    Layout("half-width pages", f"<main>{pages(4, 'style=width:340px;display:block')}</main>"),
    Layout(
        "related before and after", f"{related(6)}<div class=c>{pages(3)}</div>{related(9)}{comments()}", style=COLUMN
    ),
    Layout(
        "large related covers",
        f"<div class=c>{pages(3)}</div><div class=slider>{covers(6, 320)}</div>",
        style=COLUMN,
    ),
    Layout("one page, many covers", f"<main>{page(0, attributes='style=width:600px')}</main>{covers(12, 200)}"),
    Layout(
        "memes under a heading",
        f"<div class=c>{pages(4)}</div><h2>Discussion (12)</h2>"
        + "".join(f"<div class=e>{picture(f'm{n}', 700, 900)}</div>" for n in range(3)),
        style=COLUMN + ".e img{width:650px}",
    ),
    Layout(
        "sidebar with covers",
        f"<div style='display:flex'><div class=c>{pages(4)}</div><aside>{covers(5, 260)}</aside></div>",
        style=COLUMN,
    ),
    Layout(
        "sidebar that is a div",
        f"<div style='display:flex'><div class=c>{pages(4)}</div><div id=sidebar>{covers(5, 260, '<p id={}>{}</p>')}</div></div>",
        style=COLUMN,
    ),
    Layout(
        "pages link to their files",
        "<main class=c>" + "".join(f'<a href="/i/800x1200/page{n}.png">{page(n)}</a>' for n in range(4)) + "</main>",
        style=COLUMN,
    ),
    Layout(
        "repeated advertisement",
        "<div class=c>" + "".join(page(n) + f"<div>{picture('same', 800, 800)}</div>" for n in range(4)) + "</div>",
        style=COLUMN,
    ),
)

PAGED: Final = (
    Layout(
        "one page a document",
        f'<div id=viewer><a href="/read/rain-town/3/8">{page(7, attributes="style=height:760px")}</a></div>{related()}',
        "/read/rain-town/3/7",
    ),
    Layout(
        "last page leads to the next chapter",
        f'<div id=viewer><a href="/read/rain-town/4/1">{page(20, attributes="style=height:760px")}</a></div>',
        "/read/rain-town/3/20",
    ),
    Layout(
        "page in the query",
        f'<a href="/view?id=77&page=4">{page(3, attributes="style=width:620px")}</a>{covers(6)}',
        "/view?id=77&page=3",
    ),
    Layout("click to turn", f'<a href="#next">{page(3, attributes="style=height:100vh")}</a>'),
    Layout(
        "hidden until turned",
        "".join(
            f"<div class='pg {'on' if n == 1 else ''}'>{page(n, attributes='style=height:780px')}</div>"
            for n in range(5)
        ),
        style=".pg{display:none}.on{display:block}",
    ),
    Layout(
        "double page spread",
        f"<div style='display:flex;height:700px'>{page(0, attributes='style=height:700px')}{page(1, attributes='style=height:700px')}</div>",
    ),
    Layout(
        "spread in one file among pages",
        f"<main>{page(0, 1600, 1200)}{page(1)}{page(2)}</main>",
        style="img{display:block}",
    ),
    Layout(
        "thumbnails below",
        f"<div class=view>{page(2, attributes='style=height:640px')}</div><div class=strip>"
        + "".join(f"<img src=/i/800x1200/page{n}t.png style='width:90px' onclick=go({n})>" for n in range(8))
        + "</div>",
    ),
    Layout(
        "large thumbnails at the side",
        f"<div style='display:flex'><div class=filmstrip>{covers(8, 250, '<div id={}>{}</div>')}</div>"
        f"<div class=view>{page(2, attributes='style=height:760px')}</div></div>",
    ),
    Layout(
        "all pages side by side",
        "<div style='display:flex;overflow:auto'>"
        + "".join(page(n, attributes="style='height:760px;width:506px;max-width:none'") for n in range(6))
        + "</div>",
    ),
    Layout(
        "stacked and turned by script",
        "<div style='position:relative'>"
        + "".join(page(n, attributes="style='position:absolute;left:100px;height:760px'") for n in range(4))
        + "</div>",
    ),
)

OTHERS: Final = (
    Layout(
        "webcomic with navigation",
        f"{picture('art', 1000, 220)}<div id=comic><a href='/comic/second-day'>{page(0, 900, 640)}</a></div>"
        + "".join(f"<a href='/comic/{n}'>{picture(n, 80, 40)}</a>" for n in ("first", "prev", "last"))
        + f"<a rel=next href='/comic/second-day'>{picture('n', 80, 40)}</a><div id=cast>{covers(3, 150)}</div>",
        "/comic/first-day",
    ),
    Layout(
        "blog with a comic a post",
        f"<article><header><h1>Rain</h1></header><p>Hello</p>{page(0, 800, 1100)}<p>Bye</p></article>"
        f"<aside>{covers(4, 280)}</aside>{comments(classes='comment-list')}",
    ),
    Layout(
        "posts with their pages",
        "".join(f"<article class=post><figure>{page(n, 700, 1000)}</figure><p>tags</p></article>" for n in range(4)),
        style="article{width:540px;margin:auto}figure{margin:0}figure img{width:100%}",
    ),
    Layout(
        "forum thread",
        "".join(
            f"<div class=row><div class=who>{picture(f'u{n}', 500, 500, 'style=width:100px')}</div><div class=msg>{page(n)}</div></div>"
            for n in range(3)
        ),
        style=".row{display:flex}.msg img{width:700px}",
    ),
    Layout(
        "series page",
        f"<div class=c>{picture('cover', 720, 1017, 'style=width:220px')}<h1>Rain Town</h1>{CHAPTERS}</div>",
        "/series/rain-town",
    ),
    Layout(
        "series page with a large cover",
        f"<div class=summary_image>{picture('cover', 720, 1017, 'style=width:350px')}</div>{CHAPTERS}{related()}",
        "/series/rain-town",
    ),
    Layout(
        "series page with thumbnails",
        f"<main>{picture('cover', 720, 1017, 'style=width:240px')}{covers(10, 100, '<a href=/c/{}>{}</a>')}</main>",
        "/series/rain-town",
    ),
    Layout("search results", f"<div class=grid>{covers(24, 200)}</div>", "/search?q=rain"),
    Layout(
        "search results by script",
        f"<div class=grid>{covers(24, 260, '<div id={} onclick=go()>{}</div>')}</div>",
        style=GRID,
    ),
    Layout(
        "home page with a hero", f"<div><a href='/series/hot'>{picture('hero', 1200, 700)}</a></div>{covers(10)}", "/"
    ),
    Layout(
        "wiki",
        f"<div class=infobox>{picture('c', 600, 900, 'style=width:270px')}</div>"
        "<p>text</p><figure><a href='/wiki/File:X'>" + picture("f", 900, 700, "style=width:180px") + "</a></figure>",
    ),
    Layout(
        "gallery overview",
        "".join(f"<a href='/g/7/{n}/'>{picture(n, 500, 720, 'style=width:220px')}</a>" for n in range(9)),
        "/g/7/",
    ),
    Layout("no pictures", "<main><p>Nothing here.</p></main>"),
)

TUNED: Final = VERTICAL + PAGED + OTHERS
