"""Which pictures serve a page: the reader's first, then what is like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.base import ModelMissing, Plan
from engines.embed.base import Embedder, EmbedderInfo
from engines.geometry import Box
from engines.info import EngineInfo, Supports
from host.errors import NotFound
from host.pipeline.analysis.reader import PageReading
from host.pipeline.job import PageJob
from host.pipeline.records.page_meta import Character, PageMeta, Panel, ReferenceUse
from host.pipeline.retrieve import LikenessRetriever, ReaderOrder, Recorded, crops_of, embed_page, score_of
from host.pipeline.series import ReferencePicture
from tests.host.pipeline.drawn import decoded, manga_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from host.pipeline.series import MemoryEntry, PageEmbedding

PAGE = decoded(manga_page())
META = PageMeta(size=PAGE.size, pixels_sha256=PAGE.pixels_sha256, kind="story", direction="rtl")
INFO = EngineInfo("toy", "Toy", "1", "AGPL-3.0-or-later", Supports(references_max=3), (), "cpu")


class Means(Embedder):
    """Looks at lights and darks of a picture's corners."""

    info = EmbedderInfo("means", "1", 4, 0.9)

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        rows = [[one[:2].mean(), one[-2:].mean(), one[:, :2].mean(), one[:, -2:].mean()] for one in pictures]
        vectors = np.array(rows, np.float32).reshape(-1, 4) + 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Remembered:
    """A memory that holds what a test gives it."""

    def __init__(
        self, likeness: Mapping[str, list[float]], candidates: Sequence[str], gone: Sequence[str] = ()
    ) -> None:
        self._likeness = {name: np.array(values, np.float32) for name, values in likeness.items()}
        self._candidates, self._gone = candidates, gone
        self.kept: list[str] = []
        self.turns = 0

    def next_turn(self) -> int:
        self.turns += 1
        return self.turns

    def unseen(self, references: Sequence[str]) -> Mapping[str, Callable[[], NDArray[np.uint8]]]:
        return {one: lambda: np.full((50, 40, 3), 90, np.uint8) for one in references if one not in self.kept}

    def remember(self, reference_id: str, embedding: PageEmbedding) -> None:
        assert len(embedding.vectors) == len(embedding.boxes) == len(embedding.kinds)
        self.kept.append(reference_id)

    def likeness(self, embedding: PageEmbedding) -> Mapping[str, NDArray[np.float32]]:
        return self._likeness

    def candidates(self, turn: int) -> frozenset[str]:
        return frozenset(self._candidates)

    def picture(self, picture_id: str) -> tuple[ReferencePicture, ReferenceUse] | None:
        if picture_id in self._gone:
            return None
        return picture_of(picture_id), ReferenceUse(reference_id=picture_id, origin="page", pixels_sha256="0" * 64)

    def learn(self, entry: MemoryEntry, key: str, result_sha256: str) -> None:
        raise AssertionError("nobody has finished a page")

    def release(self) -> None:
        raise AssertionError("the job goes on")


class Plain:
    """Reads every picture as one page without panels."""

    def read(self, page, direction, chapter=None, check=None) -> PageReading:
        meta = PageMeta(size=page.size, pixels_sha256=page.pixels_sha256, kind="story", direction="rtl")
        return PageReading(meta=meta, masks=None)  # type: ignore[arg-type]


def picture_of(name: str) -> ReferencePicture:
    return ReferencePicture(reference_id=name, pixels=np.zeros((4, 4, 3), np.uint8))


def job(memory: Remembered | None, *references: str) -> PageJob:
    return PageJob(engine=INFO, plan=Plan(), references=tuple(map(picture_of, references)), memory=memory)


@pytest.fixture
def retriever() -> LikenessRetriever:
    return LikenessRetriever(Means, Plain())


def test_the_readers_references_come_first_whatever_is_more_alike(retriever: LikenessRetriever) -> None:
    memory = Remembered({"a": [0.1], "b": [0.2], "page": [0.99]}, ["page"])
    choice = retriever.choose(PAGE, META, job(memory, "b", "a", "b"), 3)
    assert [(use.reference_id, use.score) for use in choice.uses] == [
        ("b", pytest.approx(0.2)), ("a", pytest.approx(0.1)), ("page", pytest.approx(0.99)),
    ]  # fmt: skip
    assert [use.origin for use in choice.uses] == ["reader", "reader", "page"]
    assert [one.reference_id for one in choice.retrieved] == ["page"]
    assert memory.kept == ["b", "a"]
    assert choice.entry is not None
    assert choice.entry.turn == 1


