"""Pictures of what was built, for whoever looks at them: light and dark, and as narrow as 200 % zoom makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Locator, Page

if TYPE_CHECKING:
    from pathlib import Path


# A picture of a whole document is as wide as its window without the bar, and colours that still change are no colours.
AT_REST = """async () => {
  document.documentElement.style.scrollbarWidth = 'none';
  const turns = document.getAnimations().filter((one) => one instanceof CSSTransition);
  await Promise.allSettled(turns.map(({ finished }) => finished));
}"""

TOO_WIDE = """() => [...document.querySelectorAll('*')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML.slice(0, 120))"""


def shoot(what: Page | Locator, folder: Path | None, name: str, width: int) -> None:
    """Keep pictures of a document or of a part; nothing of the document may be wider than its window."""
    page = what if isinstance(what, Page) else what.page
    before = page.viewport_size
    for scheme, wide in (("light", width), ("dark", width), ("light", width // 2)):
        page.set_viewport_size({"width": wide, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate(AT_REST)
        most: int = page.evaluate("() => document.documentElement.scrollWidth")
        assert most <= max(wide, 360 if "popup" in page.url else 0), (
            f"{name}: {most} px of {wide}: {page.evaluate(TOO_WIDE)}"
        )
        if folder is not None:
            path = folder / f"{name}-{scheme}-{wide}.png"
            what.screenshot(path=path, **({"full_page": True} if isinstance(what, Page) else {}))
    page.emulate_media(color_scheme=None)
    if before is not None:
        page.set_viewport_size(before)
    page.evaluate("() => scrollTo(0, 0)")
