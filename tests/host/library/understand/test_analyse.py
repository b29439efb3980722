"""Which volumes of a shelf an analysis has done already."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from host.cli.library.analyse import _is_done

DONE: dict[str, Any] = {"fault": "", "stamp": "s", "order": "o", "teller": "t", "has_failures": False}


@pytest.mark.parametrize(
    ("record", "order", "teller", "is_done"),
    [
        ({}, {}, "t", True),
        ({}, {}, None, True),
        ({"teller": ""}, {}, None, True),
        ({"fault": "damaged"}, {}, "t", False),
        ({"stamp": "other"}, {}, "t", False),
        ({"has_failures": True}, {}, "t", True),
        ({"has_failures": True}, {"retry": True}, "t", False),
        ({}, {"retry": True}, "t", True),
        ({"order": "other"}, {}, "t", False),
        ({"order": "other"}, {"skip_existing": True}, "t", True),
        ({"teller": "other"}, {}, "t", False),
        ({"teller": "other"}, {"skip_existing": True}, "t", True),
        ({"teller": ""}, {"skip_existing": True}, "t", False),
        ({"teller": ""}, {}, "t", False),
        (None, {"skip_existing": True}, None, False),
    ],
)
def test_a_volume_is_done_that_was_read_and_told_as_is_asked_now(
    record: dict[str, Any] | None, order: dict[str, Any], teller: str | None, *, is_done: bool
) -> None:
    held = {"v": SimpleNamespace(**(DONE | record))} if record is not None else {}
    asked = SimpleNamespace(**({"identity": "o", "retry": False, "skip_existing": False} | order))
    told = SimpleNamespace(identity=teller) if teller is not None else None
    source = SimpleNamespace(place="v", stamp="s")
    assert _is_done(held, source, asked, told) is is_done  # type: ignore[arg-type]
