"""klein written plainly, its loop and its forward pass: what the engine's options are compared with.

Of diffusers it takes the layers, the schedule's numbers and the text encoder; neither a pipeline's call nor a hook.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """image_tokens: `(1, n, hidden)`. scale: of the guidance, 1 for none. mask: `(H, W)`, 1 where `known` is made anew.

    pictures: all that is shown, the page first. known: `(H, W, 3)`, of which the rest is kept.
    """

    pictures: list[Picture]
    prompt: str
    negative: str = ""
    seed: int = 0
    steps: int = 4
    scale: float = 1.0
    time_scale: int = 10
    image_tokens: Any = None
    known: Picture | None = None
    mask: Picture | None = None


def picture_of(pipeline: Any, asked: Asked) -> Picture:
    with torch.no_grad():
        return _decoded(pipeline, _latents(pipeline, asked))


def _latents(pipeline: Any, asked: Asked) -> Any:
    transformer = pipeline.transformer
    positive, negative = (pipeline.encode_prompt(one)[0] for one in (asked.prompt, asked.negative))
    shown = [_encoded(pipeline, one) for one in asked.pictures]
    rows, columns = (side // 16 for side in asked.pictures[0].shape[:2])
    channels = shown[0].shape[1]
    noise = _packed(torch.randn((1, channels, rows, columns), generator=torch.Generator().manual_seed(asked.seed)))
    places = [_places(0, rows, columns)]
    places += [_places(asked.time_scale * (1 + i), *one.shape[2:]) for i, one in enumerate(shown)]
    references = torch.cat([_packed(one) for one in shown], dim=1)
    levels = _levels(pipeline, rows * columns, asked.steps)
    x = noise
    for now, after in pairwise(levels):
        given = torch.cat([x, references], dim=1)
        told = _forward(transformer, given, torch.cat(places), positive, asked.image_tokens, now)[:, : x.shape[1]]
        if asked.scale != 1:
            # Who is guided away from hears no pictures among the words.
            away = _forward(transformer, given, torch.cat(places), negative, None, now)[:, : x.shape[1]]
            told = away + asked.scale * (told - away)
        x = x + (after - now) * told
        if asked.known is not None and asked.mask is not None:
            anew = torch.nn.functional.interpolate(
                torch.from_numpy(asked.mask.astype(np.float32))[None, None], (rows, columns), mode="bilinear"
            ).reshape(1, -1, 1)
            known = _packed(_encoded(pipeline, asked.known))
            x = anew * x + (1 - anew) * (after * noise + (1 - after) * known)
    return x.transpose(1, 2).reshape(1, channels, rows, columns)


def _forward(transformer: Any, given: Any, places: Any, words: Any, image_tokens: Any, level: float) -> Any:
    time = transformer.time_guidance_embed(torch.tensor([level * 1000]), None)
    image, text = transformer.x_embedder(given), transformer.context_embedder(words)
    if image_tokens is not None:
        text = torch.cat([text, image_tokens], dim=1)
    spoken = torch.zeros(text.shape[1], 4)
    spoken[:, 3] = torch.arange(text.shape[1])
    turned = [transformer.pos_embed(one) for one in (spoken, places)]
    turn = tuple(torch.cat(pair) for pair in zip(*turned, strict=True))
    for block in transformer.transformer_blocks:
        text, image = block(
            hidden_states=image, encoder_hidden_states=text,
            temb_mod_img=transformer.double_stream_modulation_img(time),
            temb_mod_txt=transformer.double_stream_modulation_txt(time), image_rotary_emb=turn,
        )  # fmt: skip
    both = torch.cat([text, image], dim=1)
    for block in transformer.single_transformer_blocks:
        both = block(
            hidden_states=both, encoder_hidden_states=None, temb_mod=transformer.single_stream_modulation(time),
            image_rotary_emb=turn,
        )  # fmt: skip
    return transformer.proj_out(transformer.norm_out(both[:, text.shape[1] :], time))


def _levels(pipeline: Any, tokens: int, steps: int) -> list[float]:
    from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu

    mu = compute_empirical_mu(image_seq_len=tokens, num_steps=steps)
    even = np.linspace(1, 1 / steps, steps)
    return [float(np.exp(mu) / (np.exp(mu) + (1 / one - 1))) for one in even] + [0.0]


def _places(time: int, rows: int, columns: int) -> Any:
    numbers = [torch.tensor([time]), torch.arange(rows), torch.arange(columns), torch.tensor([0])]
    return torch.cartesian_prod(*numbers).float()


def _packed(latent: Any) -> Any:
    return latent.flatten(2).transpose(1, 2)


def _encoded(pipeline: Any, picture: Picture) -> Any:
    vae = pipeline.vae
    given = torch.from_numpy(picture.astype(np.float32).transpose(2, 0, 1)[None]) / 127.5 - 1
    latent = vae.encode(given).latent_dist.mode()
    _, channels, height, width = latent.shape
    cells = latent.reshape(1, channels, height // 2, 2, width // 2, 2).permute(0, 1, 3, 5, 2, 4)
    cells = cells.reshape(1, 4 * channels, height // 2, width // 2)
    mean, deviation = vae.bn.running_mean, (vae.bn.running_var + vae.config.batch_norm_eps).sqrt()
    return (cells - mean.reshape(1, -1, 1, 1)) / deviation.reshape(1, -1, 1, 1)


def _decoded(pipeline: Any, cells: Any) -> Picture:
    vae = pipeline.vae
    mean, deviation = vae.bn.running_mean, (vae.bn.running_var + vae.config.batch_norm_eps).sqrt()
    cells = cells * deviation.reshape(1, -1, 1, 1) + mean.reshape(1, -1, 1, 1)
    _, channels, rows, columns = cells.shape
    latent = cells.reshape(1, channels // 4, 2, 2, rows, columns).permute(0, 1, 4, 2, 5, 3)
    made = vae.decode(latent.reshape(1, channels // 4, 2 * rows, 2 * columns), return_dict=False)[0]
    out = ((made[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1) * 255).round()
    return np.asarray(out.numpy(), np.uint8)
