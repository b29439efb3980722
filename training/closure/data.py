"""Pages of DataSpec files as tensors: crops of panels, their boxes, their letters; in an order that says nothing.

The files list panels in reading order, which is what the network shall learn: panels are shuffled, and the order goes
along as the truth.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from PIL import Image

from engines.embed.panels import GEOMETRY, PAD, letters, panel_crop, panel_geometry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from training.closure.config import Config

_DRIVE: Final = re.compile(r"^([A-Za-z]):[\\/]")


class PageUnusable(ValueError):
    """A page cannot be learned from; the message says why."""


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A DataSpec file: the page's picture, its panels as x, y, width, height in pixels, and their text."""

    path: Path
    picture: Path
    boxes: tuple[tuple[float, float, float, float], ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Pages, filled up to the same number of panels.

    crops: `(b, n, 3, s, s)` float32, -1..1. geometry: `(b, n, 8)`. tokens: `(b, n, t)` int64. mask: `(b, n)` bool, the
    real panels. following: `(b, n)` int64, the place of each panel's next one, -1 for none.
    """

    crops: Tensor
    geometry: Tensor
    tokens: Tensor
    mask: Tensor
    following: Tensor

    def part(self, rank: int, count: int) -> Batch:
        """Return every `count`-th page, from the `rank`-th on."""
        return Batch(*(one[rank::count] for one in (self.crops, self.geometry, self.tokens, self.mask, self.following)))


def read_specs(list_file: Path, image_root: Path | None = None) -> list[PageSpec]:
    """Return the pages that a list names, one DataSpec file a line, those with a panel.

    image_root: where pictures are that are not at their own paths. Windows' drives are looked for under `/mnt`.

    Raises:
        OSError: the list cannot be read. PageUnusable: a file of it is no DataSpec.
    """
    lines = [line.strip() for line in list_file.read_text("utf-8").splitlines() if line.strip()]
    specs = [read_spec(Path(_here(line)), image_root) for line in lines]
    return [spec for spec in specs if spec.boxes]


def read_spec(path: Path, image_root: Path | None = None) -> PageSpec:
    """Return a DataSpec file.

    Raises:
        PageUnusable: it is none.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
        panels = [one for one in told["panels"] if min(one["panel_coords"][2:]) >= 1]
        coords = [one["panel_coords"] for one in panels]
        boxes = tuple((float(x), float(y), float(w), float(h)) for x, y, w, h in coords)
        texts = tuple(_text(one.get("text") or {}) for one in panels)
        picture = str(told["page_image_path"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise PageUnusable(f"{path} is no DataSpec: {exc}") from exc
    return PageSpec(path, _picture(picture, image_root), boxes, texts)


def split(specs: Sequence[PageSpec], dev_share: float) -> tuple[list[PageSpec], list[PageSpec]]:
    """Return pages to learn from and pages to measure on; a page is always on the same side."""

    def is_dev(spec: PageSpec) -> bool:
        digest = hashlib.sha256(spec.picture.name.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:4], "big") < dev_share * 2**32

    return [one for one in specs if not is_dev(one)], [one for one in specs if is_dev(one)]


class PageReader:
    """Makes tensors of pages; crops are kept up to a bound, the oldest go first."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._cache: OrderedDict[Path, tuple[np.ndarray[Any, Any], tuple[int, int]]] = OrderedDict()
        self._bytes = 0
        self._tokens = tokenizer(config)

    def batch(self, specs: Sequence[PageSpec], orders: Sequence[Sequence[int]]) -> Batch:
        """Return pages as a batch. orders: how each page's panels are shuffled.

        Raises:
            PageUnusable: a picture cannot be read.
        """
        pages = [self._page(spec, order) for spec, order in zip(specs, orders, strict=True)]
        most = max(len(order) for order in orders)
        side, length = self._config.network.vision_side_px, self._config.network.text_length
        crops = torch.zeros(len(pages), most, 3, side, side)
        geometry = torch.zeros(len(pages), most, GEOMETRY)
        tokens = torch.full((len(pages), most, length), PAD, dtype=torch.int64)
        mask = torch.zeros(len(pages), most, dtype=torch.bool)
        following = torch.full((len(pages), most), -1, dtype=torch.int64)
        for row, (pictures, boxes, written, after) in enumerate(pages):
            count = len(after)
            crops[row, :count] = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
            geometry[row, :count] = torch.from_numpy(boxes)
            tokens[row, :count] = torch.from_numpy(written)
            mask[row, :count] = True
            following[row, :count] = torch.from_numpy(after)
        return Batch(crops, geometry, tokens, mask, following)

    def _page(self, spec: PageSpec, order: Sequence[int]) -> tuple[np.ndarray[Any, Any], ...]:
        pictures, size = self._crops(spec)
        boxes = np.array([panel_geometry(spec.boxes[one], size) for one in order], np.float32)
        written = np.stack([self._tokens(spec.texts[one]) for one in order])
        place = {one: at for at, one in enumerate(order)}
        after = np.array([place.get(one + 1, -1) for one in order], np.int64)
        return pictures[list(order)], boxes, written, after

    def _crops(self, spec: PageSpec) -> tuple[np.ndarray[Any, Any], tuple[int, int]]:
        known = self._cache.get(spec.path)
        if known is not None:
            self._cache.move_to_end(spec.path)
            return known
        made = _cut(spec, self._config.network.vision_side_px, self._config.data.panels_max)
        self._cache[spec.path] = made
        self._bytes += made[0].nbytes
        while self._bytes > self._config.data.cache_mib << 20 and len(self._cache) > 1:
            self._bytes -= self._cache.popitem(last=False)[1][0].nbytes
        return made


class Sampler:
    """Draws batches: each epoch all pages once, in an order and shuffled in ways that seed and place decide."""

    def __init__(self, specs: Sequence[PageSpec], reader: PageReader, config: Config) -> None:
        """Take the pages.

        Raises:
            PageUnusable: there is none.
        """
        if not specs:
            raise PageUnusable("there is no page to learn from")
        self._specs, self._reader, self._config = list(specs), reader, config
        self.batches_an_epoch = -(-len(specs) // config.optimisation.batch_size)

    def batch(self, iteration: int, size: int) -> Batch:
        """Return the batch of an iteration, from 0."""
        epoch, step = divmod(iteration, self.batches_an_epoch)
        dice = np.random.default_rng((self._config.seed, epoch))
        chosen = dice.permutation(len(self._specs))[step * size : (step + 1) * size]
        specs = [self._specs[one] for one in chosen]
        shuffle = np.random.default_rng((self._config.seed, iteration, 1))
        most = self._config.data.panels_max
        return self._reader.batch(specs, [shuffle.permutation(min(most, len(one.boxes))).tolist() for one in specs])


def tokenizer(config: Config) -> Callable[[str], np.ndarray[Any, Any]]:
    """Return what makes `(text_length,)` int64 of a text: a pretrained encoder's own tokenizer, else its bytes."""
    length, folder = config.network.text_length, config.network.text_folder
    if folder:
        import transformers

        own: Any = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)

        def pretrained(text: str) -> np.ndarray[Any, Any]:
            found = own(text, truncation=True, max_length=length, padding="max_length")["input_ids"]
            return np.array(found, np.int64)

        return pretrained

    return lambda text: letters(text, length)


def _cut(spec: PageSpec, side: int, panels_max: int) -> tuple[np.ndarray[Any, Any], tuple[int, int]]:
    try:
        with Image.open(io.BytesIO(_bytes(spec.picture))) as opened:
            picture = opened.convert("RGB")
    except (OSError, ValueError, KeyError, Image.DecompressionBombError) as exc:
        raise PageUnusable(f"{spec.picture} cannot be read: {exc}") from exc
    page = np.asarray(picture, np.uint8)
    crops = [panel_crop(page, box, side) for box in spec.boxes[:panels_max]]
    return np.stack(crops), picture.size


def _bytes(path: Path) -> bytes:
    """Return a picture's bytes: a file's, or those of an entry of a ZIP (`v1.cbz/001.jpg`)."""
    if path.is_file():
        return path.read_bytes()
    archive = next((one for one in path.parents if one.is_file()), None)
    if archive is None:
        raise FileNotFoundError(f"there is no {path}")
    with zipfile.ZipFile(archive) as opened:
        return opened.read(path.relative_to(archive).as_posix())


def _picture(name: str, root: Path | None) -> Path:
    path = Path(_here(name))
    if root is None or path.exists() or any(one.is_file() for one in path.parents):
        return path
    tails = [Path(*path.parts[at:]) for at in range(1 if path.is_absolute() else 0, len(path.parts))]
    return next((root / tail for tail in tails if (root / tail).exists()), root / path.name)


def _here(path: str) -> str:
    drive = _DRIVE.match(path)
    return f"/mnt/{drive.group(1).lower()}/" + path[3:].replace("\\", "/") if drive else path


def _text(told: dict[str, Any]) -> str:
    return "\n".join(str(line) for kind in ("narration", "dialogue", "sfx") for line in told.get(kind) or ())
