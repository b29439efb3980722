"""What is wrong with a document that somebody wrote, said field by field, and how to mend it."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from host.errors import BadRequest, TooLarge
from host.pipeline.records.json_files import (
    Fault,
    faults_of,
    field_name,
    in_words,
    named,
    parse_json,
    read_limited,
    refused,
)

HEX64 = "^[0-9a-f]{64}$"


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    score: Annotated[float, Field(ge=0, lt=1)] = 0.0
    kind: Literal["a", "b"] = "a"


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, Field(min_length=2, max_length=4)] = "name"
    count: Annotated[int, Field(gt=0, le=9)] = 1
    yes: bool = True
    digest: Annotated[str, Field(pattern=HEX64)] = "0" * 64
    short: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] = "0" * 16
    panels: Annotated[list[Inner], Field(min_length=1, max_length=2)] = [Inner()]
    said: str = ""

    @field_validator("said")
    @classmethod
    def _sound(cls, said: str) -> str:
        if said == "wrong":
            raise ValueError("that is wrong")
        return said


class Needed(BaseModel):
    name: str


def fault(model=Document, **facts):
    with pytest.raises(ValidationError) as caught:
        model.model_validate(facts)
    (one,) = faults_of(caught.value)
    return one


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"other": 1}, "other: is not known here; remove it, or check its spelling"),
        ({"count": 0}, "count: is 0; give a number above 0"),
        ({"count": 10}, "count: is 10; give a number of at most 9"),
        ({"count": "3"}, "count: is '3'; give a whole number"),
        ({"yes": 1}, "yes: is 1; give true or false"),
        ({"name": 7}, "name: is 7; give a text in quotes"),
        ({"name": None}, "name: is nothing (null); give a text in quotes"),
        ({"name": "x"}, "name: is 'x'; give at least 2 characters"),
        ({"name": "xxxxx"}, "name: is 'xxxxx'; give at most 4 characters"),
        ({"panels": []}, "panels: is a list of 0; give at least 1"),
        ({"panels": [{}, {}, {}]}, "panels: is a list of 3; give at most 2"),
        ({"panels": {}}, "panels: is an empty object; give a list: [ … ]"),
        ({"panels": {"a": 1}}, "panels: is an object; give a list: [ … ]"),
        ({"panels": [{}, 3]}, "panels[1]: is 3; give an object: { … }"),
        ({"panels": [{}, {"score": -1}]}, "panels[1].score: is -1; give a number of at least 0.0"),
        ({"panels": [{"score": 1}]}, "panels[0].score: is 1; give a number below 1.0"),
        ({"panels": [{"score": "x"}]}, "panels[0].score: is 'x'; give a number"),
        ({"panels": [{"kind": "c"}]}, "panels[0].kind: is 'c'; give one of 'a' or 'b'"),
        ({"digest": "A" * 3}, "digest: is 'AAA'; give a SHA-256: 64 hexadecimal digits in lower case"),
        ({"short": "xyz"}, "short: is 'xyz'; give 16 hexadecimal digits in lower case"),
        ({"said": "wrong"}, "said: that is wrong; see the schemas in docs/schemas"),
    ],
)
def test_a_fault_says_what_the_matter_is_and_how_to_mend_it(facts, said):
    assert str(fault(**facts)) == said


def test_what_is_missing_is_to_be_added():
    assert fault(Needed) == Fault("name", "is missing", "add it")


def test_a_document_that_is_none_is_named_as_such():
    with pytest.raises(ValidationError) as caught:
        Document.model_validate(3)
    assert str(faults_of(caught.value)[0]) == "the document: is 3; give an object: { … }"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 58, "'" + "x" * 58 + "'"),
        ("x" * 59, "'" + "x" * 58 + "…"),
        ("a\x1b[2Jb", r"'a\x1b[2Jb'"),
        ([1, 2], "a list of 2"),
        ((), "a list of 0"),
    ],
)
def test_what_a_stranger_wrote_fits_in_a_line(value, shown):
    assert fault(count=value).what == f"is {shown}"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ((), "the document"),
        (("a",), "a"),
        (("a", 3, "b", "c"), "a[3].b.c"),
        ((0, "a"), "[0].a"),
        (("x" * 60,), "x" * 60),
        (("x" * 61,), "x" * 59 + "…"),
        (("a\x1b",), "a\\x1b"),
    ],
)
def test_a_field_is_named_by_its_place(path, name):
    assert field_name(path) == name


@pytest.mark.parametrize(
    ("count", "end"), [(1, "f0: is bad; mend it."), (5, "f4: is bad; mend it."),
                       (6, "f4: is bad; mend it. And 1 more."), (9, "f4: is bad; mend it. And 4 more.")]
)  # fmt: skip
def test_the_first_five_faults_are_told(count, end):
    words = in_words([Fault(f"f{place}", "is bad", "mend it") for place in range(count)])
    assert words.startswith("f0: is bad; mend it.")
    assert words.endswith(end)
    assert words.count("is bad") == min(5, count)


def test_a_refusal_has_the_faults_as_its_hint_and_the_files_name():
    with pytest.raises(ValidationError) as caught:
        Document.model_validate({"count": 0, "other": 1})
    said = refused("It is no document.", caught.value)
    assert said.message == "It is no document."
    assert said.hint == (
        "count: is 0; give a number above 0. other: is not known here; remove it, or check its spelling."
    )
    of_file = named("a.json", said)
    assert (of_file.message, of_file.hint) == ("a.json: It is no document.", said.hint)


def test_a_file_is_read_up_to_its_bound(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"x" * (1 << 20))
    assert len(read_limited(path, 1 << 20)) == 1 << 20
    with pytest.raises(TooLarge) as large:
        read_limited(path, (1 << 20) - 1)
    assert large.value.hint == "Split it."
    path.write_bytes(b"x" * (3 << 20))
    with pytest.raises(TooLarge, match="has over 2 MiB, the most that is read"):
        read_limited(path, 2 << 20)


def test_what_is_no_file_is_told(tmp_path):
    for path, words in (
        (tmp_path, f"{tmp_path} is no file."),
        (tmp_path / "gone", f"There is no {tmp_path / 'gone'}."),
    ):
        with pytest.raises(BadRequest) as told:
            read_limited(path, 9)
        assert (told.value.message, told.value.hint) == (words, "Check the path.")


@pytest.mark.parametrize(
    ("data", "value"), [(b'{"a": [1, 2.5]}', {"a": [1, 2.5]}), (b"\xef\xbb\xbf[true]", [True]), (b'"x"', "x")]
)
def test_json_is_read_also_with_a_mark_of_its_order(data, value):
    assert parse_json(data) == value


@pytest.mark.parametrize("data", [b"", b"[NaN]", b"[Infinity]", b"[1] 2", b"{", b"[" * 4000, b"\xff"])
def test_what_is_no_json_is_told(data):
    with pytest.raises(BadRequest) as told:
        parse_json(data)
    assert told.value.message.startswith("It is no JSON: ")
    assert told.value.hint == "Write it anew; NaN and Infinity are no JSON either."
