"""What a layer of a LoRA leads from and to, and what is wrong with one, by its tensors' shapes."""

from __future__ import annotations

from typing import Any

import pytest

from models.lora_layers import _measured

LOHA = {"hada_w1_a": (32, 4), "hada_w1_b": (4, 16), "hada_w2_a": (32, 4), "hada_w2_b": (4, 16)}


@pytest.mark.parametrize(
    ("kind", "sides", "measured"),
    [
        ("lora", {"A": (4, 16), "B": (32, 4)}, ("", 16, 32, 4)),
        ("lora", {"A": (4, 16, 1, 1), "B": (32, 4, 1, 1), "alpha": ()}, ("", 16, 32, 4)),
        ("lora", {"A": (4, 16), "B": (32, 5)}, ("has a rank of 4 and of 5", 16, 32, 4)),
        ("lora", {"B": (32, 4)}, ("lacks its A", 0, 0, 0)),
        ("lora", {"A": (4, 16)}, ("lacks its B", 0, 0, 0)),
        ("lora", {"A": (4, 16, 3), "B": (32, 4)}, ("has a tensor that is no matrix", 0, 0, 0)),
        ("lora", {"A": (4,), "B": (32, 4)}, ("has a tensor that is no matrix", 0, 0, 0)),
        ("loha", LOHA, ("", 16, 32, 4)),
        ("loha", LOHA | {"hada_w2_a": (32, 5)}, ("has factors that do not fit each other", 16, 32, 4)),
        ("loha", LOHA | {"hada_w2_b": (4, 17)}, ("has factors that do not fit each other", 16, 32, 4)),
        (
            "loha",
            {"hada_w1_a": (32, 4), "hada_w1_b": (5, 16), "hada_w2_a": (32, 4), "hada_w2_b": (5, 16)},
            ("has factors that do not fit each other", 16, 32, 4),
        ),
        ("loha", {"hada_w1_a": (32, 4)}, ("lacks its w1_b", 0, 0, 0)),
        ("lokr", {"lokr_w1": (2, 3), "lokr_w2": (8, 4)}, ("", 12, 16, 0)),
        ("lokr", {"lokr_w1": (2, 3)}, ("lacks one of its factors", 0, 0, 0)),
        ("lokr", {"lokr_w1": (2, 3), "lokr_w2_a": (8, 1), "lokr_w2_b": (1, 4)}, ("", 12, 16, 0)),
        ("other", {"diff": (9,)}, ("", 0, 0, 0)),
    ],
)
def test_a_layer_is_measured_or_its_fault_named(kind: Any, sides: dict[str, Any], measured: tuple[Any, ...]) -> None:
    assert _measured(kind, sides) == measured
