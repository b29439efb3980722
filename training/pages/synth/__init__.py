"""Manga pages drawn by program, with exact labels: figures, balloons, lettering, tone, the wear of scans."""

from training.pages.synth.art import ArtCrop, ArtSource, crops
from training.pages.synth.fonts import FontSet, load_fonts
from training.pages.synth.labels import LABELS, Label, LabelledBox
from training.pages.synth.page import STYLES, Style, SynthPage, synth_page

__all__ = [
    "LABELS",
    "STYLES",
    "ArtCrop",
    "ArtSource",
    "FontSet",
    "Label",
    "LabelledBox",
    "Style",
    "SynthPage",
    "crops",
    "load_fonts",
    "synth_page",
]
