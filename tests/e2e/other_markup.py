"""Markup of readers beyond the usual kinds: what they stand in, how they turn, and what lies over and under them."""

# ruff: noqa: E501  (markup reads better unbroken)

from __future__ import annotations

from typing import Final

from tests.e2e.holders import BLOB, DOT, PUT, WHOLE, Holding, for_each, script, turning

IMAGE: Final = "<img class=p src='{url}'>"
STANDING: Final = (
    Holding("cells of a table", "<table><tr><td><img class=p src='{url}'></td></tr></table>"),
    Holding(
        "image maps",
        "<img class=p src='{url}' usemap='#m{at}'><map name=m{at}><area coords='0,0,250,700' href='#b'><area coords='250,0,500,700' href='#n'></map>",
    ),
    Holding(
        "before, of a variable",
        "<div class=p style=\"--page:url('{url}')\"></div>",
        ".p{position:relative}.p::before{content:'';position:absolute;inset:0;background:var(--page) center/contain no-repeat}",
    ),
    Holding(
        "picture with sources that come later",
        f"<picture><source data-srcset='{{url}}'><img class=p src={DOT} data-src='{{url}}'></picture>",
        once=script(
            "setTimeout(() => document.querySelectorAll('img').forEach((it) => { it.previousElementSibling.srcset = it.previousElementSibling.dataset.srcset; it.src = it.dataset.src }), 200)"
        ),
        draws_ms=700,
    ),
    Holding(
        "declared shadow roots of elements of one's own",
        "<manga-page><template shadowrootmode=open><style>img{width:500px;height:700px;display:block;margin:0 auto 9px}</style><img src='{url}'></template></manga-page>",
    ),
    Holding(
        "named slots",
        "<book-page class=s{at}><img class=p slot=page src='{url}'></book-page>",
        once="<script>document.querySelectorAll('book-page').forEach((it) => it.attachShadow({mode: 'open'}).innerHTML = '<style>:host{display:block}</style><figure style=\"margin:0\"><slot name=page></slot></figure>')</script>",
    ),
    Holding(
        "parts that are laid out once they are near",
        "<section><img class=p src='{url}'></section>",
        "section{content-visibility:auto;contain-intrinsic-size:auto 712px}",
    ),
    Holding(
        "modal dialog over a list of covers",
        once="<dialog></dialog><p>"
        + "".join(f"<a href=/series/{n}><img src=/b.png?cover{n} style='width:190px'></a>" for n in range(2))
        + "</p>"
        + script(
            "const d = document.querySelector('dialog'); d.innerHTML = urls.map((url) => `<img class=p src=${url}>`).join(''); d.showModal()"
        ),
        style="dialog{position:absolute;inset:0;margin:0;border:0;max-width:none;max-height:none;width:1000px;height:2200px;padding:0}",
    ),
    Holding("opened details", "<details open><summary>Page</summary><img class=p src='{url}'></details>"),
    Holding("buttons", "<button style='all:unset;display:block'><img class=p src='{url}'></button>"),
    Holding(
        "grid of contents",
        "<div style='display:contents'><figure><img class=p src='{url}'></figure></div>",
        "main{display:grid;justify-items:center}figure{margin:0}",
    ),
    Holding(
        "row from right to left",
        IMAGE,
        "main{direction:rtl;display:flex;width:1000px}.p{flex:none;width:318px;height:500px;margin:6px}",
    ),
    Holding(
        "lines that run down",
        IMAGE,
        "main{writing-mode:vertical-rl;height:760px;width:1000px}.p{width:318px;height:500px;margin:6px}",
    ),
    Holding(
        "documents in SVG",
        "<svg width=500 height=700 style='display:block;margin:0 auto 12px'><foreignObject width=500 height=700><img xmlns='http://www.w3.org/1999/xhtml' class=p src='{url}'></foreignObject></svg>",
    ),
    Holding(
        "SVG that uses what it defines",
        "<svg class=p viewBox='0 0 500 700'><defs><image id=i{at} href='{url}' width=500 height=700 /></defs><use href='#i{at}'/></svg>",
    ),
    Holding(
        "a part of the picture",
        IMAGE,
        ".p{object-view-box:inset(5% 10% 15% 4%);object-fit:contain}",
    ),
)
IN_CHUNKS: Final = Holding(
    "canvas in chunks on white",
    "<canvas class=p></canvas>",
    once=for_each(
        "canvas",
        """const bitmap = await createImageBitmap(await blobOf(urls[at])); const {width, height} = Object.assign(it, {width: bitmap.width, height: bitmap.height});
      const pen = it.getContext('2d'); pen.fillStyle = '#fff'; pen.fillRect(0, 0, width, height); const rows = Math.ceil(height / 8);
      for (let n = 0; n < 8; n++) { await new Promise((done) => setTimeout(done, 250)); pen.drawImage(bitmap, 0, n * rows, width, rows, 0, n * rows, width, rows) }""",
        BLOB,
    ),
)
DRAWN: Final = (
    Holding(
        "canvas of a worker",
        "<canvas class=p></canvas>",
        once=for_each(
            "canvas",
            """const bitmap = await createImageBitmap(await blobOf(urls[at])); Object.assign(it, {width: bitmap.width, height: bitmap.height});
          const worker = new Worker(URL.createObjectURL(new Blob(["onmessage = ({data: [canvas, bitmap]}) => canvas.getContext('2d').drawImage(bitmap, 0, 0)"])));
          const off = it.transferControlToOffscreen(); worker.postMessage([off, bitmap], [off, bitmap])""",
            BLOB,
        ),
        draws_ms=900,
    ),
    Holding(
        "canvas that takes bitmaps",
        "<canvas class=p></canvas>",
        once=for_each(
            "canvas",
            "const bitmap = await createImageBitmap(await blobOf(urls[at])); Object.assign(it, {width: bitmap.width, height: bitmap.height}); it.getContext('bitmaprenderer').transferFromImageBitmap(bitmap)",
            BLOB,
        ),
    ),
    Holding(
        "canvas drawn from an image that is hidden",
        "<img src='{url}' hidden><canvas class=p></canvas>",
        once=for_each(
            "canvas",
            "const img = it.previousElementSibling; await img.decode(); put(await createImageBitmap(img), it)",
            PUT,
        ),
    ),
)
TURNED: Final = (
    Holding(
        "slides that a transform moves",
        once="<div class=v><div class=w></div></div>"
        + script(
            "const w = document.querySelector('.w'); w.innerHTML = urls.map((url) => `<div class=s><img class=p src=${url}></div>`).join(''); let at = 0; addEventListener('keydown', ({key}) => { at += key === 'ArrowRight' ? 1 : -1; w.style.transform = `translate3d(${-500 * at}px, 0, 0)` })"
        ),
        style=".v{width:500px;height:700px;overflow:hidden;margin:auto}.w{display:flex;transition:transform .2s}.s{flex:0 0 500px}",
        at_once=1,
        known=3,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png", "c.png"),
        draws_ms=500,
    ),
    Holding(
        "two elements that take turns",
        once="<div class=v></div>"
        + script(
            "const v = document.querySelector('.v'); v.innerHTML = urls.slice(0, 2).map((url) => `<img class=p src=${url}>`).join(''); const [one] = v.children; addEventListener('keydown', ({key}) => { const to = key === 'ArrowRight'; one.src = urls[to ? 2 : 0]; v.style.flexDirection = to ? 'row-reverse' : 'row' })"
        ),
        style=".v{display:flex;width:1000px}.p{width:480px;height:672px}",
        at_once=2,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png", "c.png"),
        draws_ms=400,
    ),
    Holding(
        "leaf that flips",
        once="<div class=v><div class=p></div></div>"
        + turning(
            "const p = document.querySelector('.p'); await p.animate([{transform: 'rotateY(0)'}, {transform: 'rotateY(-90deg)'}], 120).finished; p.style.backgroundImage = `url(${url})`; await p.animate([{transform: 'rotateY(90deg)'}, {transform: 'rotateY(0)'}], 120).finished"
        ),
        style=WHOLE + ".v{perspective:1600px}.p{transform-style:preserve-3d}",
        at_once=1,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png"),
        draws_ms=600,
    ),
    Holding(
        "style sheet that is put in place of another",
        once="<div class=p></div>"
        + turning(
            "globalThis.sheet ??= new CSSStyleSheet(); document.adoptedStyleSheets = [sheet]; sheet.replaceSync(`.p{background-image:url(${url})}`)"
        ),
        style=WHOLE,
        at_once=1,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png"),
        draws_ms=500,
    ),
    Holding(
        "window that is filled, over the list",
        once="<div class=f><img class=p></div>" + turning("document.querySelector('img').src = url"),
        style=".f{position:fixed;inset:0;background:#111;display:grid;place-items:center}.p{height:100vh;width:auto;object-fit:contain}",
        at_once=1,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png"),
        draws_ms=300,
    ),
)
OTHER: Final = STANDING + DRAWN + TURNED
