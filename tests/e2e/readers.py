"""What readers' documents look like that are none of the usual lists: one form each, added to the manga site."""

# ruff: noqa: E501  (markup reads better unbroken)

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from PIL import Image

from tests.e2e.site import PLAIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.site import MangaSite

STYLE: Final = "body{margin:0;background:#222}.p,main img{display:block;width:600px;margin:8px auto}"
STRIP: Final = "/strip.png"
SPREAD: Final = "/spread.png"
DOT: Final = "data:image/gif;base64,R0lGODdhAQABAPAAAMPDwwAAACwAAAAAAQABAAACAkQBADs="


@dataclass(frozen=True)
class Form:
    """A document in which so many pictures are pages. `{0}`, `{1}`, … are the pages' addresses."""

    name: str
    body: str
    pages: int
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/read/{self.name}"


LISTED: Final = '<main><img class=p src="{0}"><img class=p src="{1}"><img class=p src="{2}"></main>'
COVERS: Final = "".join(
    f'<a href="/series/{at}"><img src="/pages/night-en.webp?{at}" style="width:190px"></a>' for at in range(6)
)
AVATARS: Final = "".join(f'<img src="/pages/figures-en.webp?a{at}" style="width:48px"><p>nice</p>' for at in range(4))

# Kept in the document and shown one by one, by the arrow key.
PAGED: Final = Form(
    "paged-hidden-preload",
    "<style>.pg{{display:none}}.pg.on{{display:block}}</style><main>"
    '<div class="pg on"><img class=p src="{0}"></div><div class=pg><img class=p src="{1}"></div>'
    "<div class=pg><img class=p src={2}></div></main><script>let at = 0; addEventListener('keydown', ({{key}}) => {{"
    "const all = document.querySelectorAll('.pg'); if (key !== 'ArrowRight' || !all[at + 1]) return;"
    "all[at].classList.remove('on'); all[++at].classList.add('on') }})</script>",
    3,
)
# Thrown away and made anew at every scroll.
RENDERED: Final = Form(
    "rerender",
    "<main></main><script>const names = ['{0}', '{1}', '{2}']; let last = 0; window.renders = 0;"
    "function render() {{ renders++; document.querySelector('main').innerHTML = names.map((name) =>"
    ' `<img class=p width=720 height=1017 style="height:auto" src="${{name}}">`).join("") }} render();'
    "addEventListener('scroll', () => {{ if (Date.now() - last > 60) {{ last = Date.now(); render() }} }})</script>",
    3,
)
ONE_EACH: Final = Form("one-page-per-document", '<main><img class=p src="{0}"></main><a href="?2">next</a>', 1)

COLOURED: Final = (
    Form(
        "trusted-types",
        LISTED,
        3,
        {"Content-Security-Policy": "require-trusted-types-for 'script'; trusted-types 'none'"},
    ),
    Form(
        "isolated",
        LISTED,
        3,
        {"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin"},
    ),
    Form("sandboxed", LISTED, 3, {"Content-Security-Policy": "sandbox allow-scripts"}),
    Form(
        "shadow-closed-div",
        "<main><div id=h></div></main><script>document.querySelector('#h').attachShadow({{mode: 'closed'}}).innerHTML ="
        " '<style>img{{display:block;width:600px;margin:8px auto}}</style><img src={0}><img src={1}><img src={2}>'</script>",
        3,
    ),
    Form("spread", f'<main><img class=p src="{SPREAD}"><img class=p src="{{0}}"></main>', 2),
    Form("strip", f'<main><img class=p src="{STRIP}"></main>', 1),
)

# Only counted: what is coloured is the same.
FOUND: Final = (
    Form(
        "furniture",
        '<header><img src="/pages/night-en.webp?logo" style="width:200px;height:200px"></header><div class=ad>'
        '<a href="https://ads.example/x"><img src="/pages/figures-en.webp?ad" style="width:300px"></a></div>'
        + LISTED
        + '<div class=ad><img src="/pages/manga-rain-ja.webp?ad" style="display:block;width:600px;margin:auto"></div>'
        f"<section class=related><h3>You may also like</h3>{COVERS}</section><div class=comments>{AVATARS}</div>",
        3,
    ),
    Form("single-with-related", f'<main><img class=p src="{{0}}"></main><section class=related>{COVERS}</section>', 1),
    Form(
        "madara",
        '<div class="reading-content"><div class="page-break no-gaps"><img id="image-0" src="\n\t{0}" class="wp-manga-chapter-img p">'
        '</div><div class="page-break no-gaps"><img id="image-1" data-src="\n\t{1}\n" class="wp-manga-chapter-img lazyload p"'
        ' style="min-height:600px"></div><div class="page-break no-gaps"><img id="image-2" data-src="\n\t{2}\n"'
        ' class="wp-manga-chapter-img lazyload p" style="min-height:600px"></div></div>',
        3,
    ),
    Form(
        "mangastream",
        '<div id="readerarea">'
        + "".join(
            f'<img class="ts-main-image p lazy" src="{DOT}" data-src="{{{at}}}" style="min-height:700px">'
            for at in range(3)
        )
        + "</div>",
        3,
    ),
    Form(
        "nextjs",
        "<main>"
        + "".join(
            f'<div style="position:relative"><img alt="Chapter page {at}" loading=lazy width=720 height=1017 data-nimg=1 class=p'
            f' srcset="{{{at}}}?w=828 1x, {{{at}}}?w=1920 2x" src="{{{at}}}?w=1920"></div>'
            for at in range(3)
        )
        + "</main>",
        3,
    ),
    Form(
        "shadow-closed-declared",
        "<main><manga-pages><template shadowrootmode=closed><style>img{{display:block;width:600px;margin:auto}}</style>"
        "<img src={0}><img src={1}><img src={2}></template></manga-pages></main>",
        3,
    ),
    Form(
        "frame-of-its-own-text",
        "<iframe style='width:700px;height:720px' srcdoc=\"<main><img style='display:block;width:600px' src={0}>"
        "<img style='display:block;width:600px' src={1}></main>\"></iframe>",
        2,
    ),
    Form(
        "frames-that-are-pictures",
        "".join(f'<iframe style="width:640px;height:700px" src="{{{at}}}"></iframe>' for at in range(3)),
        3,
    ),
)


def open_readers(site: MangaSite) -> None:
    """Add the documents and the pictures that no other test has."""
    pages = [f"/pages/{name}" for name in PLAIN]
    head = f"<meta charset=utf-8><title>Rain Town - Chapter 3 - Comics</title><style>{STYLE}</style>"
    for reader in (*COLOURED, *FOUND, PAGED, RENDERED, ONE_EACH):
        site.added[reader.path] = f"<!doctype html>{head}{reader.body.format(*pages)}", reader.headers
    site.files[SPREAD] = _joined(site.folder, PLAIN[:2], beside=True), "image/png"
    site.files[STRIP] = _joined(site.folder, (*PLAIN, *PLAIN[:2]), beside=False), "image/png"


def _joined(folder: Path, names: tuple[str, ...], *, beside: bool) -> bytes:
    """Return pages beside each other, or below each other in a strip that is taller than one drawn band."""
    opened = [Image.open(folder / name).convert("L").resize((500, 700)) for name in names]
    size = (500 * len(opened), 700) if beside else (500, 700 * len(opened))
    whole = Image.new("L", size)
    for at, page in enumerate(opened):
        whole.paste(page, (500 * at, 0) if beside else (0, 700 * at))
    encoded = io.BytesIO()
    whole.convert("RGB").save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()
