"""SAM 3: the real classes at toy size in the public layout; masks are those of the bare calls."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from engines.base import ModelInvalid, ModelMissing
from engines.geometry import Box
from engines.segment.base import Pointing
from engines.segment.registry import open_segmenter
from engines.torch_runtime import prepare_torch

RGB = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
VIT = {
    "model_type": "sam3_vit_model", "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 2, "image_size": 56, "patch_size": 14, "window_size": 4, "global_attn_indexes": [1],
    "pretrain_image_size": 56,
}  # fmt: skip
VISION = {
    "model_type": "sam3_vision_model", "backbone_config": VIT, "fpn_hidden_size": 32,
    "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]], "scale_factors": [4.0, 2.0, 1.0],
}  # fmt: skip
SMALL = {"hidden_size": 32, "intermediate_size": 32, "num_layers": 1, "num_attention_heads": 2}
WORDS = {
    "vocab_size": 300, "hidden_size": 32, "intermediate_size": 32, "projection_dim": 32, "num_hidden_layers": 1,
    "num_attention_heads": 2, "max_position_embeddings": 32, "eos_token_id": 1, "bos_token_id": 0, "pad_token_id": 1,
}  # fmt: skip
TRACKER = {
    "vision_config": VISION, "image_size": 56,
    "prompt_encoder_config": {"hidden_size": 32, "image_size": 56, "patch_size": 14, "mask_input_channels": 4},
    "mask_decoder_config": {
        "hidden_size": 32, "mlp_dim": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "iou_head_hidden_dim": 16,
    },
    "memory_attention_hidden_size": 32, "memory_attention_num_layers": 1,
    "memory_attention_feed_forward_hidden_size": 16, "memory_attention_num_attention_heads": 1,
    "memory_encoder_hidden_size": 32, "memory_encoder_output_channels": 16, "mask_downsampler_embed_dim": 32,
    "memory_fuser_embed_dim": 32, "memory_fuser_intermediate_dim": 16, "memory_attention_rope_feat_sizes": [4, 4],
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prepare_torch()
    import transformers
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("models") / "sam3"
    folder.mkdir()
    detector = transformers.Sam3Config(
        vision_config=VISION, text_config=WORDS, geometry_encoder_config=SMALL, detr_encoder_config=SMALL,
        detr_decoder_config=SMALL | {"num_queries": 5},
        mask_decoder_config={"hidden_size": 32, "num_upsampling_stages": 3, "num_attention_heads": 2},
    )  # fmt: skip
    tracker = transformers.Sam3TrackerVideoConfig(**TRACKER)
    config = transformers.Sam3VideoConfig(detector_config=detector.to_dict(), tracker_config=tracker.to_dict())
    torch.manual_seed(0)
    model = transformers.Sam3VideoModel(config)
    tensors = {name: tensor.contiguous().clone() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(folder)
    letters = {"<|startoftext|>": 0, "<|endoftext|>": 1}
    for end in ("", "</w>"):
        letters |= {chr(code) + end: len(letters) + place for place, code in enumerate(range(33, 127))}
    reads = transformers.Sam3Processor(
        transformers.Sam3ImageProcessor(size={"height": 56, "width": 56}),
        transformers.CLIPTokenizerFast(vocab=letters, merges=[]),
        target_size=56,
    )
    reads.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("pointing", "asked", "several"),
    [
        (
            Pointing(inside=((10, 12),)),
            {"input_points": [[[[10.0, 12.0]]]], "input_labels": [[[1]]]},
            True,
        ),
        (
            Pointing(inside=((10, 12),), outside=((30, 20),)),
            {"input_points": [[[[10.0, 12.0], [30.0, 20.0]]]], "input_labels": [[[1, 0]]]},
            False,
        ),
        (Pointing(box=Box(5, 6, 30, 33)), {"input_boxes": [[[5.0, 6.0, 30.0, 33.0]]]}, False),
    ],
)
def test_a_place_and_a_box_are_asked_of_the_tracker(
    folder: Path, pointing: Pointing, asked: dict, several: bool
) -> None:
    import transformers

    mask = open_segmenter(folder).segment(RGB, pointing)
    model = transformers.Sam3TrackerModel.from_pretrained(folder).eval()
    reads = transformers.Sam3TrackerProcessor.from_pretrained(folder)
    given = reads(images=RGB, return_tensors="pt", **asked)
    with torch.inference_mode():
        told = model(**given, multimask_output=several)
    bare = reads.post_process_masks(told.pred_masks, given["original_sizes"])[0]
    assert mask.shape == (40, 60)
    assert mask.dtype == np.bool_
    assert np.array_equal(mask, bare[0, int(told.iou_scores[0, 0].argmax())].numpy())


def test_words_are_asked_of_the_detector(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import transformers

    monkeypatch.setattr("engines.segment.sam3._SURE", 0.1)  # untrained, it is sure of nothing
    mask = open_segmenter(folder).segment(RGB, Pointing(words="hat"))
    model = transformers.Sam3Model.from_pretrained(folder).eval()
    reads = transformers.Sam3Processor.from_pretrained(folder)
    given = reads(images=RGB, text="hat", return_tensors="pt")
    with torch.inference_mode():
        told = model(**given)
    (bare,) = reads.post_process_instance_segmentation(told, threshold=0.1, mask_threshold=0.1, target_sizes=[(40, 60)])
    assert len(bare["masks"]) > 0
    assert np.array_equal(mask, bare["masks"].numpy().astype(bool).any(axis=0))


def test_a_thing_that_is_not_there_is_nothing(folder: Path) -> None:
    assert not open_segmenter(folder).segment(RGB, Pointing(words="hat")).any()


def test_words_lie_within_what_is_pointed_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.segment.sam3._SURE", 0.1)
    segmenter = open_segmenter(folder)
    named, boxed = Pointing(words="hat"), Pointing(box=Box(5, 6, 30, 33))
    both = Pointing(words="hat", box=Box(5, 6, 30, 33))
    expected = segmenter.segment(RGB, named) & segmenter.segment(RGB, boxed)
    assert np.array_equal(segmenter.segment(RGB, both), expected)


def test_a_damaged_or_other_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"config\.json"):
        open_segmenter(tmp_path)
    for name, spoil in (("other", {"model_type": "vit"}), ("list", [])):
        shutil.copytree(folder, tmp_path / name)
        (tmp_path / name / "config.json").write_text(json.dumps(spoil))
        with pytest.raises(ModelInvalid):
            open_segmenter(tmp_path / name)
    shutil.copytree(folder, tmp_path / "cut")
    weights = tmp_path / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ModelInvalid, match="cut cannot be loaded"):
        open_segmenter(tmp_path / "cut").segment(RGB, Pointing(inside=((1, 1),)))


def test_weights_that_lack_a_part_are_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, tmp_path / "half")
    tensors = load_file(folder / "model.safetensors")
    kept = {name: one for name, one in tensors.items() if not name.startswith("tracker_model.mask_decoder")}
    save_file(kept, tmp_path / "half" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelInvalid, match="lacks"):
        open_segmenter(tmp_path / "half").segment(RGB, Pointing(inside=((1, 1),)))
