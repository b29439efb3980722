"""Markup of readers once more: pages in pieces, books of two leaves, what comes late, and what is no page at all."""

# ruff: noqa: E501  (markup reads better unbroken)

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.e2e.holders import BLOB, DOT, PUT, WHOLE, Holding, for_each, script, turning
from tests.e2e.other_markup import IMAGE

# Pieces of a page, whose cuts run through what is drawn; `mixed` has them in another order in one picture.
CUT: Final = (
    BLOB
    + """const rows = 5;
  const put = (bitmap, columns, order, only) => { const [w, h] = [bitmap.width / columns, bitmap.height / rows]; const canvas = document.createElement('canvas');
    Object.assign(canvas, only === undefined ? {width: bitmap.width, height: bitmap.height} : {width: w, height: h}); const pen = canvas.getContext('2d');
    for (let n = 0; n < columns * rows; n++) { if (only !== undefined && n !== only) continue; const m = only === undefined ? order(n) : 0;
      pen.drawImage(bitmap, n % columns * w, Math.floor(n / columns) * h, w, h, m % columns * w, Math.floor(m / columns) * h, w, h) } return canvas };
  const addressOf = (canvas) => new Promise((done) => canvas.toBlob((blob) => done(URL.createObjectURL(blob))));
  const pieces = async (url) => { const bitmap = await createImageBitmap(await blobOf(url)); const columns = bitmap.width === 735 ? 5 : 7;
    return {columns, urls: await Promise.all(Array.from({length: columns * rows}, (_, n) => addressOf(put(bitmap, columns, null, n))))} };
  const strips = async (url) => { const bitmap = await createImageBitmap(await blobOf(url)); const columns = bitmap.width === 735 ? 5 : 7; const w = bitmap.width / columns;
    return Promise.all(Array.from({length: columns}, (_, n) => { const canvas = Object.assign(document.createElement('canvas'), {width: w, height: bitmap.height}); canvas.getContext('2d').drawImage(bitmap, -n * w, 0); return addressOf(canvas) })) };
  const mixed = async (url) => { const bitmap = await createImageBitmap(await blobOf(url)); const columns = bitmap.width === 735 ? 5 : 7; const order = (n) => (n * 11 + 3) % (columns * rows);
    return {columns, order, url: await addressOf(put(bitmap, columns, order))} };
  const at = (n, columns) => `position:absolute;left:${n % columns * 100 / columns}%;top:${Math.floor(n / columns) * 20}%;width:${100 / columns}%;height:20%`;"""
)
PIECES: Final = ".g{position:relative;width:500px;height:700px;margin:0 auto 12px}"
IN_PIECES: Final = (
    Holding(
        "columns of pictures",
        "<div class=g></div>",
        PIECES + ".g{display:flex}.g img{flex:1;min-width:0;height:100%}",
        for_each(".g", "it.innerHTML = (await strips(urls[at])).map((url) => `<img src=${url}>`).join('')", CUT),
        draws_ms=500,
    ),
    Holding(
        "pieces of pictures that are placed",
        "<div class=g></div>",
        PIECES,
        for_each(
            ".g",
            "const {columns, urls: all} = await pieces(urls[at]); it.innerHTML = all.map((url, n) => `<img src=${url} style=\"${place(n, columns)}\">`).join('')",
            CUT.replace("const at =", "const place ="),
        ),
        draws_ms=700,
    ),
    Holding(
        "pieces of one mixed picture, by its place in the background",
        "<div class=g></div>",
        PIECES,
        for_each(
            ".g",
            "const {columns, order, url} = await mixed(urls[at]); it.innerHTML = Array.from({length: columns * rows}, (_, n) => { const m = order(n); return `<i style=\"${place(n, columns)};background:url(${url}) ${m % columns * 100 / (columns - 1)}% ${Math.floor(m / columns) * 25}% / ${columns * 100}% 500%\"></i>` }).join('')",
            CUT.replace("const at =", "const place ="),
        ),
        draws_ms=700,
    ),
    Holding(
        "pieces of one mixed picture that is moved behind windows",
        "<div class=g></div>",
        PIECES + ".g div{overflow:hidden}.g img{position:absolute;width:500px;height:700px}",
        for_each(
            ".g",
            "const {columns, order, url} = await mixed(urls[at]); it.innerHTML = Array.from({length: columns * rows}, (_, n) => { const m = order(n); return `<div style=\"${place(n, columns)}\"><img src=${url} style='left:${-(m % columns) * 500 / columns}px;top:${-Math.floor(m / columns) * 140}px'></div>` }).join('')",
            CUT.replace("const at =", "const place ="),
        ),
        draws_ms=700,
    ),
    Holding(
        "rows of a table of pieces",
        "<table class=g><tbody></tbody></table>",
        PIECES
        + ".g{border-collapse:collapse;table-layout:fixed}.g td{padding:0;height:140px}.g td img{display:block;width:100%;height:140px}",
        for_each(
            ".g tbody",
            "const {columns, urls: all} = await pieces(urls[at]); it.innerHTML = Array.from({length: rows}, (_, y) => `<tr>${all.slice(y * columns, (y + 1) * columns).map((url) => `<td><img src=${url}></td>`).join('')}</tr>`).join('')",
            CUT,
        ),
        draws_ms=700,
    ),
    Holding(
        "spread that is shown in halves",
        once="<div class=h></div><div class=h></div>"
        + script(
            "document.querySelectorAll('.h').forEach((it, n) => { it.innerHTML = `<img src=${urls[0]} style='margin-left:${-250 * n}px'>` })"
        ),
        style=".h{overflow:hidden;width:250px;height:700px;margin:0 auto 12px}.h img{display:block;width:500px;height:700px}",
        at_once=2,
        taken=("a.png",),
    ),
)
LEAVES: Final = "const leaves = [...document.querySelectorAll('.p')];"
BOOKS: Final = (
    Holding(
        "book of two canvases",
        once="<div class=v><canvas class=p></canvas><canvas class=p></canvas></div>"
        + turning(
            f"{PUT} const n = urls.indexOf(url); document.querySelectorAll('canvas').forEach(async (it, leaf) => put(await createImageBitmap(await blobOf(urls[n + leaf])), it))"
        ),
        style=".v{display:flex;width:1000px}.p{width:480px;height:672px}",
        at_once=2,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png", "c.png"),
        draws_ms=600,
    ),
    Holding(
        "book of leaves that lie on each other, with a shadow in the fold",
        once="<div class=v></div>"
        + script(
            "const v = document.querySelector('.v'); v.innerHTML = urls.map((url) => `<div class=p style='background-image:url(${url})'><div class=s></div></div>`).join(''); let at = 0; const show = () => [...v.children].forEach((it, n) => { it.style.display = n === at || n === at + 1 ? 'block' : 'none'; it.style.left = n === at ? '0' : '500px' }); show(); addEventListener('keydown', ({key}) => { at += key === 'ArrowRight' ? 1 : -1; show() })"
        ),
        style=".v{position:relative;width:1000px;height:690px}.p{position:absolute;top:0;width:480px;height:672px;margin:0;background-size:100% 100%}.s{position:absolute;inset:0;background:linear-gradient(90deg,transparent 90%,#0004)}",
        at_once=2,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png", "c.png"),
        draws_ms=400,
    ),
    Holding(
        "pages that lie on each other and fade",
        once="<div class=v></div>"
        + script(
            "const v = document.querySelector('.v'); v.innerHTML = urls.map((url, n) => `<img class=p src=${url} style='opacity:${n ? 0 : 1}'>`).join(''); let at = 0; addEventListener('keydown', ({key}) => { at += key === 'ArrowRight' ? 1 : -1; [...v.querySelectorAll('img')].forEach((it, n) => { it.style.opacity = n === at ? '1' : '0' }) })"
        ),
        style=".v{position:relative;width:500px;height:700px;margin:auto}.p{position:absolute;inset:0;transition:opacity .2s}",
        at_once=1,
        known=3,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png", "c.png"),
        draws_ms=500,
    ),
    Holding(
        "page that is turned in a transition of the view",
        once="<img class=p>"
        + turning(
            "const set = () => { document.querySelector('img').src = url }; document.startViewTransition ? await document.startViewTransition(set).finished : set()"
        ),
        at_once=1,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png"),
        draws_ms=600,
    ),
    Holding(
        "column that a script moves, without scrolling",
        once="<div class=v><div class=w></div></div>"
        + script(
            "const w = document.querySelector('.w'); w.innerHTML = urls.map((url) => `<img class=p src=${url}>`).join(''); let at = 0; addEventListener('keydown', ({key}) => { at += key === 'ArrowRight' ? 1 : -1; w.style.transform = `translate3d(0, ${-712 * at}px, 0)` })"
        ),
        style=".v{position:fixed;inset:0;overflow:hidden}.w{transition:transform .2s}",
        at_once=1,
        known=3,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png", "c.png"),
        draws_ms=600,
    ),
    Holding(
        "row that snaps, from right to left",
        once="<div class=v></div>"
        + script(
            "const v = document.querySelector('.v'); v.innerHTML = urls.map((url) => `<img class=p src=${url}>`).join(''); addEventListener('keydown', ({key}) => v.scrollBy({left: key === 'ArrowRight' ? -500 : 500, behavior: 'instant'}))"
        ),
        style=".v{direction:rtl;display:flex;overflow-x:auto;width:500px;height:700px;scroll-snap-type:x mandatory;scrollbar-width:none;margin:auto}.p{flex:none;scroll-snap-align:start;margin:0}",
        at_once=1,
        known=3,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png", "c.png"),
        draws_ms=500,
    ),
    Holding(
        "list that lets go of what is out of it",
        once="<div class=v></div>"
        + turning(
            "const n = urls.indexOf(url); const v = document.querySelector('.v'); v.style.paddingTop = `${200 * n}px`; v.innerHTML = urls.slice(n, n + 2).map((each) => `<div><img class=p src=${each}></div>`).join('')"
        ),
        style=".v{box-sizing:border-box;height:1650px}",
        at_once=2,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png", "c.png"),
        draws_ms=500,
    ),
    Holding(
        "picture that is asked for again in another size",
        once="<img class=p>"
        + script(
            "const img = document.querySelector('img'); img.sizes = '500px'; img.srcset = `${urls[0]} 700w, ${urls[0]}?2 1400w`; addEventListener('keydown', ({key}) => { img.sizes = key === 'ArrowRight' ? '1300px' : '500px' })"
        ),
        at_once=1,
        turns=("ArrowRight",),
        shown_after_turns=("a.png", "a.png?2"),
        draws_ms=500,
    ),
)
LATE: Final = (
    Holding(
        "blurred small pictures, sharp once the page is there",
        f"<div class=q><img class='p soft' src={DOT} data-src='{{url}}'></div>",
        ".soft{filter:blur(12px)}.p{transition:filter .1s}",
        script(
            "setTimeout(() => document.querySelectorAll('img').forEach((it) => { it.onload = () => it.classList.remove('soft'); it.src = it.dataset.src }), 150)"
        ),
        draws_ms=800,
    ),
    Holding(
        "pages that fade in over what keeps their place",
        f"<div class=h style='background:#777 url({DOT})'><img class=p data-lazy='{{url}}' style='opacity:0'></div>",
        ".p{transition:opacity .2s}.h{width:500px;margin:0 auto 12px}",
        for_each("img", "it.src = it.dataset.lazy; await it.decode(); it.style.opacity = 1"),
        draws_ms=700,
    ),
    Holding(
        "lazy pages of a scroller of its own",
        once="<div class=v></div>"
        + script(
            "document.querySelector('.v').innerHTML = urls.map((url) => `<img class=p loading=lazy src=${url} width=500 height=700>`).join('')"
        ),
        style=".v{height:700px;overflow:auto;scrollbar-width:none}",
        at_once=1,
        known=3,
        draws_ms=500,
    ),
    Holding(
        "addresses of data that a canvas gave",
        "<img class=p>",
        once=for_each(
            "img",
            "const canvas = document.createElement('canvas'); put(await createImageBitmap(await blobOf(urls[at])), canvas); it.src = canvas.toDataURL()",
            PUT,
        ),
        draws_ms=600,
    ),
)
AROUND: Final = (
    Holding(
        "links in tables, each to its own file",
        "<table><tr><td><a href='{url}'><img class=p src='{url}' border=0></a></td></tr></table>",
    ),
    Holding(
        "cells with a background of the old kind", "<table><tr><td class=p background='{url}'></td></tr></table>", WHOLE
    ),
    Holding(
        "elements of one's own with a background",
        "<page-leaf class=p data-u='{url}'></page-leaf>",
        once="<script>document.querySelectorAll('page-leaf').forEach((it) => { it.attachShadow({mode: 'open'}).innerHTML = `<style>:host{background:url(${it.dataset.u}) 0 0/contain no-repeat}</style><slot></slot>` })</script>",
    ),
    Holding(
        "slots in slots",
        "<outer-box><img class=p src='{url}'></outer-box>",
        once="<script>document.querySelectorAll('outer-box').forEach((it) => { const root = it.attachShadow({mode: 'open'}); root.innerHTML = '<style>:host{display:block}</style><inner-box><slot></slot></inner-box>'; root.querySelector('inner-box').attachShadow({mode: 'closed'}).innerHTML = '<div style=\"padding:4px 0\"><slot></slot></div>' })</script>",
    ),
    Holding(
        "object with an image for those who cannot see it",
        "<object class=p type=image/png data='{url}'><img src='{url}'></object>",
    ),
    Holding(
        "page below a tint that takes no clicks",
        "<div class=r><img class=p src='{url}'><div class=t></div></div>",
        ".r{position:relative;width:500px;margin:0 auto 12px}.p{margin:0}.t{position:absolute;inset:0;background:rgb(255 160 0 / .2);pointer-events:none}",
    ),
    Holding(
        "page below words that can be marked",
        "<div class=r><img class=p src='{url}'><svg viewBox='0 0 500 700'><rect x=60 y=60 width=90 height=120 fill='#777'/><text x=70 y=100>text</text></svg></div>",
        ".r{position:relative;width:500px;margin:0 auto 12px}.p{margin:0}svg{position:absolute;inset:0}",
    ),
    Holding(
        "pages that stick while the next one comes over them",
        "<section><img class=p src='{url}'></section>",
        "section{height:760px}.p{position:sticky;top:0;margin:0 auto}",
    ),
    Holding(
        "wrappers that cut",
        "<div class=c><img class=p src='{url}'></div>",
        ".c{clip-path:inset(10px 20px 30px 40px round 30px);width:500px;margin:0 auto 12px}.p{margin:0}",
    ),
    Holding(
        "canvas below a clear one with words",
        "<div class=r><canvas class=p></canvas><canvas class='p o'></canvas></div>",
        ".r{position:relative;width:500px;margin:0 auto 12px}.p{margin:0}.o{position:absolute;inset:0}",
        for_each(
            ".r",
            "const [page, words] = it.children; put(await createImageBitmap(await blobOf(urls[at])), page); Object.assign(words, {width: page.width, height: page.height}); const pen = words.getContext('2d'); pen.fillStyle = '#777'; pen.fillRect(90, 90, 120, 160); pen.fillStyle = '#000'; pen.fillText('words', 100, 130)",
            PUT,
        ),
        draws_ms=600,
    ),
    Holding(
        "canvas that is larger than its page",
        "<canvas class=w></canvas>",
        ".w{display:block;width:900px;height:700px;margin:0 auto 12px}",
        for_each(
            "canvas",
            "const bitmap = await createImageBitmap(await blobOf(urls[at])); const {width, height} = bitmap; Object.assign(it, {width: 2 * width, height: height + 40}); it.getContext('2d').drawImage(bitmap, Math.floor(width / 2), 20)",
            BLOB,
        ),
        draws_ms=1300,
    ),
    Holding(
        "SVG in groups, clipped and filtered",
        "<svg class=p viewBox='0 0 500 700'><clipPath id=k{at}><rect x=5 y=5 width=490 height=690 rx=20 /></clipPath><a href='#x'><g clip-path='url(#k{at})' transform='translate(2 3)'><image href='{url}' width=490 height=690 preserveAspectRatio='none'/></g></a></svg>",
    ),
    Holding(
        "pages in columns of a print layout",
        "<figure><img class=p src='{url}'><figcaption>Page</figcaption></figure>",
        "main{columns:2;width:1000px}figure{margin:0;break-inside:avoid}.p{width:440px;height:616px}",
    ),
)
FURTHER: Final = IN_PIECES + BOOKS + LATE + AROUND


