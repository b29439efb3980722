"""What `--engine-option` takes."""

from __future__ import annotations

import pytest

from host.cli.options import engine_options
from host.errors import BadRequest


def test_values_are_json_and_texts_where_they_are_none() -> None:
    said = ["true_cfg=2.5", "image_prompt=true", 'comfyui={"unet": "a=b"}', " name = x=y", "empty="]
    assert engine_options(said) == {
        "true_cfg": 2.5, "image_prompt": True, "comfyui": {"unet": "a=b"}, "name": " x=y", "empty": "",
    }  # fmt: skip
    assert engine_options([]) is None


@pytest.mark.parametrize("said", [["name"], ["=1"], [" =1"], ["a=1", "a=2"]])
def test_what_is_no_pair_is_refused(said: list[str]) -> None:
    with pytest.raises(BadRequest):
        engine_options(said)
