"""What a weights file is a part of, and how large a model it makes, told from names and shapes alone.

The shapes give the whole configuration, so that a single file needs no configuration beside it and nothing is guessed
by a library that would ask a hub. What shapes cannot tell (rotary axes, group counts) is fixed by the architecture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from engines.colorize.diffusion.tensor_shapes import count_blocks, sides_of
from engines.colorize.flux2.names import ENCODER_NAMES, TRANSFORMER_NAMES, Layout
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.headers import TensorHeader

    Tensors = Mapping[str, TensorHeader]

Part = Literal["transformer", "vae", "text_encoder"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)
PREFIXES: Final = ("", "model.diffusion_model.", "diffusion_model.", "transformer.", "model.")
_VAE_PREFIXES: Final = ("", "vae.", "first_stage_model.")
_VAE_ENDS: Final = ("encoder.conv_in.weight", "decoder.conv_in.weight")
_ENCODERS: Final = "text_encoders."
_WORDS: Final = ("model.embed_tokens.weight", "token_embd.weight")
TEXT_LAYERS: Final = (9, 18, 27)
"""The encoder's layers whose states the transformer reads, side by side."""
ENCODER_LAYERS_KEPT: Final = TEXT_LAYERS[-1] + 1
"""One more than the last that is read, because a model's own last layer comes out normed."""
_SIZES: Final = {3072: "4B", 4096: "9B", 6144: "dev"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformer:
    """A FLUX.2 transformer's measures; `joint` is the width of the text that it reads."""

    layout: Layout
    prefix: str
    hidden: int
    joint: int
    head: int
    double_blocks: int
    single_blocks: int
    in_channels: int
    time_channels: int
    mlp_ratio: float
    guidance: bool

    @property
    def name(self) -> str:
        """What people call it."""
        return f"FLUX.2 {_SIZES.get(self.hidden, f'of width {self.hidden}')}"

    def config(self) -> dict[str, object]:
        """Return the arguments of `Flux2Transformer2DModel`."""
        return {
            "in_channels": self.in_channels,
            "num_layers": self.double_blocks,
            "num_single_layers": self.single_blocks,
            "attention_head_dim": self.head,
            "num_attention_heads": self.hidden // self.head,
            "joint_attention_dim": self.joint,
            "timestep_guidance_channels": self.time_channels,
            "mlp_ratio": self.mlp_ratio,
            "axes_dims_rope": [self.head // 4] * 4,
            "rope_theta": 2000,
            "guidance_embeds": self.guidance,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEncoder:
    """A Qwen3 language model's measures."""

    layout: Literal["huggingface", "gguf"]
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head: int
    intermediate: int
    vocabulary: int

    @property
    def joint(self) -> int:
        """Width of the text that it gives a transformer."""
        return len(TEXT_LAYERS) * self.hidden

    def config(self) -> dict[str, object]:
        """Return the arguments of `Qwen3Config`, for as many layers as are read."""
        return {
            "vocab_size": self.vocabulary,
            "hidden_size": self.hidden,
            "intermediate_size": self.intermediate,
            "num_hidden_layers": min(self.layers, ENCODER_LAYERS_KEPT),
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head,
            "max_position_embeddings": 40960,
            "rope_theta": 1_000_000,
            "tie_word_embeddings": True,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Vae:
    """FLUX.2's autoencoder; channels by level, from the picture inwards."""

    layout: Layout
    encoder_channels: tuple[int, ...]
    decoder_channels: tuple[int, ...]
    layers_per_block: int

    def config(self) -> dict[str, object]:
        """Return the arguments of `AutoencoderKLFlux2`."""
        return {
            "block_out_channels": list(self.encoder_channels),
            "decoder_block_out_channels": list(self.decoder_channels),
            "layers_per_block": self.layers_per_block,
            "norm_num_groups": min(32, *self.encoder_channels, *self.decoder_channels),
        }


def prefix_of(tensors: Tensors, part: Part) -> str | None:
    """Return what stands before the names of a part in a file, None where the file does not hold it.

    A file of one part has nothing or ComfyUI's prefix there; its checkpoints hold all parts, each with its own.
    """
    if part == "transformer":
        ends = ("img_in.weight", "x_embedder.weight")
        return next((prefix for prefix in PREFIXES for end in ends if f"{prefix}{end}" in tensors), None)
    if part == "vae":
        return next((one for one in _VAE_PREFIXES if {f"{one}{end}" for end in _VAE_ENDS} <= tensors.keys()), None)
    if any(words in tensors for words in _WORDS):
        return ""
    inside = (name for name in tensors if name.startswith(_ENCODERS) and name.endswith(_WORDS[0]))
    return next((name.removesuffix(_WORDS[0]) for name in inside), None)


def measure_transformer(tensors: Tensors) -> Transformer:
    """Return a transformer's measures.

    Raises:
        WeightsInvalid: it is another architecture's.
    """
    for prefix in PREFIXES:
        for layout, names in TRANSFORMER_NAMES.items():
            if f"{prefix}{names['modulation']}" in tensors and f"{prefix}{names['image']}" in tensors:
                return _measured(tensors, layout, prefix, names)
    raise WeightsInvalid("this is no FLUX.2 transformer (FLUX.1, Qwen-Image and others look alike from outside)")


def _measured(tensors: Tensors, layout: Layout, prefix: str, names: Mapping[str, str]) -> Transformer:
    image, text, time, mlp = (_matrix(tensors, prefix + names[key]) for key in ("image", "text", "time", "mlp"))
    head = sides_of(tensors, prefix + names["norm"], 1)[0]
    hidden = image[0]
    if hidden % head or head % 4:
        raise WeightsInvalid(f"a width of {hidden} does not divide into heads of {head}")
    return Transformer(
        layout=layout,
        prefix=prefix,
        hidden=hidden,
        joint=text[1],
        head=head,
        double_blocks=count_blocks(tensors, prefix + names["double"]),
        single_blocks=count_blocks(tensors, prefix + names["single"]),
        in_channels=image[1],
        time_channels=time[1],
        mlp_ratio=mlp[0] / (2 * hidden),
        guidance=f"{prefix}{names['guidance']}" in tensors,
    )


def measure_text_encoder(tensors: Tensors) -> TextEncoder:
    """Return a text encoder's measures.

    Raises:
        WeightsInvalid: it is no Qwen3 model, or has too few layers.
    """
    layout: Literal["huggingface", "gguf"] = "gguf" if "token_embd.weight" in tensors else "huggingface"
    names = ENCODER_NAMES[layout]
    if names["norm"] not in tensors:
        raise WeightsInvalid("this is no Qwen3 language model")
    words, gate = (_matrix(tensors, names[key]) for key in ("words", "gate"))
    head = sides_of(tensors, names["norm"], 1)[0]
    layers = count_blocks(tensors, names["layers"])
    if layers < ENCODER_LAYERS_KEPT:
        raise WeightsInvalid(f"this Qwen3 model has {layers} layers, at least {ENCODER_LAYERS_KEPT} are read")
    return TextEncoder(
        layout=layout,
        hidden=words[1],
        layers=layers,
        heads=_matrix(tensors, names["query"])[0] // head,
        kv_heads=_matrix(tensors, names["key"])[0] // head,
        head=head,
        intermediate=gate[0],
        vocabulary=words[0],
    )


def measure_vae(tensors: Tensors) -> Vae:
    """Return an autoencoder's measures.

    Raises:
        WeightsInvalid: it is another model's.
    """
    if "bn.running_mean" not in tensors:
        raise WeightsInvalid("this is no FLUX.2 autoencoder (FLUX.1's lacks the batch norm)")
    single = any(name.startswith("encoder.down.") for name in tensors)
    down, up, block = ("down", "up", "block") if single else ("down_blocks", "up_blocks", "resnets")
    levels = count_blocks(tensors, f"encoder.{down}.")
    encoder = [sides_of(tensors, f"encoder.{down}.{level}.{block}.0.conv2.weight", 4)[0] for level in range(levels)]
    order = range(levels) if single else range(levels - 1, -1, -1)
    decoder = [sides_of(tensors, f"decoder.{up}.{level}.{block}.0.conv2.weight", 4)[0] for level in order]
    return Vae(
        layout="single" if single else "diffusers",
        encoder_channels=tuple(encoder),
        decoder_channels=tuple(decoder),
        layers_per_block=count_blocks(tensors, f"encoder.{down}.0.{block}."),
    )


def _matrix(tensors: Tensors, name: str) -> tuple[int, int]:
    rows, columns = sides_of(tensors, name, 2)
    return rows, columns
