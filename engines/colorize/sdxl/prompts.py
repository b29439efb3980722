"""Prompts of any length: CLIP reads 77 tokens at a time, so longer ones are read in pieces, laid side by side.

A piece ends between tags. What both encoders say of the whole (the pooled vector) is that of the first piece, so what
matters most stands first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKENS: Final = 77


def embeds_of(pipeline: Any, prompt: str, negative: str, guidance: float) -> dict[str, Any]:
    """Return the arguments that stand for both prompts in a call of an SDXL pipeline."""
    import torch

    guided = guidance > 1 and pipeline.unet.config.time_cond_proj_dim is None
    positives, negatives = (pieces(text, _fits(pipeline.tokenizer)) for text in (prompt, negative))
    count = max(len(positives), len(negatives) if guided else 1)
    read = []
    with torch.no_grad():
        for index in range(count):
            said, avoided = (texts[index] if index < len(texts) else "" for texts in (positives, negatives))
            read.append(
                pipeline.encode_prompt(
                    said, device=pipeline._execution_device, num_images_per_prompt=1,  # noqa: SLF001
                    do_classifier_free_guidance=guided, negative_prompt=avoided,
                )
            )  # fmt: skip
    out = {"prompt_embeds": torch.cat([one[0] for one in read], 1), "pooled_prompt_embeds": read[0][2]}
    if guided:
        out["negative_prompt_embeds"] = torch.cat([one[1] for one in read], 1)
        out["negative_pooled_prompt_embeds"] = read[0][3]
    return out


def pieces(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Return a prompt in pieces that fit each, at least one; a tag is taken apart only where it fits nowhere."""
    out = [""]
    for tag in text.split(","):
        if _added(out, tag.strip(), ", ", fits):
            continue
        out.append("")
        for word in [tag.strip()] if fits(tag.strip()) else tag.split():
            if not _added(out, word, " ", fits):
                out.append(word)
    return out


def _added(out: list[str], words: str, between: str, fits: Callable[[str], bool]) -> bool:
    """Add words to the last piece, if they still fit there."""
    longer = f"{out[-1]}{between}{words}" if out[-1] else words
    if not fits(longer):
        return False
    out[-1] = longer
    return True


def _fits(tokenizer: Any) -> Callable[[str], bool]:
    return lambda text: len(tokenizer(text, truncation=False).input_ids) <= _TOKENS
