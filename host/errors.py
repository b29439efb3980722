"""Everything that can go wrong for a reader, each class bound to one code of the wire.

    IrodoriError
    ├── VersionMismatch     E_VERSION            ├── EngineNotAvailable  E_ENGINE_UNAVAILABLE
    ├── BadRequest          E_BAD_REQUEST        ├── WeightsMissing      E_MODEL_MISSING
    ├── UnknownMethod       E_UNKNOWN_METHOD     ├── WeightsInvalid      E_MODEL_INVALID
    ├── NotFound            E_NOT_FOUND          ├── OutOfMemory         E_OUT_OF_MEMORY
    ├── FrameFault          E_FRAME              ├── JobCancelled        E_CANCELLED
    ├── TooLarge            E_TOO_LARGE          ├── QualityRejected     E_QUALITY
    ├── ImageInvalid        E_IMAGE              ├── RemoteFailed        E_REMOTE
    ├── HashMismatch        E_HASH_MISMATCH      ├── FetchRefused        E_FETCH_REFUSED
    ├── DiskFull            E_DISK_FULL          ├── Busy                E_BUSY
    └── InternalError       E_INTERNAL           └── SecretsUnavailable  E_SECRETS

Codes are append-only. A `message` says what happened, a `hint` what to do. `JobCancelled` passes through
everything and is caught once, by the scheduler of jobs. Standard library only: this loads at start-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class IrodoriError(Exception):
    """Root: a failure that a reader is told about.

    Attributes:
        code: the wire's code. retryable: whether the same request may succeed later. data: extra facts, JSON-like.
        told: message and hint in any language: the key of a sentence, then the values that it names; empty: only the
            code can be told so. It goes to the wire within the data.
    """

    code: ClassVar[str] = "E_INTERNAL"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, hint: str = "", *, told: Sequence[str] = (), **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.told = tuple(told)
        self.data = data

    @property
    def words(self) -> str:
        """What happened and what to do, in one line."""
        return f"{self.message} {self.hint}".strip()

    def wire(self) -> dict[str, Any]:
        """Return the `error` of a response or of `page.failed`."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "retryable": self.retryable,
        }
        data = self.data | ({"told": list(self.told)} if self.told else {})
        if data:
            error["data"] = data
        return error


class VersionMismatch(IrodoriError):
    """Extension and host have no protocol version in common; the hint names the side to update."""

    code = "E_VERSION"


class BadRequest(IrodoriError):
    """Parameters are missing, of a wrong type or out of range."""

    code = "E_BAD_REQUEST"


class UnknownMethod(IrodoriError):
    """The host has no such method."""

    code = "E_UNKNOWN_METHOD"


class NotFound(IrodoriError):
    """A job, page, reference, engine or model of that id does not exist."""

    code = "E_NOT_FOUND"


class FrameFault(IrodoriError):
    """An envelope or a frame is malformed."""

    code = "E_FRAME"


class TooLarge(IrodoriError):
    """A frame, a file or a list is over its limit."""

    code = "E_TOO_LARGE"


class ImageInvalid(IrodoriError):
    """Not an image, truncated, animated where a page is expected, or over the pixel limit."""

    code = "E_IMAGE"


class HashMismatch(IrodoriError):
    """The bytes are not those whose SHA-256 was announced."""

    code = "E_HASH_MISMATCH"
    retryable = True


class EngineNotAvailable(IrodoriError):
    """The engine cannot run on this machine as it is."""

    code = "E_ENGINE_UNAVAILABLE"


class WeightsMissing(IrodoriError):
    """The engine's weights have not been pulled."""

    code = "E_MODEL_MISSING"


class WeightsInvalid(IrodoriError):
    """The engine's weights are damaged or of another kind."""

    code = "E_MODEL_INVALID"


class OutOfMemory(IrodoriError):
    """Memory did not suffice, also after the lean retry."""

    code = "E_OUT_OF_MEMORY"
    retryable = True


class JobCancelled(IrodoriError):
    """The reader cancelled; nothing is wrong."""

    code = "E_CANCELLED"
    retryable = True


class QualityRejected(IrodoriError):
    """Every attempt failed review; the page stays as it was."""

    code = "E_QUALITY"
    retryable = True


class RemoteFailed(IrodoriError):
    """A service that the reader configured did not answer as it should."""

    code = "E_REMOTE"
    retryable = True


class FetchRefused(IrodoriError):
    """The host does not fetch this address."""

    code = "E_FETCH_REFUSED"


class DiskFull(IrodoriError):
    """The disk has no room for the result."""

    code = "E_DISK_FULL"
    retryable = True


class Busy(IrodoriError):
    """Too much is queued already."""

    code = "E_BUSY"
    retryable = True


class InternalError(IrodoriError):
    """A fault of ours; the log has the traceback."""

    code = "E_INTERNAL"


class SecretsUnavailable(IrodoriError):
    """The system offers no keyring to keep a secret in."""

    code = "E_SECRETS"
