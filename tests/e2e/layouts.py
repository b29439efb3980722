"""Ways in which readers lay out a picture, for the coloured one that must come to lie exactly over it."""

# ruff: noqa: E501  (markup reads better unbroken)

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GREY: Final = "html{background:#bbb}body{margin:0;font:16px sans-serif}"
TALL: Final = "<div style='height:1400px'></div>"


@dataclass(frozen=True)
class Layout:
    """A document around `{img}`.

    `act` is what happens in it once the page is in colour, `zoom` the browser's own, `veil` how much of the picture the
    site itself does not show, and not `is_flat` where points of the window are not traced back.
    """

    name: str
    body: str = "<main>{img}</main>"
    style: str = "main img{display:block;width:500px}"
    act: str = ""
    zoom: float = 1
    veil: float = 0
    is_flat: bool = True

    def html(self, source: str) -> str:
        """Return the document with the picture at `source`."""
        body = self.body.replace("{img}", f'<img src="{source}" alt="">')
        head = f"<meta charset=utf-8><style>{GREY}{self.style}</style>"
        return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"


FITTED = "main img{display:block;width:600px;height:600px;background:#ccc;"
ZOOMED: Final = (
    Layout("plain"),
    Layout("browser's zoom, larger", zoom=1.5),
    Layout("browser's zoom, smaller", zoom=0.67),
    Layout("zoom of the root", style="html{zoom:1.25}main img{display:block;width:500px}"),
    Layout("zoom of the parent", style="main{zoom:0.8}main img{display:block;width:500px}"),
    Layout("zoom of the element", style="main img{display:block;width:500px;zoom:1.3}"),
    Layout("zooms in each other", style="html{zoom:1.1}main{zoom:1.2}main img{display:block;width:450px;zoom:.9}"),
    Layout(
        "zoom of the parent, bordered", style="main{zoom:1.25;padding:7px}main img{width:400px;border:5px solid #333}"
    ),
    Layout(
        "zoomed by the reader's buttons",
        style="main{transform-origin:0 0}main img{display:block;width:400px}",
        act="document.querySelector('main').style.zoom = 1.4",
    ),
)
FITS: Final = (
    *(
        Layout(f"object-fit {fit}, {position}", style=f"{FITTED}object-fit:{fit};object-position:{position}}}")
        for fit, position in (
            ("contain", "50% 50%"),
            ("contain", "0 0"),
            ("contain", "right 20px bottom"),
            ("cover", "50% 0"),
            ("cover", "0 30px"),
            ("cover", "calc(100% - 12px) 25%"),
            ("none", "50% 50%"),
            ("none", "-40px -90px"),
            ("scale-down", "left bottom"),
            ("fill", "0 0"),
        )
    ),
    Layout("object-fit none in a zoom", style=FITTED + "object-fit:none;zoom:1.2}"),
    Layout("object-fit none on a small element", style="main img{width:300px;height:400px;object-fit:none}"),
    Layout(
        "border and padding",
        style="main img{width:500px;border:solid #333;border-width:3px 20px 12px 6px;padding:15px 4px 9px 30px}",
    ),
    Layout(
        "border, padding in shares, border-box",
        style=FITTED + "box-sizing:border-box;border:9px solid #444;padding:3% 5%}",
    ),
    Layout("border, padding and object-fit", style=FITTED + "border:9px solid #444;padding:20px;object-fit:contain}"),
    Layout("round corners", style="main img{display:block;width:500px;border-radius:60px}"),
    Layout("round corners, border", style="main img{width:500px;border-radius:80px;border:30px solid #333}"),
    Layout(
        "outline and shadow", style="main img{width:500px;outline:8px solid #222;box-shadow:0 0 30px #000;margin:40px}"
    ),
    Layout("opacity", style="main img{display:block;width:500px;opacity:.6}", veil=0.4),
    Layout("opacity by a filter", style="main img{display:block;width:500px;filter:opacity(.5)}", veil=0.5),
    Layout(
        "multiplied with the paper",
        style="main{background:#d8c8a0}main img{display:block;width:500px;mix-blend-mode:multiply}",
        veil=0.3,
    ),
    Layout("screened", style="main{background:#203040}main img{width:500px;mix-blend-mode:screen}", veil=0.3),
    Layout("inverted", style="main{filter:invert(1)}main img{display:block;width:500px}"),
    Layout("inverted itself", style="main img{display:block;width:500px;filter:invert(.9)}"),
    Layout("clip-path", style="main img{display:block;width:500px;clip-path:circle(40%)}"),
    Layout(
        "masked",
        style="main img{display:block;width:500px;mask:linear-gradient(#000,transparent)}",
        veil=0.6,
        is_flat=False,
    ),
)
TURNED: Final = (
    Layout("scaled parent", style="main{transform:scale(.7);transform-origin:0 0}main img{width:600px}"),
    Layout("turned parent", style="main{transform:rotate(90deg);width:600px}main img{width:600px}"),
    Layout("slightly turned parent", style="main{transform:rotate(4deg);margin:90px}main img{width:400px}"),
    Layout(
        "mirrored parent", style="main{transform:scaleX(-1);width:500px}main img{width:500px;border:9px solid #222}"
    ),
    Layout("skewed parent", style="main{transform:skewX(8deg);margin-left:120px}main img{width:400px}"),
    Layout("turned element", style="main img{width:400px;transform:rotate(90deg);margin:80px}"),
    Layout(
        "slightly turned element",
        style="main img{width:400px;transform:rotate(-3deg) translate(30px,20px);margin:40px}",
    ),
    Layout("turned by its own property", style="main img{width:400px;rotate:12deg;scale:.8;translate:30px 10%}"),
    Layout("scaled element", style="main img{width:400px;transform:scale(1.2);transform-origin:10px 20%}"),
    Layout(
        "element scaled with its border",
        style="main img{width:300px;border:10px solid #333;transform:scale(1.3);transform-origin:0 0}",
    ),
    Layout("mirrored element", style="main img{width:500px;transform:scaleX(-1)}"),
    Layout("element of a matrix", style="main img{width:400px;transform:matrix(.9,.2,-.1,.9,60,30)}"),
    Layout(
        "turned in a scaled parent",
        style="main{transform:scale(.8);transform-origin:0 0}main img{width:500px;transform:rotate(5deg);margin:50px}",
    ),
    Layout("turned in a turned parent", style="main{rotate:10deg;margin:90px}main img{width:400px;rotate:-25deg}"),
    Layout(
        "in perspective",
        style="main{perspective:900px}main img{width:400px;transform:rotateY(25deg);margin:40px}",
        is_flat=False,
    ),
    Layout(
        "parent in perspective",
        style="body{perspective:900px}main{transform:rotateX(20deg)}main img{width:400px}",
        is_flat=False,
    ),
    Layout(
        "turned by a button",
        style="main img{width:400px;margin:90px}",
        act="document.querySelector('main img').style.transform = 'rotate(90deg)'",
    ),
    Layout(
        "offset path",
        style="main img{width:300px;offset-path:path('M 200 300 L 500 400');offset-distance:30%}",
        is_flat=False,
    ),
)
SCROLLED: Final = (
    Layout(
        "scroller",
        f"<main>{{img}}{TALL}</main>",
        "main{height:600px;overflow:auto;margin:40px}main img{display:block;width:500px}",
        "document.querySelector('main').scrollTop = 170",
    ),
    Layout(
        "positioned scroller",
        f"<main>{{img}}{TALL}</main>",
        "main{position:relative;height:600px;overflow:auto;margin:40px}main img{display:block;width:500px}",
        "document.querySelector('main').scrollTop = 170",
    ),
    Layout(
        "scroller around",
        f"<div id=s><div><main>{{img}}</main></div>{TALL}</div>",
        "#s{height:500px;overflow:hidden;margin:30px}main img{display:block;width:700px}",
        "document.querySelector('#s').scrollTop = 120",
    ),
    Layout(
        "cut at the sides",
        "<div id=s><main>{img}</main></div>",
        "#s{width:400px;height:500px;overflow:clip;margin:30px;border-radius:40px}main img{width:600px;margin-left:-50px}",
    ),
    Layout(
        "scrolled document",
        f"<main>{{img}}</main>{TALL}",
        act="scrollTo(0, 260)",
    ),
    Layout(
        "sticky element",
        f"<main>{TALL}</main>".replace("<main>", "<main>{img}"),
        "main img{display:block;width:400px;position:sticky;top:20px}",
        "scrollTo(0, 330)",
    ),
    Layout(
        "sticky parent",
        f"<main><div id=s>{{img}}</div>{TALL}</main>",
        "#s{position:sticky;top:10px}main img{width:400px}",
        "scrollTo(0, 330)",
    ),
    Layout(
        "fixed element",
        f"<main>{{img}}{TALL}</main>",
        "main img{position:fixed;left:80px;top:30px;height:700px}",
        "scrollTo(0, 400)",
    ),
    Layout(
        "fixed parent",
        f"<main><div id=s>{{img}}</div>{TALL}</main>",
        "#s{position:fixed;inset:20px auto auto 60px}main img{height:700px}",
        "scrollTo(0, 400)",
    ),
    Layout(
        "covered by a bar of the site",
        f"<header>bar</header><main>{{img}}</main>{TALL}",
        "header{position:fixed;inset:0 0 auto;height:80px;background:#555;z-index:5}main img{display:block;width:500px}",
        "scrollTo(0, 200)",
    ),
    Layout(
        "covered by a bar without a z-index",
        f"<main>{{img}}</main>{TALL}<header>bar</header>",
        "header{position:fixed;inset:0 0 auto;height:80px;background:#555}main img{display:block;width:500px}",
        "scrollTo(0, 200)",
    ),
    Layout(
        "covered in part by what is laid over it",
        "<main>{img}<div id=o>12</div></main>",
        "main{position:relative}#o{position:absolute;left:100px;top:150px;width:200px;height:200px;background:#777}main img{display:block;width:500px}",
    ),
)
FLOWS: Final = (
    Layout("right to left", "<main dir=rtl>{img}</main>", "main img{width:500px}"),
    Layout(
        "right to left, in a scroller",
        "<main dir=rtl>{img}<i></i></main>",
        "main{display:flex;overflow:auto;width:600px;height:740px}main img{height:700px;flex:none}i{flex:none;width:900px}",
        "document.querySelector('main').scrollLeft = -90",
    ),
    Layout(
        "document right to left, wide",
        "<script>document.documentElement.dir='rtl'</script><main>{img}</main><i></i>",
        "i{display:block;width:1800px;height:9px}main img{width:500px}",
        "scrollBy(-130, 0)",
    ),
    Layout(
        "columns of vertical text",
        "<main>{img}</main>",
        "main{writing-mode:vertical-rl;height:760px}main img{height:700px}",
    ),
    Layout("document of vertical text", "<main>{img}</main>", "html{writing-mode:vertical-rl}main img{height:700px}"),
    Layout("columns", "<main><p>text</p>{img}<p>text</p></main>", "main{columns:2;width:960px}main img{width:100%}"),
    Layout("columns that cut it", "<main>{img}</main>", "main{columns:2;width:960px;height:420px}main img{width:100%}"),
    Layout(
        "grid",
        "<main><p>text</p>{img}</main>",
        "main{display:grid;grid-template-columns:1fr 2fr;gap:20px}main img{width:500px}",
    ),
    Layout(
        "flex between",
        "<main>{img}<p>text</p></main>",
        "main{display:flex;justify-content:space-between}main img{width:500px}",
    ),
    Layout("inline among text", "<main>Text {img} text</main>", "main img{width:400px;vertical-align:middle}"),
    Layout("float", "<main>{img}<p>text</p></main>", "main img{float:right;width:500px}"),
    Layout(
        "table",
        "<main><table><tr><td>x<td>{img}</table></main>",
        "td{padding:9px;border:2px solid}main img{width:500px}",
    ),
    Layout(
        "parent without a box",
        "<main><div style='display:contents'>{img}</div></main>",
        "main{margin:20px}main img{width:500px}",
    ),
    Layout("last child", "<main>{img}</main>", "main img{width:500px}main img:last-child{margin-left:90px}"),
    Layout("only child", "<main>{img}</main>", "main img{width:400px}main img:only-child{width:520px}"),
    Layout(
        "sheet for every div",
        "<main>{img}</main>",
        "div{position:fixed!important;width:99px!important;display:none!important;transform:none!important}main img{width:500px}",
    ),
    Layout(
        "content-visibility",
        "<main>{img}</main>",
        "main{content-visibility:auto;contain-intrinsic-size:500px 700px}main img{width:500px}",
    ),
    Layout(
        "contained",
        "<main>{img}</main>",
        "main{contain:strict;width:520px;height:600px;margin:25px}main img{width:500px}",
    ),
    Layout(
        "container", "<div><main>{img}</main></div>", "div{container-type:inline-size;width:600px}main img{width:80cqw}"
    ),
    Layout(
        "position absolute",
        "<main>{img}</main>",
        "main{position:relative;height:700px}main img{position:absolute;right:40px;top:22px;width:450px}",
    ),
    Layout(
        "shadow root",
        "<main id=m></main><div hidden>{img}</div><script>const s=m.attachShadow({mode:'closed'});s.append(document.querySelector('img'))</script>",
        "",
        "",
    ),
    Layout(
        "slot",
        "<main id=m>{img}</main><script>m.attachShadow({mode:'open'}).innerHTML='<p>text</p><div style=\"padding:20px\"><slot></slot></div>'</script>",
        "main img{width:500px}",
    ),
)
BESIDE_THE_BODY: Final = (
    Layout(
        "sticky and turned", style="main img{width:400px;position:sticky;top:9px;margin:80px;transform:rotate(20deg)}"
    ),
    Layout(
        "sticky in zooms", style="html{zoom:1.2}main{zoom:.8}main img{width:500px;position:sticky;top:9px;zoom:1.1}"
    ),
    Layout(
        "sticky, mirrored, bordered",
        style="main{width:500px;transform:scaleX(-1)}main img{width:400px;position:sticky;top:9px;border:20px solid #333}",
    ),
    Layout(
        "sticky in a scroller",
        f"<main>{{img}}{TALL}</main>",
        "main{height:500px;overflow:auto;margin:30px;border:9px solid}main img{width:600px;position:sticky;top:-90px}",
        "document.querySelector('main').scrollTop = 300",
    ),
    Layout(
        "sticky in a dialog",
        "<dialog><main>{img}</main></dialog>",
        "main img{width:450px;position:sticky;top:0}",
        "document.querySelector('dialog').showModal()",
    ),
    Layout(
        "sticky in full screen",
        style="main img{width:450px;position:sticky;top:0}",
        act="document.querySelector('main').requestFullscreen()",
    ),
    Layout(
        "full screen and back",
        style="main img{width:450px}",
        act="document.querySelector('main img').requestFullscreen().then(() => document.exitFullscreen())",
    ),
    Layout(
        "where a child more would move the others",
        "<main>{img}<p>text</p></main>",
        "main{display:flex;gap:40px}main img{width:450px}main p:nth-last-child(2){margin-left:80px}",
    ),
    Layout(
        "spread",
        "<main><i></i>{img}</main>",
        "main{display:flex;width:900px;justify-content:space-between;overflow:auto;height:600px}main img{height:700px}",
        "document.querySelector('main').scrollTop = 60",
    ),
)
TOP: Final = (
    Layout(
        "dialog",
        "<dialog><main>{img}</main></dialog>",
        "main img{width:450px}",
        "document.querySelector('dialog').showModal()",
    ),
    Layout(
        "popover", "<main popover>{img}</main>", "main img{width:450px}", "document.querySelector('main').showPopover()"
    ),
    Layout("fullscreen document", act="document.documentElement.requestFullscreen()"),
    Layout("fullscreen parent", act="document.querySelector('main').requestFullscreen()"),
    Layout("fullscreen element", act="document.querySelector('main img').requestFullscreen()"),
)
LAYOUTS: Final = ZOOMED + FITS + TURNED + SCROLLED + FLOWS + BESIDE_THE_BODY + TOP
