"""Render `icon.svg` into `public/icon/<size>.png`. Needs Playwright and a Chromium at /usr/bin/chromium."""

from pathlib import Path

from playwright.sync_api import sync_playwright

SIZES = (16, 32, 48, 128)
HERE = Path(__file__).parent

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    page = browser.new_page()
    svg = (HERE / "icon.svg").read_text(encoding="utf-8")
    for size in SIZES:
        page.set_viewport_size({"width": size, "height": size})
        page.set_content(f"<style>body{{margin:0}}svg{{display:block;width:{size}px;height:{size}px}}</style>{svg}")
        target = HERE.parent / "public" / "icon" / f"{size}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target, omit_background=True)
    browser.close()
