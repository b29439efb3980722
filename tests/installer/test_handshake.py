import struct
import sys
from pathlib import Path

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.messaging.messages import PROTOCOL_RANGE
from installer.handshake import PROTOCOL, _split, greet, unpack

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=300)
    | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=40), inner, max_size=20),
    max_leaves=40,
)


@given(documents)
def test_reads_what_msgpack_writes(document: object) -> None:
    assert unpack(msgpack.packb(document)) == document


@given(st.binary(max_size=200))
def test_any_bytes_give_a_document_or_a_value_error(packed: bytes) -> None:
    try:
        unpack(packed)
    except ValueError:
        return


def test_knows_the_protocol_that_the_host_speaks() -> None:
    assert PROTOCOL_RANGE[0] <= PROTOCOL <= PROTOCOL_RANGE[1]


SPEAK = """
import base64, json, os, struct, sys
import msgpack
frame = msgpack.packb([2, "session.ready", {"protocol": [1, 1], "host_version": "9", "log_path": "/l"}])
body = json.dumps({"t": "chunk", "id": 1, "q": 0, "n": 1, "d": base64.b64encode(frame).decode()}).encode()
"""


def script(folder: Path, text: str) -> Path:
    path = folder / "irodori-native-host"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return path


def test_hears_the_first_word(tmp_path: Path) -> None:
    text = SPEAK + "sys.stdout.buffer.write(struct.pack('=I', len(body)) + body)"
    greeting = greet(script(tmp_path, text), {})
    assert greeting.ready == {"protocol": [1, 1], "host_version": "9", "log_path": "/l"}
    assert greeting.stray == b""


def test_passes_the_extension_s_origin_as_a_browser_does(tmp_path: Path) -> None:
    greeting = greet(script(tmp_path, "import sys; sys.exit(sys.argv[1])"), {})
    assert greeting.complaint == "chrome-extension://jladhcmjphcoaffkabhjbopmnbmjpbbi/"


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_print_on_stdout_is_found(tmp_path: Path, where: str) -> None:
    write = "sys.stdout.buffer.write(struct.pack('=I', len(body)) + body); sys.stdout.flush()"
    text = SPEAK + ("print('hello')\n" + write if where == "before" else write + "\nprint('hello')")
    greeting = greet(script(tmp_path, text.replace("print('hello')", "print('hello', flush=True)")), {})
    assert greeting.stray.startswith(b"hello")


SAID = struct.pack("=I", 2) + b"{}"


@pytest.mark.parametrize(
    ("output", "documents", "stray"),
    [
        (b"", 0, b""),
        (SAID, 1, b""),
        (SAID + SAID, 2, b""),
        (SAID + bytes(4), 1, bytes(4)),  # a length that no message has
        (bytes(4) + SAID, 0, bytes(4) + SAID),
        (SAID + b"abc", 1, b"abc"),
        (SAID[:-1], 0, SAID[:-1]),
        (struct.pack("=I", 1_048_576) + b"[" * 1_048_576, 0, struct.pack("=I", 1_048_576) + b"[" * 76),
        (struct.pack("=I", 1_048_577) + b" " * 1_048_575 + b"{}", 0, struct.pack("=I", 1_048_577) + b" " * 76),
        (struct.pack("=I", 1_048_576) + b" " * 1_048_574 + b"{}", 1, b""),
    ],
)  # fmt: skip
def test_what_is_no_frame_is_stray_from_there_on(output: bytes, documents: int, stray: bytes) -> None:
    found = _split(output)
    assert (len(found[0]), found[1]) == (documents, stray)


def test_a_host_that_dies_tells_its_last_line(tmp_path: Path) -> None:
    greeting = greet(script(tmp_path, "import no_such_module"), {})
    assert greeting.ready is None
    assert greeting.complaint == "ModuleNotFoundError: No module named 'no_such_module'"


def test_a_launcher_that_cannot_start_is_told(tmp_path: Path) -> None:
    assert greet(tmp_path / "nothing", {}).complaint == "No such file or directory"
