"""Markup of readers that is rarer: pictures of frames, patterns and generated content, and pages that are shown twice."""

# ruff: noqa: E501  (markup reads better unbroken)

from __future__ import annotations

from typing import Final

from tests.e2e.further_markup import COVER, Furnished, many
from tests.e2e.holders import Holding

RARER: Final = (
    Holding(
        "picture of a border, filled",
        "<div class=p style=\"border-image:url('{url}') 0 fill / 0 stretch\"></div>",
        ".p{box-sizing:border-box;border:7px solid transparent}",
    ),
    Holding(
        "pattern that fills a shape, in shares of it",
        "<svg class=p viewBox='0 0 500 700'><pattern id=q{at} width=1 height=1 patternContentUnits=objectBoundingBox><image href='{url}' width=1 height=1 preserveAspectRatio=none /></pattern><g transform='translate(4 6)'><rect width=480 height=690 fill='url(#q{at})'/></g></svg>",
    ),
    Holding(
        "pattern that fills a path, in its own units",
        "<svg class=p viewBox='0 0 500 700'><defs><pattern id=q{at} patternUnits=userSpaceOnUse width=500 height=700><image href='{url}' width=500 height=700 /></pattern></defs><path d='M0 0H500V700H0Z' fill='url(#q{at})'/></svg>",
    ),
    Holding(
        "content of before, in the middle",
        "<div class=f{at}></div><style>.f{at}::before{content:url('{url}')}</style>",
        "main{text-align:center}div{margin-bottom:9px}",
        at_once=2,
    ),
    Holding(
        "content of after in a block, right to left",
        "<div class=f{at}></div><style>.f{at}::after{content:url('{url}');display:block;margin-right:60px}</style>",
        "main{direction:rtl}div{padding:5px 20px;border:3px solid #333}",
        at_once=2,
    ),
    Holding(
        "blurred copies behind the pages",
        "<div class=r><img class=k src='{url}' aria-hidden=true><figure><img class=p src='{url}'></figure></div>",
        ".r{position:relative;height:720px;overflow:hidden;margin-bottom:12px}.k{position:absolute;inset:0;width:100%;height:100%;object-fit:cover;filter:blur(24px);opacity:.3}figure{position:relative;margin:0}",
    ),
    Holding(
        "backgrounds below pictures that are there to be dragged",
        "<div class=r><div class=p style=\"background:url('{url}') 0 0/100% 100%\"></div><img class=d src='{url}'></div>",
        ".r{position:relative;width:500px;margin:0 auto 12px}.d{position:absolute;inset:0;width:100%;height:100%;opacity:0}",
    ),
    Holding(
        "spread of a cover in SVG and a picture",
        "",
        "main{display:flex;gap:10px}main>*{flex:none}.p{width:480px;height:672px;margin:0}",
        once="<script>{const urls = {urls}; document.querySelector('main').innerHTML = `<section><p><svg class=p viewBox='0 0 700 980'><image href='${urls[0]}' width=700 height=980 /></svg></section><img class=p src='${urls[1]}'>`}</script>",
        at_once=2,
    ),
)
STORY: Final = "<p style='width:600px'>" + "An article goes on and on about what is to be seen. " * 12 + "</p>"
ILLUSTRATION: Final = "<img src='/{name}.png?no-page' style='width:620px;display:block'>"
WORTH_NOTHING: Final = (
    Furnished(
        "illustrations of an article",
        "<article>" + STORY.join(ILLUSTRATION.replace("{name}", name) for name in "abc") + "</article>",
        pages=0,
    ),
    Furnished(
        "stage with a heading",
        "<section style=\"background:url('/a.png?no-page') 0 0/cover;height:700px\"><h1>We build bridges</h1></section>",
        pages=0,
    ),
    Furnished(
        "cover above small pictures that lead to the pages",
        "<img src='/a.png?no-page' style='height:500px'><ol>"
        + many("<li><a href='/gallery/7/{n}'><img src='/b.png?no-page{n}' style='width:90px'></a>", 9)
        + "</ol>",
        pages=0,
    ),
    Furnished(
        "book that is sold",
        f"<img src='/a.png?no-page' style='height:560px'><button>Add to cart</button>{many(COVER, 4)}",
        pages=0,
    ),
)
