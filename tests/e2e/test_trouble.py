"""What a reader sees when something is wrong, and that nothing is lost."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from installer.manifest import FILE_NAME
from tests.e2e.reading import POPUP, Reader, colourfulness, images, register_host, until
from tests.e2e.site import MANY, MangaSite

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

COLOURED = 8.0
WAIT_MS = 40_000  # of a busy machine


def test_popup_says_what_to_do_where_no_host_is_registered(stranger: Reader, site: MangaSite, tmp_path: Path) -> None:
    page = stranger.open(f"{site.origin}/chapter/plain")
    popup = stranger.popup(page)
    alert = popup.get_by_role("alert")
    expect(alert).to_contain_text("not registered for this browser")
    expect(alert).to_contain_text("make install")
    options = stranger.open(POPUP.replace("popup.html", "options.html"))
    panel = stranger.open(POPUP.replace("popup.html", "sidepanel.html"))
    for document in (options, panel):  # what the host holds is not there, and why is said once
        expect(document.get_by_role("alert")).to_contain_text("not registered for this browser", timeout=WAIT_MS)
    expect(options.get_by_role("region", name="Sites")).to_be_visible()
    expect(options.get_by_role("region", name="Presets")).to_have_count(0)

    register_host(tmp_path / "profile")
    popup.get_by_role("button", name="Try again").click()
    expect(popup.get_by_role("status")).to_contain_text("Ready")
    expect(alert).to_have_count(0)
    expect(options.get_by_role("region", name="Presets")).to_be_visible(timeout=WAIT_MS)  # it heard of it
    for document in (options, panel):
        expect(document.get_by_role("alert")).to_have_count(0)


def test_host_that_is_killed_midway_loses_no_page(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/long")
    reader.colorize(page)
    until(lambda: any(each["state"] == "done" for each in reader.pages_of(page)), lambda: reader.run_of(page))
    done = {each["pageId"] for each in reader.pages_of(page) if each["state"] == "done"}
    assert len(done) < len(MANY)
    first = reader.stored("connection")["pid"]
    os.kill(first, signal.SIGKILL)

    reader.wait_until_done(page, len(MANY))
    assert reader.stored("connection")["pid"] != first
    for image in images(page).all():
        until(lambda image=image: colourfulness(image) > COLOURED, lambda image=image: colourfulness(image))


def test_service_worker_that_dies_midway_takes_its_run_up_again(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/long")
    popup = reader.colorize(page)
    key = f"run:{reader.tab_id(page)}"

    def stored(name: str) -> dict[str, Any]:
        found: dict[str, Any] = popup.evaluate("async (key) => (await chrome.storage.session.get(key))[key]", name)
        return found or {}

    def pages() -> list[dict[str, Any]]:
        return list(stored(key).get("pages", {}).values())

    until(lambda: len(pages()) == len(MANY) and any(each["state"] == "done" for each in pages()), pages)
    first = stored("connection")["pid"]
    tools = reader.context.new_cdp_session(popup)
    tools.send("ServiceWorker.enable")
    tools.send("ServiceWorker.stopAllWorkers")

    until(lambda: [each["state"] for each in pages()] == ["done"] * len(MANY), pages)
    assert stored("connection")["pid"] != first
    for image in images(page).all():
        until(lambda image=image: colourfulness(image) > COLOURED, lambda image=image: colourfulness(image))


def test_silent_host_is_said_while_it_lasts(reader: Reader, site: MangaSite) -> None:
    popup = reader.popup(reader.open(f"{site.origin}/chapter/plain"))
    expect(popup.get_by_role("status")).to_contain_text("Ready", timeout=WAIT_MS)
    pid = reader.stored("connection")["pid"]
    os.kill(pid, signal.SIGSTOP)
    alert = popup.get_by_role("alert")
    try:
        expect(alert).to_contain_text("is not answering", timeout=WAIT_MS)
        expect(alert).to_contain_text("irodori doctor")
    finally:
        os.kill(pid, signal.SIGCONT)
    expect(alert).to_have_count(0, timeout=WAIT_MS)
    expect(popup.get_by_role("status")).to_contain_text("Ready", timeout=WAIT_MS)


def test_try_again_takes_the_chapter_up_where_it_was(reader: Reader, site: MangaSite, tmp_path: Path) -> None:
    page = reader.open(f"{site.origin}/chapter/long")
    popup = reader.colorize(page)

    def states() -> list[str]:
        return [each["state"] for each in reader.pages_of(page)]

    until(lambda: "done" in states(), lambda: reader.run_of(page))
    (tmp_path / "profile" / "NativeMessagingHosts" / FILE_NAME).unlink()
    os.kill(reader.stored("connection")["pid"], signal.SIGKILL)
    alert = popup.get_by_role("alert")
    expect(alert).to_contain_text("not registered for this browser", timeout=WAIT_MS)
    until(lambda: set(states()) == {"done", "failed"}, lambda: reader.run_of(page))

    register_host(tmp_path / "profile")
    popup.get_by_role("button", name="Try again").click()
    until(lambda: states() == ["done"] * len(MANY), lambda: reader.run_of(page))
    expect(popup.get_by_text(f"{len(MANY)} pages coloured")).to_be_visible(timeout=WAIT_MS)
