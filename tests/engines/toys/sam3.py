"""SAM 3 with random weights of a toy's size, in the layout of facebook/sam3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engines.torch_runtime import prepare_torch

if TYPE_CHECKING:
    from pathlib import Path

VIT: dict[str, Any] = {
    "model_type": "sam3_vit_model", "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 2, "image_size": 56, "patch_size": 14, "window_size": 4, "global_attn_indexes": [1],
    "pretrain_image_size": 56,
}  # fmt: skip
VISION: dict[str, Any] = {
    "model_type": "sam3_vision_model", "backbone_config": VIT, "fpn_hidden_size": 32,
    "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]], "scale_factors": [4.0, 2.0, 1.0],
}  # fmt: skip
SMALL: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 32, "num_layers": 1, "num_attention_heads": 2}
WORDS: dict[str, Any] = {
    "vocab_size": 300, "hidden_size": 32, "intermediate_size": 32, "projection_dim": 32, "num_hidden_layers": 1,
    "num_attention_heads": 2, "max_position_embeddings": 32, "eos_token_id": 1, "bos_token_id": 0, "pad_token_id": 1,
}  # fmt: skip
TRACKER: dict[str, Any] = {
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


def build_folder(folder: Path) -> Path:
    """Write a toy that takes pictures of 56 pixels a side."""
    prepare_torch()
    import torch
    import transformers
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
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
