"""The key of a result: everything that decides its pixels, and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from host.corrections import Corrections

if TYPE_CHECKING:
    from msgspec import Struct

    from engines.base import Plan
    from host.vocabulary import Direction

KEY_VERSION: Final = 1
_KEYED_WITHOUT: Final = ("hints", "palettes")
_NEW_FIELDS: Final = frozenset({"region"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a page is coloured, apart from the page itself. `references` are ids, which are digests of pixels.

    cast: who each of them shows, empty for engines that read no words. retrieval: how pictures are chosen and by whom
    they are compared; which pages a result learned from is in its record, not here (docs/decisions/0008). words: the
    steps that models take with the reader's words, and which models.
    """

    engine_id: str
    engine_version: str
    weights: Mapping[str, str]
    plan: Plan
    references: Sequence[str]
    cast: Sequence[str] = ()
    retrieval: Sequence[str] = ()
    words: Sequence[str] = ()
    keep_coloured: bool
    direction: Direction
    output_format: str
    pipeline_version: str


def result_key(
    pixels_sha256: str, recipe: Recipe, corrections: Corrections | None = None, segmenter: str = "",
    undone: Sequence[str] = (),
) -> str:  # fmt: skip
    """Return the SHA-256 (hex) of the page's pixels, the recipe and the page's own corrections, over canonical JSON.

    A file name or an address never enters: sites use them again for other pictures. segmenter: what finds the
    regions of hints and the figures of palettes; empty where lines and analysis do. undone: the steps of the recipe's
    words that failed, so that the page is another one than that which was asked for.

    Raises:
        TypeError, ValueError: an engine option is no JSON value.
    """
    plan = recipe.plan
    facts = {
        "key_version": KEY_VERSION,
        "pixels": pixels_sha256,
        "engine": [recipe.engine_id, recipe.engine_version],
        "weights": dict(recipe.weights),
        "plan": {
            "seed": plan.seed,
            "strength": float(plan.strength_01),
            "steps": plan.steps,
            "prompt": plan.prompt,
            "negative_prompt": plan.negative_prompt,
            "quality": plan.quality,
            "stages": [],  # planned for each page by what it shows, never asked for; keys that exist hold it
            "loras": [[lora.name, lora.sha256, float(lora.weight)] for lora in plan.loras],
            "engine_options": _plain(plan.engine_options),
        },
        "references": list(recipe.references),
        "cast": list(recipe.cast),
        "retrieval": list(recipe.retrieval),
        "keep_coloured": recipe.keep_coloured,
        "direction": recipe.direction,
        "output_format": recipe.output_format,
        "pipeline": recipe.pipeline_version,
    }
    # What came later adds nothing to the keys of pages without it.
    if recipe.words:
        facts["words"] = [*recipe.words]
    if undone:
        facts["undone"] = [*undone]
    facts |= _facts_of(corrections or Corrections())
    pointed = corrections or Corrections()
    regions = [*(one.region for one in pointed.hints), *(one.region for one in pointed.palettes)]
    if segmenter and not all(regions):
        facts["segmenter"] = segmenter
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _facts_of(corrections: Corrections) -> dict[str, Any]:
    """Return what each kind of correction adds; kinds that came later add nothing to the keys of pages without them."""
    found = {kind: getattr(corrections, kind) for kind in corrections.__struct_fields__}
    return {
        kind: [_fields_of(one) for one in of_kind]
        for kind, of_kind in found.items()
        if of_kind or kind in _KEYED_WITHOUT
    }


def _fields_of(correction: Struct) -> dict[str, Any]:
    """Return a correction's fields; one that came later adds nothing to the keys of corrections without it."""
    return {name: value for name, value in structs.asdict(correction).items() if name not in _NEW_FIELDS or value}


def _plain(value: Any) -> Any:
    """Return mappings as dicts and sequences as lists, all the way down."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
