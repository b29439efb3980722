"""Which tensors tell a model's measures, by the layout of the file."""

from __future__ import annotations

from typing import Final, Literal

Layout = Literal["diffusers", "single"]
"""diffusers' names, or those of Black Forest Labs' single files, which ComfyUI and GGUF have too."""

TRANSFORMER_NAMES: Final[dict[Layout, dict[str, str]]] = {
    "single": {
        "image": "img_in.weight",
        "text": "txt_in.weight",
        "time": "time_in.in_layer.weight",
        "modulation": "single_stream_modulation.lin.weight",
        "mlp": "double_blocks.0.img_mlp.0.weight",
        "norm": "double_blocks.0.img_attn.norm.query_norm.scale",
        "double": "double_blocks.",
        "single": "single_blocks.",
        "guidance": "guidance_in.in_layer.weight",
    },
    "diffusers": {
        "image": "x_embedder.weight",
        "text": "context_embedder.weight",
        "time": "time_guidance_embed.timestep_embedder.linear_1.weight",
        "modulation": "single_stream_modulation.linear.weight",
        "mlp": "transformer_blocks.0.ff.linear_in.weight",
        "norm": "transformer_blocks.0.attn.norm_q.weight",
        "double": "transformer_blocks.",
        "single": "single_transformer_blocks.",
        "guidance": "time_guidance_embed.guidance_embedder.linear_1.weight",
    },
}
ENCODER_NAMES: Final = {
    "huggingface": {
        "words": "model.embed_tokens.weight",
        "norm": "model.layers.0.self_attn.q_norm.weight",
        "query": "model.layers.0.self_attn.q_proj.weight",
        "key": "model.layers.0.self_attn.k_proj.weight",
        "gate": "model.layers.0.mlp.gate_proj.weight",
        "layers": "model.layers.",
    },
    "gguf": {
        "words": "token_embd.weight",
        "norm": "blk.0.attn_q_norm.weight",
        "query": "blk.0.attn_q.weight",
        "key": "blk.0.attn_k.weight",
        "gate": "blk.0.ffn_gate.weight",
        "layers": "blk.",
    },
}
