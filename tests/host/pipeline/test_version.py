"""The versions that caches hold on to."""

from __future__ import annotations

import hashlib
from pathlib import Path

import host.pipeline
from host.pipeline.version import READING_VERSION

_ROOM = Path(host.pipeline.__file__).parent
_RULES = ("analysis/own_colour.py", "analysis/overlays.py", "analysis/page_kind.py", "analysis/registration.py",
          "analysis/toning.py", "tint.py")  # fmt: skip


def test_the_version_of_reading_is_that_of_the_rules_which_tell_authors_colour() -> None:
    digest = hashlib.sha256()
    for name in _RULES:
        lines = (_ROOM / name).read_text("utf-8").splitlines()
        code = [line.rstrip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
        digest.update("\n".join([name, *code, ""]).encode())
    assert digest.hexdigest()[:16] == READING_VERSION, (
        "The rules have changed: set READING_VERSION in host/pipeline/version.py to what they give, so that cached "
        "pages are read once more."
    )
