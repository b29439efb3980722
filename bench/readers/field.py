"""Layouts after widely used reader software, written when the classifier stood and never tuned with."""

# ruff: noqa: E501  (markup reads better unbroken)

from __future__ import annotations

from typing import Final

from bench.readers.markup import CHAPTERS, DOT, NAV, Layout, banner, comments, covers, page, pages, picture

BLUR: Final = "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD" + "A" * 400
AVATARS: Final = "".join(
    f'<li class="comment byuser"><article class="comment-body"><footer class="comment-meta">{picture(f"g{n}", 96, 96, "class=avatar")}</footer><p>Thanks!</p></article></li>'
    for n in range(8)
)


def _thumb(name: str, width: int = 110, height: int = 150) -> str:
    return f'<div class="thumb item-thumb"><a href="/manga/{name}/">{picture(name, 110, 150, f"width={width} height={height}")}</a></div>'


FIELD: Final = (
    Layout(
        "Madara, whole document",
        f'<div class="site-header">{picture("logo", 300, 90)}</div><div class="c-ads custom-code">{banner("top", 970, 250)}</div>'
        '<div class="entry-content_wrap"><div class="read-container"><div class="reading-content"><input type="hidden">'
        + "".join(
            f'<div class="page-break no-gaps"><img id="image-{n}" data-src=" /i/800x1130/page{n}.png " src="{DOT}" data-truth="page" class="wp-manga-chapter-img lazyload" width=800 height=1130></div>'
            for n in range(7)
        )
        + f'</div></div></div>{NAV}<div class="row c-row related-reading-wrap">{"".join(_thumb(f"r{n}", 350, 476) for n in range(4))}</div>'
        f'<div id="comments"><ol class="comment-list">{AVATARS}</ol></div><div class="c-sidebar">{"".join(_thumb(f"p{n}") for n in range(6))}</div>',
        style=".reading-content{width:760px;margin:auto}.page-break img{max-width:100%;height:auto}",
    ),
    Layout(
        "MangaThemesia, whole document",
        f'<div class="postarea"><article class="hentry"><div class="entry-content"><div class="kln">{banner("k", 728, 200)}</div><div id="readerarea">'
        + "".join(
            page(
                n, 900, 1300, f'class="ts-main-image" data-index={n} loading=lazy onerror="ts_reader_control.onerror()"'
            )
            for n in range(5)
        )
        + f'</div><div class="kln">{banner("b", 728, 200)}</div></div></article></div>'
        + f'<div class="bixbox"><div class="listupd">{covers(7, 165, "<div class=bs><div class=bsx><a href=/manga/{}/><div class=limit>{}</div></a></div></div>", "500x700")}</div></div>'
        f'<div class="commentx"><div class="releases"><h2>Comment</h2></div>{comments(3, "comment-list")}</div>',
        style="#readerarea{width:800px;margin:auto}#readerarea img{display:block;width:100%}.listupd{display:flex}",
    ),
    Layout(
        "Foolslide",
        '<div id="content"><div class="panel"><div class="topbar_left"><h1 class="tbtitle">Rain Town</h1></div></div><div id="page"><div class="inner">'
        f'<a href="/read/rain-town/en/0/3/page/5" onclick="return nextPage();">{page(4, 850, 1210, "class=open")}</a></div></div></div>'
        f'<div id="bottombar"><div class="pagenumber">{CHAPTERS}</div></div>',
        "/read/rain-town/en/0/3/page/4",
        "#page img{max-width:100%;display:block;margin:auto}",
    ),
    Layout(
        "Tachidesk web",
        '<div id="root"><header class="MuiAppBar-root"><button>Back</button></header><div class="MuiBox-root css-1">'
        + "".join(
            f'<div class="MuiStack-root css-{n}">{page(n, 1080, 1536, "class=css-x alt=Page")}</div>' for n in range(6)
        )
        + "</div></div>",
        "/manga/12/chapter/3",
        "header{position:fixed;width:300px;height:100vh}.MuiBox-root{display:flex;flex-direction:column;align-items:center}.MuiBox-root img{width:70vw;margin-bottom:15px}",
    ),
    Layout(
        "Komga, paged with its neighbours kept",
        "<div class=v-application--wrap><div class='v-window v-carousel'><div class=v-window__container>"
        + "".join(
            f'<div class="v-window-item" style="{"" if n == 3 else "display:none"}"><div class="full-height d-flex flex-row-reverse justify-center px-0 mx-0">{page(n * 2, 1000, 1500, "class=img-fit-height")}{page(n * 2 + 1, 1000, 1500, "class=img-fit-height")}</div></div>'
            for n in range(2, 5)
        )
        + f"</div></div><div class='v-bottom-sheet'>{''.join(picture(f't{n}', 210, 300, 'style=height:150px') for n in range(12))}</div></div>",
        "/book/0A/read",
        ".flex-row-reverse{display:flex;flex-direction:row-reverse;justify-content:center}.img-fit-height{height:100vh;max-width:none}.v-bottom-sheet{display:none}",
    ),
    Layout(
        "Kavita, webtoon with a cover menu",
        '<app-infinite-scroller><div class="infinite-scroll">'
        + "".join(f"<div>{page(n, 800, 1400, f'id=page-{n} rel=nofollow class=d-block')}</div>" for n in range(8))
        + f"</div></app-infinite-scroller><div class='offcanvas'>{picture('cover', 320, 454, 'style=width:160px')}{CHAPTERS}</div>",
        style=".infinite-scroll img{width:60vw;margin:auto}.d-block{display:block}.offcanvas{position:fixed;left:-400px;width:300px;top:0}",
    ),
    Layout(
        "webtoon strip with slices of many heights",
        '<div class="viewer_lst"><div class="viewer_img _img_viewer_area" id="_imageList">'
        + "".join(page(n, 800, height) for n, height in enumerate((1280, 1280, 640, 1280, 90, 1280, 400)))
        + f'</div></div><div class="author_area">{picture("creator", 400, 400, "style=width:120px")}</div><div class="recommend_lst">{covers(6, 210, "<li id={}>{}</li>", "420x420")}</div>',
        style="#_imageList img{display:block;width:800px;margin:auto}",
    ),
    Layout(
        "two-page spreads, right to left",
        "<div id=reader dir=rtl>"
        + "".join(
            f"<section class=spread>{page(2 * n, 1114, 1600)}{page(2 * n + 1, 1114, 1600)}</section>" for n in range(4)
        )
        + f"<section class=spread>{page('wide', 2228, 1600)}</section></div>",
        style=".spread{display:flex;justify-content:center;height:96vh}.spread img{height:100%;max-width:50%;object-fit:contain}.spread img:only-child{max-width:100%}",
    ),
    Layout(
        "blur-up placeholders",
        "<main>"
        + "".join(
            f'<figure class="blur-wrap"><img src="{BLUR}" data-src="/i/800x1150/page{n}.png" data-truth="page" style="filter:blur(20px);width:720px;height:1035px"></figure>'
            for n in range(5)
        )
        + f"{page(5, 800, 1150, 'style=width:720px')}</main>",
        style="figure{margin:0 auto;width:720px}main>img{display:block;margin:auto}",
    ),
    Layout(
        "sprites and advertisements between pages",
        "<div class=reader>"
        + "".join(
            page(n, 820, 1180)
            + (
                f'<div class="adsbyexoclick"><a href="https://ads.example/{n}">{picture(f"s{n}", 900, 250)}</a><img src="/i/600x900/sprite.png" style="width:32px;height:32px;object-fit:none"></div>'
                if n % 2
                else ""
            )
            for n in range(6)
        )
        + "</div>",
        style=".reader{width:820px;margin:auto}.reader>img{display:block;width:100%}",
    ),
    Layout(
        "cover and chapter list",
        f'<div class="row"><div class="col-3">{picture("c", 1000, 1420, "class=img-fluid style=width:290px")}</div><div class="col-9"><h1>Rain Town</h1><p>Summary.</p>{CHAPTERS}</div></div><div class="row">{covers(6, 150)}</div>',
        "/title/55/rain-town",
        ".row{display:flex}",
    ),
    Layout(
        "cover above chapters in a narrow column",
        f'<main><img src="/i/900x1280/c.png" style="width:480px;display:block">{CHAPTERS}{CHAPTERS}</main>',
        "/series/rain-town",
        "main{width:480px;margin:auto}",
    ),
    Layout(
        "comments with avatars and stickers under the chapter",
        f'<div id="chapter-container">{pages(5)}</div><div id="remark42"><div class="root__posts">'
        + "".join(
            f'<div class="comment">{picture(f"a{n}", 400, 400, "class=comment__avatar style=width:36px")}<div>{picture(f"st{n}", 480, 480, "style=width:240px")}</div></div>'
            for n in range(6)
        )
        + "</div></div>",
        style="#chapter-container{width:700px;margin:auto}#chapter-container img{width:100%;display:block}",
    ),
    Layout(
        "data-src in paragraphs, site without classes",
        "<div><p>"
        + "<br>".join(f'<img data-src="/i/760x1100/page{n}.png" data-truth="page">' for n in range(6))
        + f"</p></div><div><p>{picture('donate', 468, 60)}</p></div>",
    ),
    Layout(
        "scroller of its own with a rail of pages",
        "<div class=app><ol class=rail>"
        + "".join(f"<li>{picture(f'page{n}', 800, 1200, 'style=width:120px')}</li>" for n in range(10))
        + "</ol><div class=stage>"
        + "".join(page(n) for n in range(10))
        + "</div></div>",
        style=".app{display:flex;height:100vh}.rail{overflow:auto;width:160px}.stage{flex:1;overflow:auto}.stage img{display:block;margin:auto;width:70%}",
    ),
    Layout(
        "free comic with a transcript and a shop",
        f'<div id="comicbody"><a href="/comic/next-one">{page("strip", 1000, 1400, "title=alt")}</a></div><div class="transcript"><p>text</p></div><div class="store">{covers(3, 250, "<a href=/shop/{}>{}</a>", "700x700")}</div><a rel=next href="/comic/next-one">Next</a>',
        "/comic/this-one",
        "#comicbody img{width:760px}.store{display:flex}",
    ),
    Layout(
        "profile and follow page",
        f'<section class="profile">{picture("me", 800, 800, "style=width:200px")}<h1>Artist</h1></section><div class="works">{covers(9, 300, "<a href=/w/{}>{}</a>", "700x990")}</div>',
        "/artist/ame",
        ".works{display:grid;grid-template-columns:repeat(3,1fr)}",
    ),
    Layout(
        "endless reader with the next chapter's cover",
        f"<div class=chapters><section>{pages(4)}</section><hr><section class='next-up'><a href='/read/rain-town/chapter-9000/cover'>{picture('nx', 720, 1020, 'style=width:300px')}</a></section><section>{pages(3)}</section></div>",
        style=".chapters section{width:680px;margin:auto}.chapters section>img{display:block;width:100%}",
    ),
)
