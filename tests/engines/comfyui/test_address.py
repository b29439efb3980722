"""What may stand in `comfyui_url`, by table."""

import pytest

from engines.colorize.comfyui.address import address_fault, is_loopback, origin_of

NO_SERVER = "is not the address of a server"
NO_NAME = "is not the name of a server"
NO_USER = "takes no user"
NOTHING_BEHIND = "with nothing behind it"
FORBIDDEN = "link-local and metadata addresses are refused"


@pytest.mark.parametrize(
    "url",
    [
        *("http://a", "https://far.example:8188/", "http://127.0.0.1:8188", "http://[::1]:8188", "http://192.168.1.5"),
        *("HTTP://Far.Example", "http://far.example.", "http://a_b-c.example:65535", f"http://{'a' * 63}.example"),
        *("http://1.2.3.4.example", "http://0x.example", "http://fe.example"),
    ],
)
def test_a_server_is_named_by_its_scheme_host_and_port(url: str) -> None:
    assert address_fault(url) == ""


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", NO_SERVER), ("a", NO_SERVER), ("http://", NO_SERVER), ("ftp://a", NO_SERVER),
        ("file:///etc/passwd", NO_SERVER),
        ("127.0.0.1:8188", NO_SERVER), ("http://[", NO_SERVER), ("http://a:0", NO_SERVER),
        ("http://a:65536", NO_SERVER),
        ("http://a:8188x", NO_SERVER), ("http://a b", NO_SERVER), ("http://a\nb", NO_SERVER),
        ("http://a\x7fb", NO_SERVER),
        ("http://a\\b", NO_SERVER), ("https://℀.com", NO_SERVER),
        ("http://u@a", NO_USER), ("http://u:p@a", NO_USER), ("http://@a", NO_USER), ("http://:p@a", NO_USER),
        ("http://a/admin", NOTHING_BEHIND), ("http://a//", NOTHING_BEHIND), ("http://a?b", NOTHING_BEHIND),
        ("http://a?", NOTHING_BEHIND), ("http://a#b", NOTHING_BEHIND), ("http://a/#", NOTHING_BEHIND),
        ("http://-", NO_NAME), ("http://a..b", NO_NAME), ("http://a.-b", NO_NAME), (f"http://{'a' * 64}", NO_NAME),
        (f"http://{'.'.join(['a' * 63] * 4)}", NO_NAME), ("http://a%b", NO_NAME),
    ],
)  # fmt: skip
def test_what_is_none_is_told_apart(url: str, fault: str) -> None:
    assert fault in address_fault(url)


def test_a_long_one_is_shown_in_part() -> None:
    assert address_fault("x" * 500) == f"'{'x' * 128}' {NO_SERVER}"


@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "169.254.169.254.", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"),
        *("[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200"),
        *("metadata", "METADATA.google.internal.", "instance-data", "instance-data.ec2.internal"),
    ],
)
def test_where_only_a_clouds_metadata_answers_nothing_is_sent_however_it_is_spelled(host: str) -> None:
    assert address_fault(f"http://{host}") == FORBIDDEN


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        ("http://localhost:1", True), ("http://localhost.", True), ("http://LOCALHOST", True),
        ("http://127.8.8.8", True),
        ("http://2130706433", True), ("http://0x7f.1", True), ("http://[::1]", True),
        ("http://localhost.evil.example", False), ("http://127.example", False), ("http://10.0.0.7", False),
        ("http://[::2]", False), ("http://", False), ("http://localhost:0", False), ("", False),
    ],
)  # fmt: skip
def test_this_machine_is_known_by_its_name_and_its_addresses(url: str, *, is_own: bool) -> None:
    assert is_loopback(url) is is_own


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Far.example/", "https://far.example:443"), ("https://far.example:443", "https://far.example:443"),
        ("http://far.example/x", "http://far.example:80"), ("http://far.example:8188", "http://far.example:8188"),
        ("http://[::1]:8188", "http://[::1]:8188"), ("http://far.example:0", ""), ("far.example", ""), ("", ""),
    ],
)  # fmt: skip
def test_an_origin_is_spelled_in_one_way(url: str, origin: str) -> None:
    assert origin_of(url) == origin
