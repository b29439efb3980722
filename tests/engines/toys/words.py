"""Models that help with words, at toy size and with random weights, in the layouts of the real ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engines.torch_runtime import prepare_torch

if TYPE_CHECKING:
    from pathlib import Path

SENTENCES = [
    "red hair and a blue sky", "warm evening light", "a girl with green eyes",
    "rote Haare, blauer Himmel", "warmes Licht am Abend", "赤い髪の少女", "青い空",
]  # fmt: skip
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
)


def _seeded() -> Any:
    prepare_torch()
    import torch
    import transformers

    torch.manual_seed(0)
    return transformers


def toy_marian(folder: Path) -> Path:
    """Write an OPUS-MT: two SentencePiece models, their words and the network."""
    transformers = _seeded()
    import sentencepiece

    folder.mkdir(parents=True)
    for side in ("source", "target"):
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SENTENCES * 20), model_prefix=str(folder / side), vocab_size=90,
            hard_vocab_limit=False, minloglevel=2,
        )  # fmt: skip
        (folder / f"{side}.model").replace(folder / f"{side}.spm")
        (folder / f"{side}.vocab").unlink()
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    words = ["</s>", "<unk>", *(pieces.id_to_piece(one) for one in range(pieces.get_piece_size()))]
    vocabulary = {word: place for place, word in enumerate(dict.fromkeys(one for one in words if one != "<s>"))}
    vocabulary["<pad>"] = len(vocabulary)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    about = {"source_lang": "de", "target_lang": "en", "model_max_length": 64, "tokenizer_class": "MarianTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(about), "utf-8")
    small = {
        f"{side}_{name}": size for side in ("encoder", "decoder")
        for name, size in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 32))
    }  # fmt: skip
    config = transformers.MarianConfig(
        vocab_size=len(vocabulary), d_model=32, pad_token_id=vocabulary["<pad>"], eos_token_id=0,
        decoder_start_token_id=vocabulary["<pad>"], forced_eos_token_id=0, max_position_embeddings=64, **small,
    )  # fmt: skip
    model = transformers.MarianMTModel(config)
    model.generation_config.update(
        num_beams=2, max_new_tokens=8, max_length=None, bad_words_ids=[[vocabulary["<pad>"]], [1]], eos_token_id=0,
        pad_token_id=vocabulary["<pad>"], decoder_start_token_id=vocabulary["<pad>"],
    )  # fmt: skip
    model.save_pretrained(folder)
    return folder


def _letters(special: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    core = Tokenizer(models.BPE(vocab={one: place for place, one in enumerate(letters)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    return core


def toy_florence(folder: Path) -> Path:
    """Write a Florence-2: DaViT, BART, and a processor with places as words."""
    transformers = _seeded()
    tokenizer = transformers.BartTokenizerFast(
        tokenizer_object=_letters(["<s>", "<pad>", "</s>", "<unk>"]), bos_token="<s>", eos_token="</s>",
        unk_token="<unk>", pad_token="<pad>", cls_token="<s>", sep_token="</s>", mask_token="<mask>",
        extra_special_tokens={"image_token": "<image>"},
    )  # fmt: skip
    tokenizer.add_tokens(["<od>", "</od>", "<ocr>", "</ocr>", *(f"<loc_{one}>" for one in range(1000))])
    eye = transformers.CLIPImageProcessor(size={"height": 128, "width": 128}, do_center_crop=False)
    eye.image_seq_length = 17
    place = r"<loc_(\d+)>"
    processor = transformers.Florence2Processor(
        image_processor=eye, tokenizer=tokenizer, num_additional_image_tokens=0,
        post_processor_config={
            "pure_text": {}, "ocr": {"PATTERN": "(.+?)" + place * 8, "AREA_THRESHOLD": 0.0},
            "description_with_bboxes": {}, "phrase_grounding": {},
        },
    )  # fmt: skip
    vision: dict[str, Any] = {
        "depths": [1, 1, 1, 1], "patch_size": [7, 3, 3, 3], "patch_stride": [4, 2, 2, 2],
        "patch_padding": [3, 1, 1, 1], "patch_prenorm": [False, True, True, True], "embed_dim": [16, 16, 16, 16],
        "num_heads": [2, 2, 2, 2], "num_groups": [2, 2, 2, 2], "window_size": 4, "projection_dim": 32,
    }  # fmt: skip
    text: dict[str, Any] = {
        "model_type": "bart", "vocab_size": len(tokenizer), "d_model": 32, "encoder_layers": 1, "decoder_layers": 1,
        "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32,
        "pad_token_id": tokenizer.pad_token_id, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2,
    }  # fmt: skip
    config = transformers.Florence2Config(
        vision_config=vision, text_config=text, image_token_id=tokenizer.convert_tokens_to_ids("<image>")
    )
    transformers.Florence2ForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def toy_qwen(folder: Path) -> Path:
    """Write a Qwen3 with its chat template."""
    transformers = _seeded()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=_letters(["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<unk>"]), unk_token="<unk>",
        eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=CHAT,
    )  # fmt: skip
    tokenizer.save_pretrained(folder)
    config = transformers.Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, eos_token_id=2, pad_token_id=0, bos_token_id=0,
    )  # fmt: skip
    transformers.Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder
