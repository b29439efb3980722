"""What a chapter's file is called."""

import hashlib

import pytest

from host.books.chapter_names import chapter_path, chapter_stem, safe_stem


def digest(series, chapter):
    return hashlib.sha256(f"{series}\0{chapter}".encode()).hexdigest()[:8]


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("Title", "Title"),
        ("a/b\\c", "a_b_c"),
        ('<>:"|?*', "chapter"),
        ("a\x00\x1f\x7fb", "a_b"),
        ("a\x20b", "a b"),
        (" .-_name_-. ", "name"),
        ("", "chapter"),
        ("...", "chapter"),
        ("con", "_con"),
        ("NUL.tar", "_NUL.tar"),
        ("com1", "_com1"),
        ("lpt9", "_lpt9"),
        ("com", "com"),
        ("com10", "com10"),
        ("console", "console"),
        ("e\u0301", "\u00e9"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 100),
        ("x" * 99 + "\u00e9", "x" * 99),
        ("\ud800a", "a"),
    ],
)
def test_a_name_that_every_system_takes(text, stem):
    assert safe_stem(text) == stem


@pytest.mark.parametrize(
    ("series", "chapter", "stem", "told"),
    [
        ("Pepper", "12", "Pepper - 12", False),
        ("Pepper", "", "Pepper", False),
        ("", "", "chapter", True),
        ("Pep?er", "12", "Pep_er - 12", True),
        ("Pepper - Carrot", "12", "Pepper - Carrot - 12", True),
        ("Pepper", "1 - 2", "Pepper - 1 - 2", True),
        ("x" * 101, "", "x" * 100, True),
    ],
)
def test_where_the_title_cannot_be_the_name_a_digest_ends_it(series, chapter, stem, told):
    assert chapter_stem(series, chapter) == (f"{stem}~{digest(series, chapter)}" if told else stem)


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ([], False),
        (["Pepper - 12.cbz"], False),
        (["other.cbz", "Pepper - 1.cbz"], False),
        (["PEPPER - 12.cbz"], True),
        (["PEPPER - 12.pdf"], False),
        ([f"Pepper - 12~{digest('Pepper', '12')}.cbz"], True),
    ],
)
def test_another_chapters_name_is_not_taken(tmp_path, there, told):
    for name in there:
        (tmp_path / name).touch()
    end = f"~{digest('Pepper', '12')}" if told else ""
    assert chapter_path(tmp_path, "Pepper", "12", "cbz") == tmp_path / f"Pepper - 12{end}.cbz"


def test_a_folder_that_is_not_there_holds_no_other_chapter(tmp_path):
    assert chapter_path(tmp_path / "new", "Pepper", "12", "pdf") == tmp_path / "new" / "Pepper - 12.pdf"
