"""What is chosen, and what refused, on machines of 4 to 24 GB: memory is asked before a model is loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engines.base import Device, EngineTooLarge
from engines.device_memory import FreeMemory, Needs, _taken, free_memory, memory_policy, samples_that_fit
from engines.device_rules import RULES, rules_of
from engines.residency import what_fits

if TYPE_CHECKING:
    from engines.base import MemoryPolicy

KLEIN_4B = Needs(label="klein 4B", network_mib=7_400, others_mib=(6_200, 160), kept_mib=3_700, encoder_kept_mib=3_470)
KLEIN_4B_NVFP4 = replace(KLEIN_4B, kept_mib=2_200)
KLEIN_9B = Needs(label="klein 9B", network_mib=17_300, others_mib=(11_500, 160), kept_mib=8_650, encoder_kept_mib=6_340)
KLEIN_4B_GGUF = replace(KLEIN_4B, network_mib=2_500, packed=True)
SDXL = Needs(label="SDXL", network_mib=7_400, others_mib=(1_400, 240, 160, 3_200))
REFUSED = "refused"


def chosen(kind: str, needs: Needs, ram_gb: int, own_gb: int = 0) -> str:
    device = Device(kind, kind, own_gb * 1000)
    try:
        return memory_policy(device, needs, FreeMemory(ram_gb * 1000, own_gb * 1000))
    except EngineTooLarge:
        return REFUSED


@pytest.mark.parametrize(
    ("needs", "choices"),
    [
        (KLEIN_4B, {4: "group_offload", 8: "layerwise_fp8", 16: "model_offload", 24: "full"}),
        # The text encoder's turn is what 6 GB hold only because its matrices lie in 8 bits.
        (replace(KLEIN_4B_NVFP4, encoder_kept_mib=0), {6: "group_offload", 8: "layerwise_fp8"}),
        (KLEIN_4B_NVFP4, {4: "group_offload", 6: "layerwise_fp8", 8: "layerwise_fp8", 16: "model_offload"}),
        (KLEIN_9B, {4: "group_offload", 8: "group_offload", 16: "layerwise_fp8", 24: "model_offload"}),
        (KLEIN_4B_GGUF, {4: "group_offload", 8: "model_offload", 16: "full", 24: "full"}),
        (SDXL, {4: "group_offload", 8: "group_offload", 16: "full", 24: "full"}),
    ],
)
def test_a_card_gets_the_fastest_way_that_it_has_room_for(needs: Needs, choices: dict[int, str]) -> None:
    assert {size: chosen("cuda", needs, 64, size) for size in choices} == choices


@pytest.mark.parametrize(
    ("needs", "choices"),
    [
        (KLEIN_4B, {4: REFUSED, 8: REFUSED, 16: "layerwise_fp8", 24: "layerwise_fp8", 40: "full"}),
        (KLEIN_9B, {16: REFUSED, 24: "layerwise_fp8", 40: "layerwise_fp8", 80: "full"}),
        (KLEIN_4B_GGUF, {4: REFUSED, 8: REFUSED, 16: "layerwise_fp8", 24: "full"}),
        (replace(KLEIN_4B_GGUF, encoder_kept_mib=0), {16: REFUSED, 24: "full"}),
        (SDXL, {8: REFUSED, 16: REFUSED, 24: REFUSED, 40: "full"}),
    ],
)
def test_a_processor_counts_in_four_bytes_and_is_asked_for_its_memory(needs: Needs, choices: dict[int, str]) -> None:
    assert {size: chosen("cpu", needs, size) for size in choices} == choices


@pytest.mark.parametrize(("size", "choice"), [(4, REFUSED), (8, REFUSED), (16, REFUSED), (24, REFUSED), (40, "full")])
def test_an_apple_counts_in_four_bytes_and_shares_its_memory(size: int, choice: str) -> None:
    assert chosen("mps", KLEIN_4B, size, size) == choice
    assert chosen("mps", KLEIN_4B, size, 30) == (REFUSED if size <= 40 else choice)


def test_a_card_in_a_machine_without_memory_for_the_files_is_refused_too() -> None:
    """Weights pass through the processor's memory on their way; what is offloaded stays there."""
    assert chosen("cuda", KLEIN_4B, 4, 24) == REFUSED
    assert chosen("cuda", KLEIN_4B, 8, 24) == "full"
    assert chosen("cuda", KLEIN_4B, 8, 16) == REFUSED


