"""The steps of a page that a profile names, from the top down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engines import regions
from engines.colorize.compact import engine, gather, network, readout
from engines.detect.pixels import NetworkPixelReader
from engines.detect.yolo import YoloDetector
from host.pipeline import encode, prepare, retrieve
from host.pipeline.analysis import page_kind, page_maps, read
from host.pipeline.analysis.classical import balloons, findings, gutters, lettering
from host.pipeline.analysis.fusion import speech
from host.pipeline.analysis.perceptual_hash import perceptual_hash
from host.pipeline.compose import compose, field, flats, paper_colour, upsample
from host.pipeline.decode.page import pixels_digest
from host.pipeline.generation import foresight, request, review
from host.pipeline.generation.director import signals
from host.pipeline.page import PagePipeline

if TYPE_CHECKING:
    from types import FunctionType


class Step(NamedTuple):
    """What a step is called, how deep it lies in others, and the function that makes it."""

    name: str
    depth: int
    function: FunctionType


def _step(name: str, depth: int, function: object) -> Step:
    return Step(name, depth, function)  # type: ignore[arg-type]  # every one of them is a plain function


STEPS: Final = (
    _step("decode", 0, PagePipeline.decode),
    _step("read", 0, PagePipeline.read),
    _step("detector", 1, YoloDetector.detect),
    _step("pixel network", 1, NetworkPixelReader.read_pixels),
    _step("classical look", 1, findings.find_classically),
    _step("marks of a letter's size", 2, lettering.find_letters),
    _step("gutters", 2, gutters.find_gutters),
    _step("balloons", 2, balloons.find_balloons),
    _step("weighing both opinions", 1, read.weigh),
    _step("speech", 2, speech.find_speech),
    _step("kind of page", 1, page_kind.classify_page),
    _step("maps", 1, page_maps.map_page),
    _step("perceptual hash", 1, perceptual_hash),
    _step("retrieval", 1, retrieve.ReaderOrder.choose),
    _step("request", 1, prepare.prepare),
    _step("signals", 2, signals.measure_signals),
    _step("prompt and plan", 2, request.make_request),
    _step("colour", 0, PagePipeline.colour),
    _step("regions (also of compose)", 1, regions.find_regions),
    _step("encoder and painter", 1, network.CompactNetwork.paint),
    _step("references", 1, engine.CompactEngine._references),  # noqa: SLF001 - a profile looks inside
    _step("readout", 1, readout.colours_of),
    _step("gathering by region", 1, gather.RegionTable.add),
    _step("laying out", 1, readout.laid_out),
    _step("finish", 0, PagePipeline.finish),
    _step("colour on the page's grid", 1, field.colour_field),
    _step("spreading along edges", 2, upsample.spread_chroma),
    _step("flat regions", 2, flats.even_flats),
    _step("tint of the paper", 1, paper_colour.find_paper_colour),
    _step("foresight", 1, foresight.paper_share),
    _step("composition", 1, compose.lay_colour),
    _step("review", 1, review.review_page),
    _step("encoding", 1, encode.encode_page),
    _step("digests (also of decode)", 1, pixels_digest),
)
