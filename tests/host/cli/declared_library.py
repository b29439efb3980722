"""The command line of `irodori library`, as `declared` has the others."""

from __future__ import annotations

from typing import Final

from host.cli.library import align, analyse, colour, embed
from host.library.understand.reading import WordsChoice
from host.library.understand.telling import Prices
from host.messaging.messages import Options
from tests.host.cli.declared import Call, P, call

SOURCES: Final = align.Sources(
    analysis=P("a"), coco=P("c"), answers=P("v"), answer_map=P("m"), roots=(P("r"), P("s")), needs_picture=True,
    score_min=0.25, direction="rtl", paths=("A=B", "C=D"),
)  # fmt: skip
SOURCE_OPTIONS: Final = (
    "a --coco c --vlm v --vlm-map m --image-root r --image-root s --require-image --min-score 0.25 --direction rtl"
)
NO_PATHS: Final = align.Sources(**{name: getattr(SOURCES, name) for name in SOURCES.__slots__ if name != "paths"})

COMMANDS: Final[list[tuple[str, str, Call, bool]]] = [
    ("library colour a b -o out", "library.colour.run", call(colour.Request(roots=(P("a"), P("b")), output=P("out"))),
    True),
    (
        ("library colour a -o out --format folder --pages jxl -r r1 -r r2 --references m --series S --engine E --seed 3"
        " --strength 0.5 --engine-option steps=[1] --direction rtl --keep-coloured"
        " --wish W --translate --no-caption --enhance local --workers 2 --ray auto --results s3 --plan --watch --retry"
        " --runmeta --json"),
        "library.colour.run",
        call(colour.Request(
            roots=(P("a"),), output=P("out"), kind="folder", page_format="jxl", references=(P("r1"), P("r2")),
            mapping=P("m"), series="S", engine="E",
            options=Options(
                seed=3, strength=0.5, keep_coloured=True, engine_options={"steps": [1]}, prompt="W", translate=True,
                caption=False, enhance="local",
            ),
            direction="rtl", workers=2, ray="auto", results="s3", plan_only=True, watch=True, retry=True, runmeta=True,
            json=True,
        )),
        True,
    ),
    ("library analyse a -o out", "library.analyse.run", call(analyse.Request(roots=(P("a"),), output=P("out"))), True),
    (
        ("library analyze a b -o out --direction rtl --ocr manga-ocr --ocr-folder of --endpoint U --model M"
        " --model-folder mf"
        " --temperature 0.5 --max-tokens 9 --max-workers 3 --per-minute 2.5 --attempts 6 --timeout 7 --price-in 1"
        " --price-out"
        " 2 --workers 8 --skip-existing --retry --max-images 10 --error-log-dir ed --json"),
        "library.analyse.run",
        call(analyse.Request(
            roots=(P("a"), P("b")), output=P("out"), direction="rtl", words=WordsChoice("manga-ocr", "of"),
            model=analyse.ModelChoice(
                endpoint="U", model="M", folder=P("mf"), temperature=0.5, tokens_max=9, workers=3, per_minute=2.5,
                attempts=6, answer_s=7.0, prices=Prices(1.0, 2.0),
            ),
            workers=8, skip_existing=True, retry=True, pages_max=10, error_log_dir=P("ed"), json=True,
        )),
        True,
    ),
    ("library convert a -o out", "library.convert.convert", call([P("a")], P("out"), "cbz", retry=False), True),
    (
        "library convert a b -o out --format pdf --retry", "library.convert.convert",
        call([P("a"), P("b")], P("out"), "pdf", retry=True), True,
    ),
    ("library cast a -o out", "library.convert.cast", call(P("a"), P("out"), 3), True),
    ("library cast a -o out --pictures 8", "library.convert.cast", call(P("a"), P("out"), 8), True),
    ("library key U", "library.key.keep_key", call("U", forget=False), False),
    ("library key U --forget", "library.key.keep_key", call("U", forget=True), False),
    ("library align -o t.csv", "library.align.align", call(align.Sources(), P("t.csv"), 0.6, None, as_json=False),
    True),
    (
        (f"library align {SOURCE_OPTIONS} --map-path A=B --map-path C=D -o t.csv --min-text-coverage 0.5 --limit 3"
        " --json"),
        "library.align.align", call(SOURCES, P("t.csv"), 0.5, 3, as_json=True), True,
    ),
    (
        "library duplicates t.csv", "library.align.tag",
        call(P("t.csv"), None, perceptual=False, distance=4, paths=()), True,
    ),
    (
        "library duplicates t.csv -o o.csv --phash --distance 16 --map-path A=B", "library.align.tag",
        call(P("t.csv"), P("o.csv"), perceptual=True, distance=16, paths=["A=B"]), True,
    ),
    (
        "library dataspec out -o out", "library.align.dataspec_out",
        call(align.Sources(), P("out"), None, "preserve_tree", None, ()), True,
    ),
    (
        f"library dataspec out {SOURCE_OPTIONS} -o out --list l --naming flat --only o --map-path A=B",
        "library.align.dataspec_out", call(NO_PATHS, P("out"), P("l"), "flat", P("o"), ["A=B"]), True,
    ),
    ("library dataspec in a b -o out", "library.align.dataspec_in", call([P("a"), P("b")], P("out"), ()), True),
    (
        "library dataspec in a -o out --map-path A=B", "library.align.dataspec_in",
        call([P("a")], P("out"), ["A=B"]), True,
    ),
    ("library dataspec subset l s -o out", "library.align.dataspec_subset", call(P("l"), P("s"), P("out"), ()), True),
    (
        "library embed a -o out", "library.embed.embed",
        call(P("a"), P("out"), embed.EmbedderWish(), panels=12, overwrite=False, pages_max=None, index=True), True,
    ),
    (
        ("library embed a -o out --embedder clip --embedder-folder ef --closure c --max-panels 64 --overwrite"
        " --max-samples 0 --no-index"),
        "library.embed.embed",
        call(
            P("a"), P("out"), embed.EmbedderWish(id="clip", folder=P("ef"), closure=P("c")),
            panels=64, overwrite=True, pages_max=0, index=False,
        ),
        True,
    ),
    ("library progress s", "library.embed.show_progress", call(P("s"), None), True),
    ("library progress s --poll 0.1", "library.embed.show_progress", call(P("s"), 0.1), True),
    (
        "library search s words", "library.embed.search",
        call(embed.SearchRequest(root=P("s"), words="words", wish=embed.EmbedderWish())), True,
    ),
    (
        "library search s --picture p --top 1000 --sheet sh --analysis a --embedder-folder ef --closure c --json",
        "library.embed.search",
        call(embed.SearchRequest(
            root=P("s"), picture=P("p"), analysis=P("a"), wish=embed.EmbedderWish(folder=P("ef"), closure=P("c")),
            k=1000, sheet=P("sh"), json=True,
        )),
        True,
    ),
]  # fmt: skip