def test_a_refusal_has_the_figures() -> None:
    with pytest.raises(EngineTooLarge, match=r"klein 4B takes \d+ GiB of memory, 7\.8 GiB are free"):
        memory_policy(Device("cpu", "processor", 0), KLEIN_4B, FreeMemory(8_000, 0))


def test_a_policy_that_was_named_is_obeyed() -> None:
    assert memory_policy(Device("cpu", "x", 0, "group_offload"), KLEIN_9B, FreeMemory(1, 1)) == "group_offload"


def test_free_memory_is_this_machines() -> None:
    free = free_memory(Device("cuda", "card", 8_000))
    assert free.ram_mib > 0
    assert free.device_mib <= 8_000


@pytest.mark.parametrize(("kind", "ram", "own"), [("cpu", 8_000, 0), ("cuda", 32_000, 16_000), ("mps", 16_000, 16_000)])
def test_what_would_fit_are_models_that_colour_and_no_detector(kind: str, ram: int, own: int) -> None:
    said = what_fits(Device(kind, kind, own), FreeMemory(ram, own))
    assert "Compact" in said
    assert not {"detector", "embedder", "SigLIP", "CLIP", "tokenizer", "autoencoder", "Pixel"} & set(said.split())
    assert ("klein 4B" in said) is (kind == "cuda")
    assert "klein 9B" not in said


def test_every_row_of_the_table_says_what_its_device_is_known_for() -> None:
    assert set(RULES) == {"cpu", "cuda", "mps", "remote"}
    apple, card, processor = rules_of("mps"), rules_of("cuda"), rules_of("cpu")
    assert (apple.precision, apple.vae_on_processor, apple.references_max, apple.collect_first) == (
        "float32", True, 3, True
    )  # fmt: skip
    assert "layerwise_fp8" not in apple.policies
    assert not apple.own_memory
    assert apple.plain_attention == {"sam3"}
    assert not card.plain_attention | processor.plain_attention
    assert card.own_memory
    assert (card.precision, card.vae_on_processor, card.references_max) == ("bfloat16", False, None)
    assert (processor.precision, processor.references_max, processor.collect_first) == ("float32", None, False)


LARGE = Needs(label="x", network_mib=8_000, others_mib=(3_000, 200), kept_mib=3_500)
HUGE = Needs(label="x", network_mib=90_000, others_mib=(30_000, 200), packed=True)
EIGHT = replace(LARGE, encoder_kept_mib=1_600)
WORDY = Needs(label="x", network_mib=1_000, others_mib=(9_000,), kept_mib=500)


