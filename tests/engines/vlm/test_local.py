"""A vision-language model in this process: Gemma 3's real classes at toy size, saved and opened from a folder."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from engines.torch_runtime import prepare_torch
from engines.vlm.base import ModelFault
from engines.vlm.local import TransformersModel

torch = pytest.importorskip("torch")

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<start_of_turn>{{ message['role'] }} "
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<start_of_image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "<end_of_turn>{% endfor %}{% if add_generation_prompt %}<start_of_turn>model {% endif %}"
)
SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_image>", "<end_of_image>", "<image_soft_token>"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prepare_torch()
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    folder = tmp_path_factory.mktemp("gemma")
    letters = sorted(set(bytes(range(32, 127)).decode()))
    vocabulary = {one: place for place, one in enumerate([*SPECIAL, "Ġ", *letters])}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    marks = {"image_token": SPECIAL[6], "boi_token": SPECIAL[4], "eoi_token": SPECIAL[5]}
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<bos>", eos_token="<eos>", pad_token="<pad>", unk_token="<unk>",
        extra_special_tokens=marks,
    )  # fmt: skip
    eye = transformers.Gemma3ImageProcessor(size={"height": 32, "width": 32})
    processor = transformers.Gemma3Processor(eye, tokenizer, chat_template=TEMPLATE, image_seq_length=4)
    processor.save_pretrained(folder)
    torch.manual_seed(0)
    words: dict[str, Any] = {
        "vocab_size": len(vocabulary), "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "pad_token_id": 0, "eos_token_id": 1,
        "bos_token_id": 2,
    }  # fmt: skip
    sees = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.Gemma3Config(
        text_config=words,
        vision_config=sees | {"image_size": 32, "patch_size": 8},
        mm_tokens_per_image=4,
        image_token_id=6,
        boi_token_id=4,
        eoi_token_id=5,
    )
    transformers.Gemma3ForConditionalGeneration(config).save_pretrained(folder)
    return folder


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (50, 70), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


def test_a_model_answers_from_its_folder(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    model = TransformersModel(folder, tokens_max=5)
    answer = model.ask(jpeg(), "What is seen?", {})
    assert (answer.completion_tokens, answer.is_cut) == (5, True)
    assert answer.prompt_tokens > 10
    words_alone = model.ask(None, "What is seen?", {})
    assert words_alone.completion_tokens == 5
    assert words_alone.prompt_tokens < answer.prompt_tokens
    assert TransformersModel(folder, tokens_max=5).ask(jpeg(), "What is seen?", {}) == answer
    assert (model.name, model.place, model.at_once) == (folder.name, "transformers", 1)


def test_what_is_no_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelFault, match=r"config\.json"):
        TransformersModel(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "gemma3"}')
    with pytest.raises(ModelFault, match="cannot be loaded") as fault:
        TransformersModel(tmp_path).ask(jpeg(), "?", {})
    assert fault.value.kind == "all"
