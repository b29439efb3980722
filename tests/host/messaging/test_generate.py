"""The generated page and types are those of the message types."""

from __future__ import annotations

import re

from host.messaging.generate import generated, stale
from host.messaging.messages import METHODS, NOTIFICATIONS
from host.messaging.page import protocol_page
from host.messaging.shapes import error_codes, records
from host.messaging.typescript import typescript


def test_the_generated_files_are_current() -> None:
    assert stale() == [], "run: python -m host.messaging.generate"
    assert len(generated()) == 2


def test_the_page_names_everything_on_the_wire() -> None:
    page = protocol_page()
    assert "{{" not in page
    for name in (*METHODS, *NOTIFICATIONS, *(error.code for error in error_codes())):
        assert f"| `{name}` |" in page
    for anchor in re.findall(r"\]\(#(\w+)\)", page):
        assert f"\n### {anchor}\n" in page.lower()


def test_a_key_with_a_default_is_optional_and_one_always_sent_is_not() -> None:
    by_name = {record.name: {key.name: key.optional for key in record.keys} for record in records()}
    assert by_name["Page"] == {
        "page_id": False,
        "index": False,
        "sha256": False,
        "visible": True,
        "width": True,
        "height": True,
        "url": True,
        "hints": True,
    }
    assert not any(by_name["PageCounts"].values())


def test_bytes_choices_and_maps_have_their_typescript() -> None:
    types = typescript()
    assert "  image?: Uint8Array;" in types
    assert '  direction: "rtl" | "ltr" | "auto";' in types
    assert '  "settings.set": { params: Record<string, unknown>; result: Record<string, unknown> };' in types
    assert "  rgb: [number, number, number];" in types
