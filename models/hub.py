"""The two things that are asked of a model hub: what files a repository has, and a file's bytes from an offset on.

Hugging Face's HTTP interface (https://huggingface.co/docs/hub/api); `HF_ENDPOINT` names a mirror. Nothing is asked
unless the reader pulls a model.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit
from urllib.request import getproxies

from models.bounded import AnswerTooLate, AnswerTooLong, read_bounded
from models.network_addresses import guarded_transport, is_public

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

_ENDPOINT: Final = "https://huggingface.co"
_TIMEOUT_S: Final = 30.0
_FILES_MAX: Final = 2000
_LIST_BYTES: Final = 16 << 20
_LIST_S: Final = 120.0
_NAME_BYTES: Final = 250
_FILE_BYTES_MAX: Final = 1 << 42


def hub_address(chosen: str = "") -> str:
    """Return the hub that is asked: the one that was chosen, else the mirror of `HF_ENDPOINT`, else Hugging Face."""
    return (chosen or os.environ.get("HF_ENDPOINT") or _ENDPOINT).rstrip("/")


def hub_origin(chosen: str = "") -> str:
    """Return scheme and host of the hub that is asked, empty where the address is none."""
    try:
        parts = urlsplit(hub_address(chosen))
        return f"{parts.scheme}://{parts.netloc}".lower() if parts.hostname else ""
    except ValueError:
        return ""


class HubError(OSError):
    """The hub did not give what was asked; `hint` says what to do. told: both, in any language, as errors have it."""

    def __init__(self, message: str, hint: str = "", told: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.told = told


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository. sha256 is empty where the hub knows none (small text files)."""

    name: str
    bytes: int
    sha256: str = ""


class Hub:
    """One hub; use it as a context manager. The token goes to the hub's own host only, never to where it redirects.

    A hub out on the network leads to no address of a home network or of this machine; one that is there itself may.
    """

    def __init__(self, token: str = "", endpoint: str = "") -> None:
        import httpx

        self._endpoint = hub_address(endpoint)
        self._token = token
        # Where a proxy is set, it is the one that looks names up.
        judges = not getproxies()
        public = judges and is_public(urlsplit(self._endpoint).hostname or "")
        self._http = httpx.Client(
            timeout=_TIMEOUT_S,
            follow_redirects=False,
            headers={"User-Agent": "irodori"},
            transport=guarded_transport(public=public) if judges else None,
        )

    def __enter__(self) -> Hub:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def files(self, repository: str, revision: str) -> tuple[str, tuple[HubFile, ...]]:
        """Return the exact revision that a name stands for, and all files of the repository.

        Raises:
            HubError: not reached, no such repository, or the licence is not accepted there.
        """
        url = f"{self._endpoint}/api/models/{quote(repository)}/revision/{quote(revision, safe='')}"
        with self._open(url, {"blobs": "true"}, {}) as answer:
            try:
                facts = json.loads(_bounded(answer))
                found = tuple(_file(item) for item in facts["siblings"][:_FILES_MAX])
                return str(facts.get("sha") or revision), found
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as exc:
                raise HubError(
                    "the hub's answer cannot be read", "Is HF_ENDPOINT a model hub?", told=("hub_unreadable",)
                ) from exc

    @contextmanager
    def download(self, repository: str, revision: str, name: str, offset: int) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Open a file from `offset` on; gives where the bytes really begin (0 where the hub sends all) and the blocks.

        Raises:
            HubError
        """
        url = f"{self._endpoint}/{quote(repository)}/resolve/{quote(revision, safe='')}/{quote(name)}"
        ranged = {"Range": f"bytes={offset}-"} if offset else {}
        with self._open(url, {}, ranged) as answer:
            yield (offset if answer.status_code == 206 else 0), _blocks(answer)

    @contextmanager
    def _open(self, url: str, params: dict[str, str], headers: dict[str, str]) -> Iterator[httpx.Response]:
        import httpx

        try:
            for _ in range(5):
                with self._http.stream("GET", url, params=params, headers=headers | self._key(url)) as answer:
                    if not answer.has_redirect_location:
                        yield _checked(answer)
                        return
                    url, params = str(answer.url.join(answer.headers["location"])), {}
                    if urlsplit(url).scheme != urlsplit(self._endpoint).scheme:
                        raise HubError("the hub redirects to an unsafe address", told=("hub_unreadable",))
            raise HubError("the hub redirects without end", told=("hub_unreadable",))
        except httpx.HTTPError as exc:
            raise HubError(
                f"the hub cannot be reached ({type(exc).__name__})",
                "Try again; what came so far is kept.",
                told=("hub_away",),
            ) from exc

    def _key(self, url: str) -> dict[str, str]:
        ours = urlsplit(url).netloc == urlsplit(self._endpoint).netloc
        return {"Authorization": f"Bearer {self._token}"} if self._token and ours else {}


def _bounded(answer: httpx.Response) -> bytes:
    """Return an answer's body, read no further than a list of files can be long."""
    try:
        return read_bounded(answer, _LIST_BYTES, _LIST_S)
    except AnswerTooLate as exc:
        raise HubError("the hub's answer does not end", "Try again later.", told=("hub_away",)) from exc
    except AnswerTooLong as exc:
        raise HubError("the hub's answer is too long", "Is HF_ENDPOINT a model hub?", told=("hub_unreadable",)) from exc


def _file(item: dict[str, Any]) -> HubFile:
    name = str(item["rfilename"])
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
        raise ValueError(name)
    if not name.isprintable() or any(len(part.encode("utf-8", "replace")) > _NAME_BYTES for part in parts):
        raise ValueError(name)
    lfs = item.get("lfs") or {}
    size = int(item.get("size") or lfs.get("size") or 0)
    if not 0 <= size <= _FILE_BYTES_MAX:
        raise ValueError(size)
    return HubFile(name, size, str(lfs.get("sha256") or ""))


def _checked(answer: httpx.Response) -> httpx.Response:
    status = answer.status_code
    if status in (401, 403):
        raise HubError(
            f"the hub refuses ({status})",
            "Accept the licence on the model's page; keep a token as the secret hf_token.",
            told=("hub_wants_licence", f"{status}"),
        )
    if status == 404:
        raise HubError(
            "the hub has no such model or file", "Look whether the catalogue is current.", told=("hub_lacks",)
        )
    if not answer.is_success:
        raise HubError(
            f"the hub refuses ({status})",
            "Try again later; what came so far is kept.",
            told=("hub_refuses", f"{status}"),
        )
    return answer


def _blocks(answer: httpx.Response) -> Iterator[bytes]:
    # As they come: blocks of a size would be gathered first, and lost where the transfer breaks off.
    return answer.iter_raw()
