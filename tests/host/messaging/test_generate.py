"""The generated page and types are those of the message types."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

import msgspec
import pytest
from msgspec import Struct

from engines.info import Supports
from host import corrections, palette_records, store_records
from host.corrections import ColourHint, FigurePalette, PageWords
from host.generated import REPOSITORY
from host.messaging import messages, wire
from host.messaging.generate import generated, stale
from host.messaging.messages import METHODS, NOTIFICATIONS, Message
from host.messaging.protocol_doc import protocol_page
from host.messaging.shapes import error_codes, is_record, records
from host.messaging.typescript import typescript


def test_the_generated_files_are_current() -> None:
    assert stale() == [], "run: python -m host.messaging.generate"
    assert len(generated()) == 2


def test_every_message_that_is_declared_is_generated_once_and_taken_from_one_door() -> None:
    modules = [import_module(f"{wire.__name__}.{one.name}") for one in pkgutil.iter_modules(wire.__path__)]
    everything = {name: kind for module in modules for name, kind in vars(module).items() if isinstance(kind, type)}
    declared = sorted(name for name, kind in everything.items() if issubclass(kind, Message) and kind is not Message)
    floor = [*vars(store_records).values(), *vars(palette_records).values()]
    shared = [kind for kind in floor if isinstance(kind, type) and issubclass(kind, Struct)]
    elsewhere = {
        kind.__name__ for kind in (ColourHint, FigurePalette, PageWords, Supports, *shared) if kind is not Struct
    }
    assert sorted(record.name for record in records()) == sorted({*declared, *elsewhere})
    assert set(declared) <= set(messages.__all__)


def test_records_never_change_and_are_made_by_names_and_say_nothing_twice() -> None:
    """Those of the wire and those on the disk. What has a default is left out, unless its record says otherwise."""
    modules = [import_module(f"{wire.__name__}.{one.name}") for one in pkgutil.iter_modules(wire.__path__)]
    everything = [
        kind for one in (*modules, palette_records, store_records, corrections) for kind in vars(one).values()
    ]
    kinds = {kind for kind in everything if isinstance(kind, type) and issubclass(kind, Struct)} - {Struct}
    assert len(kinds) > 80
    for kind in kinds:
        assert kind.__struct_config__.frozen, kind
        if kind.__struct_fields__:
            with pytest.raises(TypeError, match="Extra positional arguments"):
                kind(*([None] * len(kind.__struct_fields__)))
    whole = {kind.__name__ for kind in kinds if not kind.__struct_config__.omit_defaults and optional(kind)}
    assert whole == {"PageCounts", "PageDone", "PaletteView"}


def test_what_crosses_the_wire_as_a_map_is_a_struct_or_a_dataclass() -> None:
    assert [is_record(kind) for kind in (Message, Supports)] == [True, True]
    assert [is_record(kind) for kind in (str, dict[str, Supports], Supports(0), None)] == [False] * 4


def optional(kind: type[Struct]) -> bool:
    return any(not field.required for field in msgspec.structs.fields(kind))


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
        "palettes": True,
        "words": True,
    }
    assert not any(by_name["PageCounts"].values())


def test_bytes_choices_and_maps_have_their_typescript() -> None:
    types = typescript()
    assert "  image?: Uint8Array;" in types
    assert '  direction: "rtl" | "ltr" | "auto";' in types
    assert '  "settings.set": { params: Record<string, unknown>; result: Record<string, unknown> };' in types
    assert "  rgb: [number, number, number];" in types


def test_methods_without_a_caller_in_the_extension_are_named_with_their_reason() -> None:
    sources = [
        path.read_text("utf-8")
        for path in (REPOSITORY / "extension" / "lib").rglob("*")
        if path.suffix in (".ts", ".svelte") and path.name not in ("messages.ts", "methods.ts")
    ]
    uncalled = {name for name in METHODS if not any(f'"{name}"' in source for source in sources)}
    told = protocol_page().split("Methods that the extension does not call", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"`(\w+\.\w+)`", told)) == uncalled
