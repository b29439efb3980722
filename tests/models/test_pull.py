"""Pulling models from a hub on loopback: resume, digests, space, and what is never brought."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from models import pull as pulling
from models.catalog import ModelCard
from models.hub import Hub, HubError
from models.pull import NotEnoughSpace, PullCancelled, pull, recorded, remove, verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEIGHTS = bytes(range(256)) * 5000
FILES = {
    "model_index.json": b'{"_class_name": "Flux2KleinPipeline"}',
    "transformer/diffusion_pytorch_model.safetensors": WEIGHTS,
    "vae/config.json": b"{}",
    "LICENSE.md": b"Be kind.",
    "evil.bin": b"a pickle",
    "evil.py": b"import os",
    "figure.png": b"picture",
}
BROUGHT = {"model_index.json", "transformer/diffusion_pytorch_model.safetensors", "vae/config.json", "LICENSE.md"}
CARD = ModelCard(
    id="tiny", label="Tiny", engine="flux2-klein", licence="Apache-2.0", attribution="nobody", memory_mib=1, files=(),
    repository="someone/tiny", revision="main",
)  # fmt: skip


class FakeHub:
    """What the tests can make it do: cut a transfer off, tell a wrong digest, want a token, redirect to storage."""

    def __init__(self, repository: str = "someone/tiny", files: dict[str, bytes] = FILES, commit: str = "abc") -> None:
        self.repository = repository
        self.files = dict(files)
        self.commit = commit
        self.cut_at: int | None = None
        self.token = ""
        self.lies: dict[str, str] = {}
        self.ignore_ranges = False
        self.asked: list[tuple[str, str, str]] = []
        self.siblings: list[dict] | None = None
        handler = type("Handler", (_Handler,), {"hub": self})
        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
        self.url, self.storage = (f"http://127.0.0.1:{one.server_address[1]}" for one in self._servers)
        self._threads = [threading.Thread(target=one.serve_forever, args=(0.02,)) for one in self._servers]

    def __enter__(self) -> FakeHub:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        hub, path = self.hub, unquote(urlsplit(self.path).path)
        key = self.headers.get("Authorization", "")
        hub.asked.append((path, self.headers.get("Range", ""), key))
        if path.startswith(f"/api/models/{hub.repository}"):
            self._facts(key)
        elif path.startswith(f"/{hub.repository}/resolve/{hub.commit}/"):
            self.send_response(302)
            self.send_header("Location", f"{hub.storage}/storage/{path.split(f'/resolve/{hub.commit}/')[1]}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path.startswith("/storage/"):
            self._content(hub.files[path.removeprefix("/storage/")])
        else:
            self.send_error(404)

    def _facts(self, key: str) -> None:
        hub = self.hub
        if hub.token and key != f"Bearer {hub.token}":
            self.send_error(401)
            return
        found = hub.siblings or [
            {"rfilename": name, "size": len(content)}
            | (
                {"lfs": {"sha256": hub.lies.get(name, hashlib.sha256(content).hexdigest())}}
                if len(content) > 1000
                else {}
            )
            for name, content in hub.files.items()
        ]
        body = json.dumps({"sha": hub.commit, "siblings": found}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _content(self, content: bytes) -> None:
        ranged = self.headers.get("Range", "")
        start = int(ranged.removeprefix("bytes=").removesuffix("-")) if ranged and not self.hub.ignore_ranges else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        cut = self.hub.cut_at
        if cut is not None and len(content) > cut:
            self.hub.cut_at = None
            self.wfile.write(content[start : start + cut])
            self.close_connection = True
        else:
            self.wfile.write(content[start:])


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path / "models"))
    with FakeHub() as server:
        yield server


def bring(hub: FakeHub, folder: Path, card: ModelCard = CARD, token: str = "", report=lambda _: None) -> pulling.Pulled:
    with Hub(token, hub.url) as client:
        return pull(card, folder, client, report)


def names_in(folder: Path) -> set[str]:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return found - {pulling.RECORD}


def test_a_model_comes_whole_and_is_recorded(hub, tmp_path):
    seen = []
    pulled = bring(hub, tmp_path / "tiny", report=seen.append)
    assert names_in(tmp_path / "tiny") == BROUGHT
    assert pulled.revision == "abc"
    assert recorded(tmp_path / "tiny") == pulled
    assert all(one.sha256 == hashlib.sha256(FILES[one.name]).hexdigest() for one in pulled.files)
    assert seen[-1].done == seen[-1].total
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert verify(tmp_path / "tiny", lambda _: None) == []


def test_what_could_run_code_is_not_even_asked_for(hub, tmp_path):
    bring(hub, tmp_path / "tiny")
    assert not [path for path, _, _ in hub.asked if "evil" in path]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_pull_that_broke_off_goes_on_where_it_was(hub, tmp_path, ranges):
    hub.cut_at = 400_000
    hub.ignore_ranges = not ranges
    with pytest.raises(HubError):
        bring(hub, tmp_path / "tiny")
    assert not (tmp_path / "tiny/transformer/diffusion_pytorch_model.safetensors").exists()
    heard: list[pulling.Progress] = []
    bring(hub, tmp_path / "tiny", report=heard.append)
    assert (tmp_path / "tiny/transformer/diffusion_pytorch_model.safetensors").read_bytes() == WEIGHTS
    assert heard[-1].done == heard[-1].total == sum(len(FILES[name]) for name in BROUGHT)  # what was here counts
    asked = [range_ for path, range_, _ in hub.asked if path.startswith("/storage/transformer")]
    assert asked[0] == ""
    assert asked[1].startswith("bytes=")
    assert names_in(tmp_path / "tiny") == BROUGHT


def test_a_second_pull_brings_nothing_anew(hub, tmp_path):
    bring(hub, tmp_path / "tiny")
    before = len([one for one in hub.asked if one[0].startswith("/storage")])
    bring(hub, tmp_path / "tiny")
    assert len([one for one in hub.asked if one[0].startswith("/storage")]) == before


def test_a_file_that_is_not_what_the_hub_announced_is_not_kept(hub, tmp_path):
    hub.lies["transformer/diffusion_pytorch_model.safetensors"] = "0" * 64
    with pytest.raises(HubError, match="did not come whole"):
        bring(hub, tmp_path / "tiny")
    assert "transformer/diffusion_pytorch_model.safetensors" not in names_in(tmp_path / "tiny")
    assert recorded(tmp_path / "tiny") is None


def test_a_damaged_file_is_found_and_a_pull_mends_it(hub, tmp_path):
    bring(hub, tmp_path / "tiny")
    victim = tmp_path / "tiny/transformer/diffusion_pytorch_model.safetensors"
    victim.write_bytes(b"x" + WEIGHTS[1:])
    assert verify(tmp_path / "tiny", lambda _: None) == ["transformer/diffusion_pytorch_model.safetensors"]
    victim.unlink()
    assert verify(tmp_path / "tiny", lambda _: None) == ["transformer/diffusion_pytorch_model.safetensors"]
    bring(hub, tmp_path / "tiny")
    assert verify(tmp_path / "tiny", lambda _: None) == []


def test_the_token_goes_to_the_hub_and_never_to_its_storage(hub, tmp_path):
    hub.token = "hf_secret"
    with pytest.raises(HubError, match="401") as caught:
        bring(hub, tmp_path / "tiny")
    assert "hf_token" in caught.value.hint
    bring(hub, tmp_path / "tiny", token="hf_secret")
    assert all("hf_secret" not in key for path, _, key in hub.asked if path.startswith("/storage"))
    assert any("hf_secret" in key for path, _, key in hub.asked if path.startswith("/someone"))


def test_only_what_a_card_allows_is_brought(hub, tmp_path):
    card = ModelCard(**{**{name: getattr(CARD, name) for name in CARD.__dataclass_fields__}, "allow": ("vae/*",)})
    bring(hub, tmp_path / "tiny", card)
    assert names_in(tmp_path / "tiny") == {"vae/config.json"}


def test_too_full_a_disk_is_said_before_anything_comes(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(pulling.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(NotEnoughSpace, match="GiB are free"):
        bring(hub, tmp_path / "tiny")
    assert not [one for one in hub.asked if one[0].startswith("/storage")]


def test_a_quarter_of_a_gib_stays_free_beside_the_model(hub, tmp_path, monkeypatch):
    with Hub("", hub.url) as client:
        missing = pulling.look_ahead(CARD, tmp_path / "tiny", client).missing
    free = missing + (256 << 20)
    monkeypatch.setattr(pulling.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free - 1})())
    with pytest.raises(NotEnoughSpace):
        bring(hub, tmp_path / "tiny")
    monkeypatch.setattr(pulling.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free})())
    bring(hub, tmp_path / "tiny")


def test_stopping_keeps_what_came(hub, tmp_path):
    def stop(progress):
        if progress.done > 500_000:
            raise PullCancelled

    with pytest.raises(PullCancelled):
        bring(hub, tmp_path / "tiny", report=stop)
    bring(hub, tmp_path / "tiny")
    assert verify(tmp_path / "tiny", lambda _: None) == []


def test_removing_takes_what_was_pulled_and_leaves_the_readers_own(hub, tmp_path):
    folder = tmp_path / "tiny"
    bring(hub, folder)
    (folder / "mine.safetensors").write_bytes(b"mine")
    assert remove(folder) >= len(WEIGHTS)
    assert names_in(folder) == {"mine.safetensors"}
    with pytest.raises(FileNotFoundError):
        remove(folder)


@pytest.mark.parametrize("name", ["../evil.json", "/etc/passwd.json", "a/../../b.json", "c:\\x.json", "C:/x.json", ""])
def test_a_hub_that_names_files_outside_of_the_folder_is_not_believed(hub, tmp_path, name):
    hub.siblings = [{"rfilename": name, "size": 1}]
    with pytest.raises(HubError, match="cannot be read"):
        bring(hub, tmp_path / "tiny")


def test_a_hub_that_cannot_be_reached_says_so(tmp_path):
    with FakeHub() as gone:
        url = gone.url
    with Hub("", url) as client, pytest.raises(HubError, match="cannot be reached"):
        pull(CARD, tmp_path / "tiny", client, lambda _: None)


def test_a_broken_record_is_as_none(tmp_path):
    (tmp_path / pulling.RECORD).write_text("{")
    assert recorded(tmp_path) is None
    with pytest.raises(FileNotFoundError):
        verify(tmp_path, lambda _: None)


def test_a_file_that_goes_on_behind_its_announced_size_is_stopped_there(hub, tmp_path):
    name = "transformer/diffusion_pytorch_model.safetensors"
    hub.siblings = [{"rfilename": name, "size": 1000}]
    with pytest.raises(HubError, match="larger than the hub announced"):
        bring(hub, tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 1000


@pytest.mark.parametrize(
    "sibling",
    [{"rfilename": "a\0b.json"}, {"rfilename": "x" * 300 + ".json"}, {"rfilename": "a.json", "size": -1},
     {"rfilename": "a.json", "size": 10**30}, {"rfilename": "a.json", "size": "many"},
     {"rfilename": "a.json", "lfs": 3}],
)  # fmt: skip
def test_a_file_that_cannot_be_is_told_as_the_hubs_fault(hub, tmp_path, sibling):
    hub.siblings = [sibling]
    with pytest.raises(HubError):
        bring(hub, tmp_path)


def test_a_file_of_four_tebibytes_is_the_largest_that_a_hub_may_name(hub):
    with Hub("", hub.url) as client:
        hub.siblings = [{"rfilename": "a.json", "size": 1 << 42}]
        assert [file.bytes for file in client.files(CARD.repository, "main")[1]] == [1 << 42]
        hub.siblings = [{"rfilename": "a.json", "size": (1 << 42) + 1}]
        with pytest.raises(HubError):
            client.files(CARD.repository, "main")


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"siblings":' * 50_000, b"[]", b"3", b"\xff", b" " * (17 << 20)])
def test_any_answer_of_a_hub_ends_in_its_own_error(hub, tmp_path, body, monkeypatch):
    import httpx

    class Fixed(httpx.BaseTransport):
        def handle_request(self, request):
            return httpx.Response(200, content=body)

    with Hub(endpoint=hub.url) as client:
        client._http.close()
        client._http = httpx.Client(transport=Fixed())
        with pytest.raises(HubError):
            client.files("someone/tiny", "main")


def test_the_sum_is_known_before_the_first_byte_and_a_resumed_pull_keeps_its_commit(
    hub: FakeHub, tmp_path: Path
) -> None:
    folder = tmp_path / "models" / "tiny"
    with Hub("", hub.url) as client:
        ahead = pulling.look_ahead(CARD, folder, client)
    assert ahead.total == ahead.missing == sum(len(FILES[name]) for name in BROUGHT)
    hub.cut_at = 100_000
    heard: list[pulling.Progress] = []
    with pytest.raises(HubError):
        bring(hub, folder, report=heard.append)
    assert (heard[0].done, heard[0].total) == (0, ahead.total)
    hub.asked.clear()
    bring(hub, folder)
    assert [path for path, _, _ in hub.asked if path.startswith("/api/")] == ["/api/models/someone/tiny/revision/abc"]
    hub.asked.clear()
    with Hub("", hub.url) as client:
        assert pulling.look_ahead(CARD, folder, client).missing == 0
    assert hub.asked[0][0].endswith("/revision/abc")


def test_a_klein_folder_is_brought_without_the_single_file_of_the_same_weights() -> None:
    from models.catalog import load_catalog
    from models.hub import HubFile

    names = ("flux-2-klein-4b.safetensors", "transformer/a.safetensors", "model_index.json", "tokenizer/vocab.json",
             "LICENSE.md")  # fmt: skip
    for card in load_catalog().values():
        if card.id.startswith("flux2-klein") and not card.is_part:
            assert {one.name for one in pulling.wanted([HubFile(name, 1, "") for name in names], card.allow)} == {
                *names[1:]
            }


def test_a_file_that_the_catalogue_knows_comes_as_it_knows_it_or_not_at_all(hub, tmp_path):
    name = "transformer/diffusion_pytorch_model.safetensors"
    known = hashlib.sha256(WEIGHTS).hexdigest()
    bring(hub, tmp_path / "good", replace(CARD, digests={name: known}))
    assert name in names_in(tmp_path / "good")
    with pytest.raises(HubError, match="another file than the catalogue knows"):
        bring(hub, tmp_path / "other", replace(CARD, digests={name: "0" * 64}))
    assert not (tmp_path / "other").exists()


def test_a_small_file_of_which_the_hub_says_nothing_is_counted_against_the_catalogue(hub, tmp_path):
    with pytest.raises(HubError, match="did not come whole"):
        bring(hub, tmp_path / "other", replace(CARD, digests={"vae/config.json": "0" * 64}))
    assert "vae/config.json" not in names_in(tmp_path / "other")


def test_a_hub_that_gives_another_commit_than_the_catalogues_is_refused(hub, tmp_path):
    with pytest.raises(HubError, match="another commit"):
        bring(hub, tmp_path / "other", replace(CARD, revision="a" * 40))
    assert not (tmp_path / "other").exists()


def test_a_folder_with_neither_a_record_nor_parts_was_never_pulled_into(tmp_path):
    (tmp_path / "own.txt").write_text("mine", "utf-8")
    with pytest.raises(FileNotFoundError, match="nothing was pulled"):
        pulling.remove(tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / f"model.safetensors{pulling._PART}").write_bytes(b"12345")
    assert pulling.remove(tmp_path) == 5
    assert names_in(tmp_path) == {"own.txt"}
