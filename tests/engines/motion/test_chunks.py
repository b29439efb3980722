"""The arithmetic of chunks, against an independent calculation: no frame is lost, none comes twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.motion.chunks import CHUNK_FRAMES, aligned, effective_overlap, latent_slices, places, plan


def holds(latents: int, grid: int) -> int:
    """How many frames some latents hold, counted one by one: the first holds one, each other a grid's worth."""
    return sum(1 if at == 0 else grid for at in range(latents))


def held_by_counting(frames: int) -> tuple[int, int]:
    """Go through the frames one by one, beginning a latent wherever the last is full; return latents and frames held.

    Told by the network's time grid alone: nothing here divides, rounds or knows the formula.
    """
    latents, room, held = 0, 0, 0
    for _ in range(frames):
        if room == 0:
            room = 1 if latents == 0 else 8
            held += room
            latents += 1
        room -= 1
    return latents, held


@pytest.mark.parametrize("overlap", range(1, CHUNK_FRAMES + 1))
def test_slices_and_overlap_are_those_that_counting_finds(overlap: int) -> None:
    assert (latent_slices(overlap), effective_overlap(overlap)) == held_by_counting(overlap)
    assert aligned(overlap) == held_by_counting(overlap)[1]


def test_the_seed_s_example() -> None:
    assert latent_slices(24) == 4
    assert effective_overlap(24) == 25
    assert [(one.frames, one.trim) for one in plan(300)] == [(121, 0), (121, 25), (113, 25)]


@given(overlap=st.integers(1, 200), grid=st.integers(1, 16))
def test_the_overlap_grows_to_the_least_whole_number_of_latents(overlap: int, grid: int) -> None:
    slices = latent_slices(overlap, grid)
    assert effective_overlap(overlap, grid) == holds(slices, grid) >= overlap
    assert slices == 1 or holds(slices - 1, grid) < overlap


@given(frames=st.integers(-3, 500), grid=st.integers(1, 16))
def test_lengths_are_those_that_a_network_can_make(frames: int, grid: int) -> None:
    length = aligned(frames, grid)
    assert length == next(one for one in (holds(many, grid) for many in range(1, 600)) if one >= frames)


@given(
    frames=st.integers(1, 700), overlap=st.integers(1, 100), latents=st.integers(2, 20), grid=st.sampled_from([1, 2, 8])
)
def test_every_frame_comes_once_and_in_order(frames: int, overlap: int, latents: int, grid: int) -> None:
    chunk, shared = holds(latents, grid), effective_overlap(overlap, grid)
    if shared >= chunk:
        with pytest.raises(ValueError, match="cannot share"):
            plan(frames, chunk, overlap, grid)
        return
    chunks = plan(frames, chunk, overlap, grid)
    # Where each chunk's first frame lies in time, told by what it goes on from.
    begins, end = [0], chunks[0].frames
    for one in chunks[1:]:
        begins.append(end - shared)
        end = begins[-1] + one.frames
    assert end >= frames
    assert [begins[index] + place for index, place in places(chunks, frames)] == list(range(frames))
    assert all(one.frames <= chunk and one.frames == aligned(one.frames, grid) for one in chunks)
    assert all(one.fresh > 0 for one in chunks)
    assert sum(one.fresh for one in chunks[:-1]) < frames  # none too many


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="a frame at least"):
        plan(10, overlap=0)
    with pytest.raises(ValueError, match="cannot share"):
        plan(10, chunk=120)
    assert len(plan(CHUNK_FRAMES)) == 1
    assert len(plan(CHUNK_FRAMES + 1)) == 2
