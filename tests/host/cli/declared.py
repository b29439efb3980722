"""The command line of `irodori`, line by line: where each leads, what it hands on, whether the answer is its status."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from host.books.corrections import CorrectionTexts
from host.books.layout import Layout
from host.cli import analyze, colorize, export
from host.cli.library import analyse
from host.cli.page import repaints, storyboards
from host.cli.page.films import Network
from host.cli.palette import Change, PlaceChange
from host.cli.palette_elements import ElementChange
from host.library.understand.reading import WordsChoice
from host.studio.animate import Motion
from host.studio.repaint import Margins

P: Final = Path
Call = tuple[tuple[Any, ...], dict[str, Any]]


def call(*positional: Any, **named: Any) -> Call:
    return positional, named


COMMANDS: Final[list[tuple[str, str, Call, bool]]] = [
    (
        "colorize a b -o out", "colorize.run",
        call(colorize.Request(inputs=(P("a"), P("b")), layout=Layout(P("out")), references=(), corrections={
            "hints": CorrectionTexts((), None), "palettes": CorrectionTexts((), None)}, series="", wish=None,
            elements=None)),
        True,
    ),
    (
        ("colorize a -o out.cbz -r r1 -r r2 --hint h1 --hint h2 --hints hs --palette p1 --palettes ps --series S"
        " --wish w --translate --no-caption --enhance ollama"
        " --elements e --preset N --engine E --seed 3 --strength 0.5 --engine-option a=1"
        " --engine-option b=x --format cbz --direction rtl --recolour --runmeta"
        " --report --json"),
        "colorize.run",
        call(colorize.Request(
            inputs=(P("a"),), layout=Layout(P("out.cbz"), as_archives=True), references=(P("r1"), P("r2")),
            corrections={"hints": CorrectionTexts(("h1", "h2"), P("hs")), "palettes": CorrectionTexts(("p1",),
            P("ps"))},
            series="S", wish="w", elements=P("e"), translate=True, caption=False, enhance="ollama",
            preset="N", engine="E", seed=3, strength=0.5,
            engine_options=("a=1", "b=x"), direction="rtl", keep_coloured=False, runmeta=True, report=True, json=True,
        )),
        True,
    ),
    (
        "export a -o out.cbz", "export.run", call(export.Request(inputs=(P("a"),), output=P("out.cbz"))), True,
    ),
    (
        "export a b -o out --format pdf --series S --chapter 3 --direction ltr", "export.run",
        call(export.Request(inputs=(P("a"), P("b")), output=P("out"), format="pdf", series="S", chapter="3",
        direction="ltr")),
        True,
    ),
    ("analyze a -o out", "analyze.run", call(analyze.Request(inputs=(P("a"),), output=P("out"))), True),
    (
        "analyze a b -o out --overlay --direction rtl", "analyze.run",
        call(analyze.Request(inputs=(P("a"), P("b")), output=P("out"), direction="rtl", overlay=True)), True,
    ),
    ("rerun record page -o out", "rerun.run", call(P("record"), P("page"), P("out"), ()), True),
    ("rerun record page -o out -r a -r b", "rerun.run", call(P("record"), P("page"), P("out"), [P("a"), P("b")]), True),
    ("engines", "tables.print_engines", call(), False),
    ("doctor", "tables.print_diagnosis", call(), True),
    ("cache stats", "tables.print_cache", call(), False),
    ("cache clear", "tables.clear_cache", call(None), False),
    ("cache clear --older-than 2m", "tables.clear_cache", call(120.0), False),
    ("history list", "history.print_history", call(), False),
    ("history report S", "history.print_report", call("S"), False),
    ("history forget S", "history.forget_history", call("S", everything=False), False),
    ("history forget --all", "history.forget_history", call(None, everything=True), False),
    ("settings get", "settings.print_settings", call(None), False),
    ("settings get K", "settings.print_settings", call("K"), False),
    ("settings set K V", "settings.change_setting", call("K", "V"), False),
    ("models list", "models.print_models", call(), False),
    ("models pull M", "models.pull_model", call("M", yes=False), False),
    ("models pull M -y", "models.pull_model", call("M", yes=True), False),
    ("models verify M", "models.verify_model", call("M"), False),
    ("models remove M", "models.remove_model", call("M"), False),
    ("models identify f", "models.identify_file", call(P("f")), False),
    (
        "annotations export a b -o out --format coco", "annotations.export_annotations",
        call([P("a"), P("b")], P("out"), "coco", ""), False,
    ),
    (
        "annotations export a -o out --format manga109 --title T", "annotations.export_annotations",
        call([P("a")], P("out"), "manga109", "T"), False,
    ),
    ("annotations import f -o out", "annotations.import_annotations", call(P("f"), P("out")), False),
    ("meta validate a b", "records.validate_page_metas", call([P("a"), P("b")]), True),
    ("runmeta validate a", "records.validate_run_metas", call([P("a")]), True),
    ("page filter p -o o.png", "page.pictures.filter_picture", call(P("p"), P("o.png"), [], None, 0), False),
    (
        "page filter p -o o.png -f a=1 -f b=2 --chain c --undo 2", "page.pictures.filter_picture",
        call(P("p"), P("o.png"), ["a=1", "b=2"], P("c"), 2), False,
    ),
    ("page cut-out p -o o.png", "page.pictures.cut_out_figures", call(P("p"), P("o.png"), [], "auto", None), False),
    (
        "page cut-out p -o o.png --figure 0 --figure 2 --direction rtl --matting m", "page.pictures.cut_out_figures",
        call(P("p"), P("o.png"), [0, 2], "rtl", P("m")), False,
    ),
    ("page vectorise p -o o.svg", "page.pictures.vectorise_page", call(P("p"), P("o.svg")), False),
    ("page vectorize p -o o.svg", "page.pictures.vectorise_page", call(P("p"), P("o.svg")), False),
    (
        "page animate p -o o.webm", "page.films.film_page",
        call(P("p"), P("o.webm"), Motion(panels=(), seconds=4.0, rate=24, longest_px=960, move="auto", loop=False),
        "auto", None, None),
        False,
    ),
    (
        ("page animate p -o o.gif --panel 1 --panel 3 --seconds 60 --rate 60 --size 2160 --move left --loop"
        " --direction rtl --poster f --model m -w rain --steps 100 --seed 5"),
        "page.films.film_page",
        call(P("p"), P("o.gif"), Motion(panels=(1, 3), seconds=60, rate=60, longest_px=2160, move="left", loop=True),
        "rtl", P("f"), Network(folder=P("m"), words="rain", steps=100, seed=5)),
        False,
    ),
    (
        "page animate p -o o.gif --model m", "page.films.film_page",
        call(P("p"), P("o.gif"), Motion(panels=(), seconds=4.0, rate=24, longest_px=960, move="auto", loop=False),
        "auto", None, Network(folder=P("m"), words="", steps=30, seed=0)),
        False,
    ),
    (
        "page inpaint p -o o.png", "page.repaints.inpaint",
        call(repaints.Request(picture=P("p"), output=P("o.png")), None, None), False,
    ),
    (
        "page inpaint p -o o.png --mask m --box 1,2,3,4 -w sky -r r1 -r r2 --engine fill --seed 5",
        "page.repaints.inpaint",
        call(
            repaints.Request(
                picture=P("p"), output=P("o.png"), words="sky", references=(P("r1"), P("r2")), engine="fill", seed=5
            ),
            P("m"), "1,2,3,4",
        ),
        False,
    ),
    (
        "page extend p -o o.png --left 1 --right 2 --top 3 --bottom 20000 -w sky -r r1 --engine fill --seed 5",
        "page.repaints.extend",
        call(
            repaints.Request(
                picture=P("p"), output=P("o.png"), words="sky", references=(P("r1"),), engine="fill", seed=5
            ),
            Margins(left=1, right=2, top=3, bottom=20_000),
        ),
        False,
    ),
    (
        "page extend p -o o.png", "page.repaints.extend",
        call(repaints.Request(picture=P("p"), output=P("o.png")), Margins(left=0, right=0, top=0, bottom=0)), False,
    ),
    ("page segment p -o o.png", "page.outlines.segment_page", call(P("p"), P("o.png"), [], [], None, "", None), False),
    (
        "page segment p -o o.png --at 1,2 --at 3,4 --not-at 5,6 --box 1,2,3,4 -w hat --model m",
        "page.outlines.segment_page",
        call(P("p"), P("o.png"), ["1,2", "3,4"], ["5,6"], "1,2,3,4", "hat", P("m")), False,
    ),
    ("page track p --at 1,2 -o d", "page.tracks.track_figure", call(P("p"), [], P("d"), "1,2", None, "auto"), False),
    (
        "page track p a b --at 1,2 -o d --model m --direction rtl", "page.tracks.track_figure",
        call(P("p"), [P("a"), P("b")], P("d"), "1,2", P("m"), "rtl"), False,
    ),
    ("page upscale p -o o.png", "page.larger.upscale_page", call(P("p"), P("o.png"), None, 2, keep_letters=True),
    False),
    (
        "page upscale p -o o.png --model m --scale 8 --redraw-letters", "page.larger.upscale_page",
        call(P("p"), P("o.png"), P("m"), 8, keep_letters=False), False,
    ),
    (
        "page storyboard a -o out", "page.storyboards.run",
        call(storyboards.Request(
            inputs=(P("a"),), output=P("out"), elements=None, title="", direction="auto", words=WordsChoice(""),
            model=analyse.ModelChoice(),
        )),
        True,
    ),
    (
        "page storyboard a b -o out --elements e --ocr rapidocr --endpoint U --model M --title T --direction ltr",
        "page.storyboards.run",
        call(storyboards.Request(
            inputs=(P("a"), P("b")), output=P("out"), elements=P("e"), title="T", direction="ltr",
            words=WordsChoice("rapidocr"), model=analyse.ModelChoice(endpoint="U", model="M"),
        )),
        True,
    ),
    (
        "page storyboard a -o out --series S", "page.storyboards.run",
        call(storyboards.Request(inputs=(P("a"),), output=P("out"), series="S")), True,
    ),
    ("palette elements F", "palette_elements.take_in_elements", call(Path("F"), ""), False),
    ("palette elements F --series S", "palette_elements.take_in_elements", call(Path("F"), "S"), False),
    (
        "palette element S E --character C", "palette_elements.change_element",
        call(ElementChange(series="S", which="E", character="C")), False,
    ),
    (
        "palette element S E", "palette_elements.change_element", call(ElementChange(series="S", which="E")), False,
    ),
    (
        "palette element S E --name N --kind thing --trigger @W --description D -p a -p b --remove",
        "palette_elements.change_element",
        call(ElementChange(
            series="S", which="E", name="N", kind="thing", trigger="@W", description="D",
            pictures=(P("a"), P("b")), remove=True,
        )),
        False,
    ),
    ("palette list", "palette.print_palettes", call(), False),
    ("palette show S", "palette.print_palette", call("S", json=False), False),
    ("palette show S --json", "palette.print_palette", call("S", json=True), False),
    (
        "palette place S W", "palette.change_place", call(PlaceChange(series="S", where="W")), False,
    ),
    (
        "palette place S W --name N --mood M --page p --page q --not-page r --remove", "palette.change_place",
        call(PlaceChange(
            series="S", where="W", name="N", mood="M", pages=(P("p"), P("q")), not_pages=(P("r"),), remove=True
        )),
        False,
    ),
    (
        ("palette set S W --page p --at 0.1,0.2 --name N --hair #010203 --skin a --eyes b --clothes c --clear hair"
        " --clear eyes --remove --mood M"),
        "palette.change_palette",
        call(Change(
            series="S", who="W", page=P("p"), at="0.1,0.2", name="N",
            colours={"hair": "#010203", "skin": "a", "eyes": "b", "clothes": "c"}, clear=("hair", "eyes"), remove=True,
            mood="M",
        )),
        False,
    ),
    (
        "palette set S", "palette.change_palette",
        call(Change(series="S", colours={"hair": None, "skin": None, "eyes": None, "clothes": None})), False,
    ),
    ("palette merge S A B", "palette.merge_characters", call("S", "A", "B"), False),
    ("palette undo S", "palette.undo_change", call("S"), False),
    ("palette export S -o f", "palette.export_palette", call("S", P("f")), False),
    ("palette import f", "palette.import_palette", call(P("f"), None), False),
    ("palette import f --series S", "palette.import_palette", call(P("f"), "S"), False),
]  # fmt: skip