@pytest.mark.parametrize(
    ("kind", "policy", "needs", "taken"),
    [
        # weights pass through memory part by part; on the card are all of them and four tenths of the network's size
        ("cuda", "full", LARGE, (8_000, 8_000 + 3_200 + 3_200)),
        ("cuda", "full", HUGE, (90_000, 90_000 + 30_200 + 4_000)),
        ("cuda", "full", WORDY, (9_000, 1_000 + 9_000 + 400)),
        # one part at a time: the network at work, or the text encoder
        ("cuda", "model_offload", LARGE, (11_200, 8_000 + 3_200)),
        ("cuda", "model_offload", WORDY, (10_000, 9_000 + 800)),
        ("cuda", "layerwise_fp8", LARGE, (11_200, 3_500 + 3_200)),
        ("cuda", "layerwise_fp8", replace(LARGE, kept_mib=0), (11_200, 4_000 + 3_200)),
        ("cuda", "layerwise_fp8", WORDY, (10_000, 9_000 + 800)),
        # what the encoder is read at, then the network beside the encoder in 8 bits
        ("cuda", "layerwise_fp8", EIGHT, (8_000 + 1_800, 3_500 + 3_200)),
        ("cuda", "layerwise_fp8", replace(EIGHT, encoder_kept_mib=6_000), (8_000 + 6_200, 6_000 + 800)),
        ("cuda", "layerwise_fp8", replace(EIGHT, packed=True), (8_000 + 1_800, 8_000 + 3_200)),
        ("cpu", "layerwise_fp8", EIGHT, (1_800 + 3_500 + 6_400, 0)),
        ("cpu", "layerwise_fp8", replace(WORDY, encoder_kept_mib=4_500), (9_000, 0)),
        ("cuda", "group_offload", LARGE, (11_200, 3_200)),
        ("cuda", "auto", LARGE, (11_200, 11_200 + 3_200)),
        # four bytes a number, in one memory; what is packed stays as small as it is, but for the work
        ("cpu", "full", LARGE, (2 * (11_200 + 3_200), 0)),
        ("cpu", "full", HUGE, (90_000 + 2 * (30_200 + 4_000), 0)),
        ("cpu", "layerwise_fp8", LARGE, (3_200 + 3_500 + 6_400, 0)),
        ("cpu", "layerwise_fp8", replace(LARGE, kept_mib=0), (3_200 + 4_000 + 6_400, 0)),
        ("cpu", "layerwise_fp8", replace(LARGE, network_mib=40_000, kept_mib=100), (3_200 + 40_000, 0)),
        ("cpu", "layerwise_fp8", WORDY, (9_000 + 500 + 800, 0)),
        ("mps", "full", LARGE, (2 * (11_200 + 3_200), 2 * (11_200 + 3_200))),
    ],
)
def test_what_a_policy_takes(kind: str, policy: MemoryPolicy, needs: Needs, taken: tuple[int, int]) -> None:
    assert _taken(Device(kind, kind, 0), needs, policy) == taken  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("free", "ram", "own"),
    [
        (FreeMemory(2_048, 14_400), "8 GiB of memory, 2.0", ""),
        (FreeMemory(2_048, 14_399), "8 GiB of memory, 2.0", "14 GiB, 14.1"),
        (FreeMemory(2_048, 3_072), "11 GiB of memory, 2.0", "3 GiB, 3.0"),
        (FreeMemory(16_384, 100), "11 GiB of memory, 16.0", "3 GiB, 0.1"),
    ],
)
def test_a_refusal_says_what_the_way_takes_that_lacks_least(free: FreeMemory, ram: str, own: str) -> None:
    with pytest.raises(EngineTooLarge) as refused:
        memory_policy(Device("cuda", "the card", 0), LARGE, free)
    of_card = f"; of the card's own it takes {own} GiB are free" if own else ""
    assert str(refused.value) == f"x takes {ram} GiB are free{of_card}"


@pytest.mark.parametrize(
    ("policy", "free_mib", "count"),
    [
        ("full", 40_000, 4),
        ("full", 8_000, 2),
        ("full", 2_000, 1),
        ("model_offload", 15_000, 2),
        ("group_offload", 8_000, 2),
    ],
)
def test_as_many_pictures_go_at_once_as_have_room_beside_the_network(
    policy: MemoryPolicy, free_mib: int, count: int
) -> None:
    card = Device("cuda", "card", 48_000)
    needs = Needs(label="klein", network_mib=8_000, others_mib=(8_000, 160))  # each takes 3200
    assert samples_that_fit(card, needs, policy, 4, FreeMemory(64_000, free_mib)) == count


def test_on_a_processor_numbers_are_twice_as_wide_and_its_own_memory_counts() -> None:
    needs = Needs(label="klein", network_mib=8_000)
    assert samples_that_fit(Device("cpu", "processor", 0), needs, "full", 4, FreeMemory(20_000, 0)) == 3
