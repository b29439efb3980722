"""`python -m training.quantize --pages FOLDER`: the integer forms of the networks that ship, from their float files.

Weights become signed integers of 8 bits with a scale for every channel, activations unsigned ones whose range is the
running mean of what the pictures of FOLDER show (Jacob et al., "Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference", 2018). Every second picture is shown as ink and tone. Run it whenever one
of the float files is made anew: each form holds the digest of the file it was made of (`FLOAT_DIGEST`).
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import tempfile
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from engines.colorize.compact.engine import ENCODER_FILE
from engines.colorize.compact.picture import as_seen, padded, resized, tiles, working_size
from engines.detect import pixels
from engines.geometry import Size
from engines.int8 import int8_name
from models.catalog import CATALOG_FILE
from models.store import SHIPPED_WEIGHTS
from training.compact.card import update_card
from training.compact.manga import drawn_in_ink, printed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Grey = NDArray[np.uint8]
Feed = NDArray[np.float32]

FLOAT_DIGEST: Final = "float_sha256"
"""The key of a form's metadata that holds the SHA-256 of the float file it was made of."""
_PICTURES: Final = frozenset({".webp", ".png", ".jpg", ".jpeg"})
_SEED: Final = 20
_log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> None:
    """Make the integer forms and record their digests."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = _parser().parse_args(arguments)
    pages = list(shown_pages(options.pages, options.count, options.leave_out))
    for name in options.networks:
        form = quantize(options.weights / name, options.out, [feed for page in pages for feed in FEEDS[name](page)])
        update_card(options.catalog, [form])
        _log.info("%s: %d bytes", form.name, form.stat().st_size)


def quantize(source: Path, out: Path, feeds: Sequence[Feed]) -> Path:
    """Write the integer form of a network of one input into the folder `out`; `feeds` are what its input may be.

    Raises:
        ValueError: there are no feeds.
    """
    if not feeds:
        raise ValueError("no pictures were given")
    path = out / int8_name(source.name)
    with tempfile.TemporaryDirectory() as folder:
        folded = Path(folder) / "folded.onnx"
        options = onnxruntime.SessionOptions()
        # Normalisation goes into the weights, nothing that only one kind of processor knows into the graph.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(folded)
        session = onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
        quantize_static(
            str(folded),
            str(path),
            _Feeds(session.get_inputs()[0].name, feeds),
            quant_format=QuantFormat.QOperator,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True},
        )
    made, given = onnx.load(str(path)), onnx.load(str(source))
    facts = {one.key: one.value for one in given.metadata_props}
    onnx.helper.set_model_props(made, {**facts, FLOAT_DIGEST: hashlib.sha256(source.read_bytes()).hexdigest()})
    made.producer_version = ""
    onnx.save(made, str(path))
    return path


def shown_pages(folders: Sequence[Path], count: int, left_out: Sequence[str] = ()) -> Iterator[Grey]:
    """Yield up to `count` pictures of the folders, evenly spread over them, every second one as ink and tone.

    left_out: patterns of names that are not shown.
    """
    found = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in _PICTURES)
    files = [path for path in found if not any(fnmatch(path.name, pattern) for pattern in left_out)]
    rng = np.random.default_rng(_SEED)
    for index, file in enumerate(files[:: max(1, len(files) // count)][:count]):
        grey = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
        if index % 2:
            grey = np.round(printed(drawn_in_ink(np.asarray(grey, np.uint8), rng), rng) * 255)
        yield np.asarray(grey, np.uint8)


def _encoder_feeds(page: Grey) -> Iterator[Feed]:
    seen = padded(resized(page, working_size(Size(*page.shape))))
    for box in tiles(Size(*seen.shape)):
        yield as_seen(seen[box.top : box.bottom, box.left : box.right])


FEEDS: Final[dict[str, Callable[[Grey], Iterator[Feed]]]] = {
    ENCODER_FILE: _encoder_feeds,
    pixels.WEIGHTS_FILE: pixels.pieces,
}
"""What each network is shown of a page."""


class _Feeds(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, name: str, feeds: Sequence[Feed]) -> None:
        self._left = iter([{name: feed} for feed in feeds])

    def get_next(self) -> dict[str, Feed] | None:
        return next(self._left, None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.quantize", description=__doc__)
    parser.add_argument("--pages", type=Path, nargs="+", required=True, help="folders of pictures")
    parser.add_argument("--count", type=int, default=48, help="of pictures")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="PATTERN", help="pictures kept for judging")
    parser.add_argument("--networks", nargs="+", choices=list(FEEDS), default=list(FEEDS))
    parser.add_argument("--weights", type=Path, default=SHIPPED_WEIGHTS, help="folder of the float files")
    parser.add_argument("--out", type=Path, default=SHIPPED_WEIGHTS)
    parser.add_argument("--catalog", type=Path, default=CATALOG_FILE, help="where size and digest are recorded")
    return parser


if __name__ == "__main__":
    main()