def test_only_free_slots_are_filled_by_one_page_and_only_by_what_is_alike(retriever: LikenessRetriever) -> None:
    likeness = {"near": [0.95], "nearer": [0.97], "far": [0.89]}
    full = retriever.choose(PAGE, META, job(Remembered(likeness, list(likeness)), "a", "b", "c"), 3)
    assert [use.reference_id for use in full.uses] == ["a", "b", "c"]
    assert full.retrieved == ()
    free = retriever.choose(PAGE, META, job(Remembered(likeness, list(likeness))), 3)
    assert [use.reference_id for use in free.uses] == ["nearer"]
    assert retriever.choose(PAGE, META, job(Remembered(likeness, ["far"])), 3).uses == ()
    gone = retriever.choose(PAGE, META, job(Remembered(likeness, list(likeness), gone=["nearer"])), 3)
    assert [use.reference_id for use in gone.uses] == ["near"]


def test_a_reference_that_was_removed_meanwhile_is_no_fault(retriever: LikenessRetriever) -> None:
    class Forgetful(Remembered):
        def unseen(self, references: Sequence[str]) -> Mapping[str, Callable[[], NDArray[np.uint8]]]:
            def removed() -> NDArray[np.uint8]:
                raise NotFound("it has gone")

            return dict.fromkeys([*references, "offered"], removed)

    memory = Forgetful({}, [])
    assert [use.reference_id for use in retriever.choose(PAGE, META, job(memory, "a"), 3).uses] == ["a"]
    assert memory.kept == ["a"]


def test_what_is_as_good_is_taken_by_its_name(retriever: LikenessRetriever) -> None:
    memory = Remembered({"y": [0.95], "x": [0.95], "z": [0.95]}, ["z", "y", "x"])
    assert retriever.choose(PAGE, META, job(memory), 3).uses[0].reference_id == "x"


def test_without_a_memory_or_an_embedder_the_readers_order_stands(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Embedder:
        raise ModelMissing("its file is not here")

    retriever = LikenessRetriever(broken, Plain())
    assert [use.reference_id for use in retriever.choose(PAGE, META, job(None, "b", "a"), 1).uses] == ["b"]
    memory = Remembered({}, [])
    for _ in range(3):
        assert [use.score for use in retriever.choose(PAGE, META, job(memory, "b", "a"), 3).uses] == [None, None]
    assert len([record for record in caplog.records if "reader's order" in record.message]) == 1


def test_a_record_is_taken_as_it_stands() -> None:
    uses = (ReferenceUse(reference_id="b", score=0.25), ReferenceUse(reference_id="a", score=None))
    assert Recorded(uses).choose(PAGE, META, job(None, "a", "b"), 1).uses == uses


def test_a_page_is_known_by_itself_its_panels_and_its_characters() -> None:
    size = PAGE.size
    panels = tuple(Panel(box=Box(10, 10 + 60 * n, 90, 60 + 60 * n), order=n, score=0.5 + n / 10) for n in range(3))
    tiny, outside = Box(5, 5, 12, 90), Box(-20, -20, 40, 60)
    people = tuple(Character(box=box, index=n) for n, box in enumerate((tiny, outside)))
    kinds, boxes = crops_of(META.model_copy(update={"panels": panels, "characters": people}))
    assert sorted(kinds) == ["character", "page", "panel", "panel", "panel"]
    assert (kinds[0], boxes[0]) == ("page", Box(0, 0, size.width, size.height))
    assert Box(0, 0, 40, 60) in boxes
    many = tuple(Panel(box=Box(0, 0, 50, 50), order=n, score=n / 100) for n in range(60))
    assert len(crops_of(META.model_copy(update={"panels": many}))[0]) == 24
    embedding = embed_page(PAGE.grey, META.model_copy(update={"panels": panels}), Means())
    assert embedding.vectors.shape == (4, 4)


def test_the_better_half_of_a_page_decides() -> None:
    kinds = ("page", "panel", "panel", "panel", "character")
    assert score_of(kinds, np.array([1, 0.9, 0.1, 0.2, 0.7], np.float32)) == pytest.approx(0.8)
    assert score_of(kinds, np.array([1, 0.9, -1, -1, -1], np.float32)) == pytest.approx(0.9)
    assert score_of(("page",), np.array([0.4], np.float32)) == pytest.approx(0.4)
    assert score_of(kinds, np.array([0.3, -1, -1, -1, -1], np.float32)) == pytest.approx(0.3)


@pytest.mark.parametrize(("chosen", "limit", "used"), [("aab", 2, "ab"), ("aba", 3, "ab"), ("abc", 2, "ab"),
                                                       ("", 2, ""), ("ab", 0, "")])  # fmt: skip
def test_a_reference_that_was_chosen_twice_takes_one_place(chosen: str, limit: int, used: str) -> None:
    uses = ReaderOrder().choose(PAGE, META, job(None, *chosen), limit).uses
    assert [one.reference_id for one in uses] == list(used)
