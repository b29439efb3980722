"""Which hub is asked, and what its answers are when they are no files."""

from __future__ import annotations

import httpx
import pytest

from models.hub import HubError, _checked, _file, hub_address, hub_origin


@pytest.mark.parametrize(
    ("chosen", "mirror", "address", "origin"),
    [
        ("", "", "https://huggingface.co", "https://huggingface.co"),
        ("", "https://Mirror.example/hf/", "https://Mirror.example/hf", "https://mirror.example"),
        ("http://127.0.0.1:9//", "https://mirror.example", "http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("no address", "", "no address", ""),
        ("http://[", "", "http://[", ""),
    ],
)
def test_the_hub_is_the_chosen_one_or_the_mirror_or_the_known_one(
    chosen: str, mirror: str, address: str, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", mirror)
    assert hub_address(chosen) == address
    assert hub_origin(chosen) == origin


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, r"refuses \(401\)"),
        (403, r"refuses \(403\)"),
        (404, "no such model"),
        (418, r"refuses \(418\)"),
        (503, r"\(503\)"),
    ],
)
def test_each_refusal_says_what_to_do(status: int, words: str) -> None:
    with pytest.raises(HubError, match=words) as told:
        _checked(httpx.Response(status))
    assert told.value.hint
    assert ("licence" in told.value.hint) is (status in (401, 403))


def test_an_answer_that_is_one_passes() -> None:
    answer = httpx.Response(200)
    assert _checked(answer) is answer


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../up", "a/../b", "a\\b", "c:/a", "a\nb", "x" * 251, "a/" + "x" * 251]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        _file({"rfilename": name})


def test_a_file_s_size_and_digest_are_those_of_its_storage() -> None:
    found = _file({"rfilename": "a/" + "x" * 250, "lfs": {"size": 5, "sha256": "ab"}})
    assert (found.bytes, found.sha256) == (5, "ab")
    assert _file({"rfilename": "b", "size": 7, "lfs": {"size": 5}}).bytes == 7
    assert _file({"rfilename": "b", "size": 7}).sha256 == ""
