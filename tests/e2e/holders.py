"""Ways in which readers show a page other than by `<img>`: small documents around the pictures of a chapter."""

# ruff: noqa: E501  (markup reads better unbroken)

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from PIL import Image

SIZES: Final = {"a.png": (700, 980), "b.png": (700, 1015), "c.png": (735, 980)}
NAMES: Final = tuple(SIZES)
BLOCK_PX: Final = 35
XOR: Final = 0x5A
STYLE: Final = "html{scrollbar-width:none}body{margin:0;background:#999;font:16px sans-serif}.p{width:500px;height:700px;display:block;margin:0 auto 12px}"
DOT: Final = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@cache
def drawn(name: str) -> bytes:
    """Return a page of grey blocks, unlike the others."""
    width, height = SIZES[name]
    levels = np.random.default_rng(NAMES.index(name)).choice(
        np.array([50, 90, 115, 140], np.uint8), (height // BLOCK_PX, width // BLOCK_PX)
    )
    grey = np.repeat(np.repeat(levels, BLOCK_PX, 0), BLOCK_PX, 1)
    written = io.BytesIO()
    Image.fromarray(grey).convert("RGB").save(written, "PNG")
    return written.getvalue()


def encoded(body: bytes) -> bytes:
    """Return bytes as a site sends them that decodes them itself."""
    return bytes(byte ^ XOR for byte in body)


@dataclass(frozen=True)
class Holding:
    """A document that shows the pages of a chapter, `at_once` of them.

    `body` is repeated for each page with `{url}` as its address and `{at}` as its number; `once` comes after it, with all
    addresses as `{urls}`. Where it has more pages than it shows, `known` tells how many, and where others are taken than the first of
    them, `taken` tells which. The keys of `turns` bring up other pages: of `shown_after_turns`, each is to be coloured once.
    """

    name: str
    body: str = ""
    style: str = ""
    once: str = ""
    form: str = "/{name}"
    at_once: int = 3
    known: int | None = None
    taken: tuple[str, ...] | None = None
    turns: tuple[str, ...] = ()
    shown_after_turns: tuple[str, ...] = ()
    draws_ms: int = 100
    type: str = "text/html; charset=utf-8"

    @property
    def found(self) -> int:
        """How many pages are found in it."""
        return self.known or self.at_once

    def html(self, cdn: str) -> str:
        """Return the document; `cdn` is another site that has the same pictures."""
        urls = [self.form.format(name=name, cdn=cdn) for name in NAMES]
        bodies = "".join(
            self.body.replace("{url}", url).replace("{at}", str(at)) for at, url in enumerate(urls[: self.at_once])
        )
        once = self.once.replace("{urls}", repr(urls))
        head = f"<meta charset=utf-8><title>{self.name}</title><style>{STYLE}{self.style}</style>"
        return f"<!doctype html><html><head>{head}</head><body><main>{bodies}</main>{once}</body></html>"


def script(text: str) -> str:
    """Return a script that knows the addresses of all pages as `urls`."""
    return f"<script>const urls = {{urls}}; {text}</script>"


def for_each(selector: str, then: str, first: str = "") -> str:
    """Return a script that does something for each such element `it`, whose page has the number `at`."""
    return script(f"{first} document.querySelectorAll('{selector}').forEach(async (it, at) => {{ {then} }})")


def turning(draw: str) -> str:
    """Return a script that draws the page of `url`, the first to begin with; the arrow keys turn."""
    return script(f"const draw = async (url) => {{ {draw} }}; {TURNS}")


TURNS: Final = "let at = 0; const show = () => draw(urls[at]); show(); addEventListener('keydown', ({key}) => { at += key === 'ArrowRight' ? 1 : -1; show() })"
BLOB: Final = "const blobOf = async (url) => (await fetch(url)).blob();"
WHOLE: Final = ".p{background-size:contain;background-repeat:no-repeat}"
BACKGROUNDS: Final = (
    Holding("background", "<div class=p style=\"background-image:url('{url}')\"></div>", WHOLE),
    Holding(
        "background, cover, centred", "<div class=p style=\"background:url('{url}') center/cover no-repeat\"></div>"
    ),
    Holding(
        "background of another site",
        "<div class=p style=\"background-image:url('{url}')\"></div>",
        WHOLE,
        form="{cdn}/{name}",
    ),
    Holding(
        "background with a border, padding and text over it",
        "<div class=p style=\"background-image:url('{url}')\"><div class=box><p>Text</p></div></div>",
        ".p{background-repeat:no-repeat;background-size:100% auto;background-origin:content-box;background-clip:content-box;position:relative;padding:9px;border:5px solid #333;box-sizing:border-box}.box{position:absolute;left:60px;top:60px;width:80px;height:120px;background:#777}",
    ),
    Holding(
        "background of an element in a context of its own, with text that flows",
        "<div class=p style=\"background-image:url('{url}')\"><p>Text of some length</p></div>",
        WHOLE + ".p{position:relative;z-index:0;overflow:hidden}",
    ),
    Holding(
        "background below a gradient, from a set, at a place of its own",
        "<section><i class=p style=\"background-image:linear-gradient(transparent,transparent),image-set(url('{url}') 1x, url('{url}?2') 2x)\"></i></section>",
        ".p{background-size:auto, 90% auto;background-repeat:no-repeat;background-position:0 0, right 10px bottom 20px}",
    ),
    Holding(
        "background of before",
        "<div class='p f{at}'></div><style>.f{at}::before{background-image:url('{url}')}</style>",
        ".p{position:relative}.p::before{content:'';position:absolute;inset:6px 12px;background-size:contain;background-repeat:no-repeat}",
    ),
    Holding(
        "background of after",
        "<div class='p f{at}'></div><style>.f{at}::after{background-image:url('{url}')}</style>",
        ".p{overflow:hidden}.p::after{content:'';display:block;height:660px;background-size:contain;background-repeat:no-repeat}",
    ),
    Holding(
        "background of an image that shows nothing",
        f"<img class=p src={DOT} style=\"background-image:url('{{url}}')\">",
        WHOLE,
    ),
    Holding(
        "two backgrounds of one element",
        once="<div class=p></div><script>document.querySelector('.p').style.backgroundImage = {urls}.slice(0, 2).map((url) => `url(${url})`).join(', ')</script>",
        style=".p{width:960px;background-repeat:no-repeat;background-size:440px auto;background-position:left, right}",
        at_once=2,
    ),
    Holding(
        "background turned in place, and back",
        once="<div class=p></div>" + turning("document.querySelector('.p').style.backgroundImage = `url(${url})`"),
        style=WHOLE,
        at_once=1,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png"),
    ),
)
ROOT: Final = "<style>img,i{display:block;width:500px;height:700px;margin:0 auto 9px;background-size:contain;background-repeat:no-repeat}</style>"
EMBEDDED: Final = (
    Holding("content", "<div class=p style=\"content:url('{url}')\"></div>"),
    Holding("content of an image", "<img class=p src=/none.png style=\"content:url('{url}');object-fit:contain\">"),
    Holding("SVG", "<svg class=p viewBox='0 0 720 1017'><image href='{url}' width=720 height=1017></image></svg>"),
    Holding(
        "SVG spread, moved and sliced",
        once="<svg class=p viewBox='0 0 1000 700'><g transform='translate(20 10)'></g></svg><script>const g = document.querySelector('g'); ({urls}).slice(0, 2).forEach((url, at) => { const image = document.createElementNS(g.namespaceURI, 'image'); image.setAttributeNS('http://www.w3.org/1999/xlink', 'href', url); Object.entries({x: at * 490, y: 0, width: 470, height: 660, preserveAspectRatio: 'xMidYMid slice'}).forEach((each) => image.setAttribute(...each)); g.append(image) })</script>",
        style=".p{width:1000px}",
        at_once=2,
    ),
    Holding("object", "<object class=p type=image/png data='{url}' style='object-fit:contain'></object>"),
    Holding("embed", "<embed class=p src='{url}'>"),
    Holding("input", "<input type=image class=p src='{url}'>"),
    Holding("poster", "<video class=p poster='{url}'></video>"),
    Holding(
        "open shadow root",
        once=f"<div id=h></div><script>h.attachShadow({{mode: 'open'}}).innerHTML = '{ROOT}' + {{urls}}.map((url) => `<img src=${{url}}>`).join('')</script>",
    ),
    Holding(
        "closed shadow root with backgrounds",
        once=f"<div id=h></div><script>h.attachShadow({{mode: 'closed'}}).innerHTML = '{ROOT}' + {{urls}}.map((url) => `<i style=\"background-image:url(${{url}})\"></i>`).join('')</script>",
    ),
    Holding(
        "data",
        "<div class=p></div>",
        WHOLE,
        for_each(
            ".p",
            "const reader = new FileReader(); reader.onload = () => { it.style.backgroundImage = `url(${reader.result})` }; reader.readAsDataURL(await blobOf(urls[at]))",
            BLOB,
        ),
    ),
    Holding(
        "blob, given up once it has loaded",
        "<img class=p>",
        once=for_each(
            ".p",
            "it.src = URL.createObjectURL(await blobOf(urls[at])); await it.decode(); URL.revokeObjectURL(it.src)",
            BLOB,
        ),
    ),
)
PUT: Final = (
    BLOB
    + "const put = (bitmap, canvas) => { Object.assign(canvas, {width: bitmap.width, height: bitmap.height}); const pen = canvas.getContext('2d'); pen.drawImage(bitmap, 0, 0); return pen };"
)
CANVASES: Final = (
    Holding(
        "canvas",
        "<canvas class=p></canvas>",
        once=for_each("canvas", "put(await createImageBitmap(await blobOf(urls[at])), it)", PUT),
    ),
    Holding(
        "canvas of tiles, one after the other",
        "<canvas class=p></canvas>",
        once=for_each(
            "canvas",
            """const bitmap = await createImageBitmap(await blobOf(urls[at])); const {width, height} = Object.assign(it, {width: bitmap.width, height: bitmap.height});
          const [w, h] = [Math.ceil(width / 4), Math.ceil(height / 4)]; const pen = it.getContext('2d');
          for (let n = 0; n < 16; n++) { const [x, y] = [n * 7 % 16 % 4 * w, Math.floor(n * 7 % 16 / 4) * h]; await new Promise((done) => setTimeout(done, 30)); pen.drawImage(bitmap, x, y, w, h, x, y, w, h) }""",
            BLOB,
        ),
        draws_ms=2500,
    ),
    Holding(
        "canvas of bytes that were encoded",
        once=script(
            f"{PUT} (async () => {{ for (const url of urls) {{ const bytes = new Uint8Array(await (await blobOf(url)).arrayBuffer()).map((byte) => byte ^ {XOR}); const canvas = document.createElement('canvas'); canvas.className = 'p'; put(await createImageBitmap(new Blob([bytes])), canvas); document.querySelector('main').append(canvas) }} }})()"
        ),
        form="/xor/{name}",
        draws_ms=500,
    ),
    Holding(
        "canvas drawn again at each turn, and back",
        once="<canvas class=p></canvas>"
        + turning(f"{PUT} put(await createImageBitmap(await blobOf(url)), document.querySelector('canvas'))"),
        at_once=1,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png"),
        draws_ms=600,
    ),
)
GL: Final = """const gl = (canvas, kept) => {
  const gl = canvas.getContext('webgl', {preserveDrawingBuffer: kept}); const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, 'attribute vec2 at; varying vec2 uv; void main() { uv = vec2(at.x, 1. - at.y); gl_Position = vec4(at * 2. - 1., 0., 1.); }'], [gl.FRAGMENT_SHADER, 'precision mediump float; varying vec2 uv; uniform sampler2D page; void main() { gl_FragColor = texture2D(page, uv); }']]) {
    const shader = gl.createShader(kind); gl.shaderSource(shader, text); gl.compileShader(shader); gl.attachShader(program, shader) }
  gl.linkProgram(program); gl.useProgram(program); gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW); gl.enableVertexAttribArray(0); gl.bindAttribLocation(program, 0, 'at'); gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture()); for (const each of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, each, gl.CLAMP_TO_EDGE); for (const each of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, each, gl.NEAREST);
  const had = {}; return async (url) => { const bitmap = await (had[url] ??= fetch(url).then((answer) => answer.blob()).then((blob) => createImageBitmap(blob))); await new Promise(requestAnimationFrame); Object.assign(canvas, {width: bitmap.width, height: bitmap.height}); gl.viewport(0, 0, bitmap.width, bitmap.height); gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap); gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4) } };"""
WEBGL: Final = tuple(
    Holding(
        f"WebGL canvas that is {'kept' if kept == 'true' else 'not kept, drawn at each frame'}",
        once="<canvas class=p></canvas>"
        + script(f"{GL} const draw = gl(document.querySelector('canvas'), {kept}); {TURNS}{rest}"),
        at_once=1,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png"),
        draws_ms=900,
    )
    for kept, rest in (
        ("true", ""),
        ("false", "; const again = async () => { await show(); requestAnimationFrame(again) }; again()"),
    )
)
DOCUMENTS: Final = (
    Holding("picture opened by itself", at_once=1, type="image/png"),
    Holding(
        "list that makes its elements anew at each turn, and back",
        once=turning(
            "const div = document.createElement('div'); div.className = 'p'; div.style.backgroundImage = `url(${url})`; document.querySelector('main').replaceChildren(div)"
        ),
        style=WHOLE,
        at_once=1,
        turns=("ArrowRight", "ArrowLeft"),
        shown_after_turns=("a.png", "b.png"),
    ),
    Holding(
        "pages of an archive that the page itself unpacks, as backgrounds of blobs",
        "<div class=p></div>",
        WHOLE,
        for_each(".p", "it.style.backgroundImage = `url(${URL.createObjectURL(await blobOf(urls[at]))})`", BLOB),
    ),
)
HOLDINGS: Final = BACKGROUNDS + EMBEDDED + CANVASES + WEBGL + DOCUMENTS
