import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from host.errors import ImageInvalid
from host.report.pictures import shrink
from host.report.report import Report, ReportPage, reason_in_words, render

pytestmark = pytest.mark.slow

RUNMETA = {
    "duration_ms": {"decode": 100.0, "pass2": 900.0},
    "verdicts": {"line_dice": 0.991, "protected_changed": 0, "protected_share": 0.2, "coloured_share": 0.9},
}


class Elements(HTMLParser):
    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(document)

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def document(pages: Path) -> str:
    before = shrink((pages / "panels-en.webp").read_bytes())
    after = shrink((pages / "coloured-en.webp").read_bytes())
    return render(
        Report(
            "Chapter <1> & more",
            "compact",
            12.34,
            [
                ReportPage("1.webp", "coloured", before, after, runmeta=RUNMETA),
                ReportPage("2.webp", "cached", before, after, runmeta=RUNMETA),
                ReportPage("3.webp", "skipped", before, words="It has colour already."),
                ReportPage(
                    '<img src=x onerror="alert(1)">.png', "failed", None, words="Damaged. <b>Load it again.</b>"
                ),
            ],
            [("warm", after)],
        )
    )


def test_the_report_needs_nothing_from_anywhere(document: str) -> None:
    for tag, attributes in Elements(document).found:
        for name in ("src", "href"):
            address = attributes.get(name)
            assert address is None or address.startswith(("data:image/webp;base64,", "#")), (tag, address)
    assert "http" not in document.replace("http-equiv", "")
    assert "url(" not in document
    assert "default-src 'none'" in document


def test_every_coloured_page_has_a_slider_that_a_keyboard_reaches(document: str) -> None:
    sliders = Elements(document).of("input")
    assert len(sliders) == 2
    for slider in sliders:
        assert slider["type"] == "range"
        assert slider["aria-label"]


def test_names_and_messages_are_text_and_never_markup(document: str) -> None:
    elements = Elements(document)
    assert not [each for each in elements.of("img") if "onerror" in each]
    assert "<b>Load" not in document
    assert "Chapter &lt;1&gt; &amp; more" in document


def test_verdicts_and_figures_are_told(document: str) -> None:
    text = re.sub(r"<[^>]+>", " ", document)
    for words in ("coloured", "from the cache", "It has colour already.", "failed", "0.991", "12.3 s", "0 px changed"):
        assert words in text


def test_placeholders_are_all_filled(document: str) -> None:
    assert not re.search(r"\$[a-z_]+\b", document)


def test_pictures_become_small_and_keep_their_shape(pages: Path) -> None:
    picture = shrink((pages / "panels-en.webp").read_bytes())
    assert (picture.width, picture.height) == (960, 1356)
    with pytest.raises(ImageInvalid):
        shrink(b"not a picture")


def test_every_reason_of_the_wire_reads_as_a_sentence() -> None:
    assert reason_in_words("already_coloured") == "has colour already"
    assert reason_in_words("something_new") == "something new"
