"""Records that come from files: read with limits, and what is wrong with them said field by field, with the mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic_core import from_json

from host.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import ValidationError

_MIB: Final = 1 << 20
_SHOWN_CHARACTERS: Final = 60
_SHOWN_FAULTS: Final = 5

# What pydantic says a value is not, as what to write instead; {…} are its own parameters.
_MENDS: Final = {
    "missing": "add it",
    "extra_forbidden": "remove it, or check its spelling",
    "greater_than_equal": "give a number of at least {ge}",
    "greater_than": "give a number above {gt}",
    "less_than_equal": "give a number of at most {le}",
    "less_than": "give a number below {lt}",
    "finite_number": "give a finite number",
    "literal_error": "give one of {expected}",
    "string_type": "give a text in quotes",
    "int_type": "give a whole number",
    "int_parsing": "give a whole number",
    "int_from_float": "give a whole number",
    "float_type": "give a number",
    "float_parsing": "give a number",
    "bool_type": "give true or false",
    "bool_parsing": "give true or false",
    "tuple_type": "give a list: [ … ]",
    "list_type": "give a list: [ … ]",
    "dict_type": "give an object: {{ … }}",
    "model_type": "give an object: {{ … }}",
    "model_attributes_type": "give an object: {{ … }}",
    "missing_argument": "add what is missing",
    "unexpected_positional_argument": "remove what is too much",
    "too_short": "give at least {min_length}",
    "too_long": "give at most {max_length}",
    "string_too_short": "give at least {min_length} characters",
    "string_too_long": "give at most {max_length} characters",
}
_PATTERNS: Final = {
    "^[0-9a-f]{64}$": "give a SHA-256: 64 hexadecimal digits in lower case",
    "^[0-9a-f]{16}$": "give 16 hexadecimal digits in lower case",
}


class Fault(NamedTuple):
    """What is wrong with a record: the field, as `panels[3].score`, what is the matter, and how to mend it."""

    field: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.field}: {self.what}; {self.mend}"


def read_limited(path: Path, bytes_max: int) -> bytes:
    """Return a file's bytes.

    Raises:
        BadRequest: there is no such file, or it cannot be read. TooLarge
    """
    try:
        if not path.is_file():
            raise BadRequest(f"{path} is no file." if path.exists() else f"There is no {path}.", "Check the path.")
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as exc:
        raise BadRequest(f"{path} cannot be read: {exc.strerror}.", "Name a file.") from exc
    if len(data) > bytes_max:
        raise TooLarge(f"{path} has over {bytes_max // _MIB} MiB, the most that is read.", "Split it.")
    return data


def parse_json(data: bytes) -> Any:
    """Return a JSON document. Deep nesting, NaN, numbers of thousands of digits and bytes after the end are refused.

    Raises:
        BadRequest: with the line and column.
    """
    try:
        return from_json(data.removeprefix(b"\xef\xbb\xbf"), allow_inf_nan=False)
    except ValueError as exc:
        raise BadRequest(f"It is no JSON: {exc}.", "Write it anew; NaN and Infinity are no JSON either.") from exc


def faults_of(error: ValidationError) -> list[Fault]:
    """Return what is wrong, in the order of the record's fields."""
    return [_fault(one) for one in error.errors(include_url=False)]


def refused(message: str, error: ValidationError) -> BadRequest:
    """Return the refusal of a document; the hint names its first faults."""
    return BadRequest(message, in_words(faults_of(error)))


def named(path: Path, error: BadRequest) -> BadRequest:
    """Return the refusal of a document as that of the file that it came from."""
    return BadRequest(f"{path}: {error.message}", error.hint)


def in_words(faults: Sequence[Fault]) -> str:
    """Return the first faults in one line."""
    more = len(faults) - _SHOWN_FAULTS
    return ". ".join(map(str, faults[:_SHOWN_FAULTS])) + (f". And {more} more." if more > 0 else ".")


def field_name(path: Sequence[str | int]) -> str:
    """Return where a value stands, as `panels[3].score`; for the whole, `the document`."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return _short(name) or "the document"


def _fault(error: Any) -> Fault:
    kind, context = error["type"], error.get("ctx", {})
    what = {"missing": "is missing", "missing_argument": "is missing", "extra_forbidden": "is not known here"}.get(kind)
    if kind == "value_error":
        return Fault(field_name(error["loc"]), str(context["error"]), "see the schemas in docs/schemas")
    if kind == "string_pattern_mismatch" and context["pattern"] in _PATTERNS:
        mend = _PATTERNS[context["pattern"]]
    else:
        mend = _MENDS[kind].format(**context) if kind in _MENDS else error["msg"]
    return Fault(field_name(error["loc"]), what or f"is {_shown(error['input'])}", mend)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return "nothing (null)" if value is None else _short(repr(value))


def _short(text: str) -> str:
    """Return a text that fits in a line, whatever a stranger wrote into it: nothing in it moves a terminal's cursor."""
    text = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text[:200])
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"
