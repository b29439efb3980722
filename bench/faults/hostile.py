"""Values that no setting was made for: wrong types and ranges, texts of other things, addresses to keep away from."""

from __future__ import annotations

from typing import Final

HOSTILE: Final[tuple[object, ...]] = (
    1e10, 1e308, -1, -1e308, float("nan"), float("inf"), 2**63, 2**64, 10**400, 0.5, True, None,
    "", "\0", "a\0b", "x" * 2**20, "\udc80", "../../etc/passwd", "-1", "nan", "1e400", "x/" * 2000, "y" * 300,
    "http://[", "http://localhost:8188x", "https://℀.com", "http://a:99999", "http://a:0", "http://", "ftp://a",
    "http://a/admin", "http://u:p@a", "http://a?b", "http://a b", "http://169.254.169.254", "http://[fe80::1]",
    "http://0xa9fea9fe", "javascript:1", [], [[]], {}, {"a": 1}, ["x"] * 10_000,
)  # fmt: skip