@dataclass(frozen=True)
class Furnished:
    """A document with so many pages; what else it shows has addresses with `no-page` in them."""

    name: str
    once: str
    style: str = ""
    pages: int = 3

    @property
    def holding(self) -> Holding:
        return Holding(self.name, IMAGE if self.pages else "", self.style, once=self.once)


def many(form: str, count: int) -> str:
    """Return `form` so many times, with its number in place of `{n}`."""
    return "".join(form.replace("{n}", str(number)) for number in range(count))


COVER: Final = "<a href=/series/{n}><img src='/b.png?no-page{n}' style='width:190px;height:266px'></a>"
LEFT_ALONE: Final = (
    Furnished(
        "faces and pictures among comments",
        "<section class=comments>"
        + many(
            "<div><img src='/b.png?no-page-f{n}' style='width:48px;height:48px'><p>Thanks!</p><img src='/c.png?no-page-c{n}' style='width:480px'></div>",
            4,
        )
        + "</section>",
    ),
    Furnished("covers of other series", f"<div class=swiper><h3>You may also like</h3>{many(COVER, 8)}</div>"),
    Furnished("advertisements", many("<a href='https://shop.test/{n}'><img class=p src='/a.png?no-page{n}'></a>", 2)),
    Furnished(
        "small pictures of all pages",
        f"<ol class=thumbs>{many('<li><img src=/a.png?no-page{n} style=width:80px>', 9)}</ol>",
    ),
    Furnished(
        "backdrop of the site",
        "<section style=\"background:url('/a.png?no-page') center/cover;height:380px;width:1000px\"></section>",
    ),
    Furnished("list of series", f"<h1>Series</h1>{many(COVER, 12)}", pages=0),
    Furnished(
        "wall of covers without gaps",
        f"<div class=w>{many(COVER, 12)}</div>",
        ".w{display:flex;flex-wrap:wrap;width:760px;font-size:0}",
        pages=0,
    ),
    Furnished(
        "pictograms of one picture",
        "<ul>" + many("<li style=\"background:url('/a.png?no-page') -{n}0px 0\"></li>", 40) + "</ul>",
        "ul{display:grid;grid-template-columns:repeat(5,24px);margin:0;padding:0;list-style:none}li{width:24px;height:24px}",
    ),
)
