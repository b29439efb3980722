"""How each record is written: as a list or by names, with what is as usual or without."""

from __future__ import annotations

import importlib
from pathlib import Path

import msgspec

HOST = Path(__file__).parents[2] / "host"
LISTS = {"host.palettes.sightings.SeenColour", "host.store.index_file.Crop"}
"""Without names, for there are very many of them."""
WHOLE = {
    "host.messaging.framing.Ack", "host.messaging.wire.notifications.PageDone",
    "host.messaging.wire.records.PageCounts",
    "host.palette_records.CharacterSeen", "host.palette_records.PlaceSeen", "host.palette_records.PaletteView",
    "host.palette_records.PaletteCard", "host.settings.Settings", "host.store.index_file.IndexedPicture",
    "host.store.index_file._Content", "host.store_records.ReferenceThumbnail", "host.store_records.HistorySeries",
    "host.store_records.CacheStats",
}  # fmt: skip
"""Also with what is as usual; every other record leaves that out."""


def test_records_are_written_as_they_always_were() -> None:
    """A record of another form makes files of before unreadable, and messages that the other side does not know."""
    found: dict[str, tuple[bool, bool]] = {}
    for path in sorted(HOST.rglob("*.py")):
        source = path.read_text("utf-8")
        if "(Struct" not in source and "(Message" not in source:
            continue
        module = importlib.import_module(".".join(("host", *path.relative_to(HOST).with_suffix("").parts)))
        for name, kind in vars(module).items():
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__:
                form = kind.__struct_config__
                found[f"{module.__name__}.{name}"] = form.array_like, form.omit_defaults
    assert len(found) > 90
    assert {name for name, (array_like, _) in found.items() if array_like} == LISTS
    known = {name: one for name, one in found.items() if name not in LISTS}
    assert {name for name, (_, omit_defaults) in known.items() if not omit_defaults} == WHOLE
