"""The commands of `irodori page`, declared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import typer

from host.cli.faults import faults_told
from host.cli.options import ReadingWay  # noqa: TC001 - typer reads the types
from host.vocabulary import CameraMove  # noqa: TC001 - as above

page: Final = typer.Typer(help="What else one does with a page, coloured or not.", no_args_is_help=True)

PageFile: TypeAlias = Annotated[Path, typer.Argument(metavar="PAGE", help="A picture.")]
PictureOut: TypeAlias = Annotated[
    Path, typer.Option("--output", "-o", help="The picture to write: .png, .webp, .jpg, .avif or .jxl.")
]
Words: TypeAlias = Annotated[str, typer.Option("--words", "-w", help="What is to be there.")]
References: TypeAlias = Annotated[
    list[Path] | None, typer.Option("--reference", "-r", help="A picture whose colours to take (repeatable).")
]
Painter: TypeAlias = Annotated[
    str | None,
    typer.Option("--engine", help="One that makes parts anew (default: the first), or `fill` for thin strips."),
]
Margin: TypeAlias = Annotated[int, typer.Option(min=0, max=20_000, help="So many pixels more.")]


@page.callback()
def _page() -> None:
    """Let a group of one command be a group."""


@page.command("filter")
def filter_(
    picture: PageFile,
    output: PictureOut,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            "-f",
            metavar="NAME=AMOUNT",
            help="brightness, contrast, saturation, blur or sharpen=N; levels=BLACK,WHITE[,GAMMA] (repeatable).",
        ),
    ] = None,
    chain: Annotated[
        Path | None, typer.Option("--chain", help="A record of filters, laid before those of --filter.")
    ] = None,
    undo: Annotated[int, typer.Option(min=0, help="Leave out so many filters of --chain, from its end.")] = 0,
) -> None:
    """Lay filters over a picture; PICTURE.filters.json, written beside it, holds their chain."""
    from host.cli.page.pictures import filter_picture

    with faults_told():
        filter_picture(picture, output, filters or [], chain, undo)


@page.command("cut-out")
def cut_out(
    picture: PageFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="The picture to write: .png or .webp.")],
    figure: Annotated[
        list[int] | None, typer.Option("--figure", min=0, help="The index of a figure (repeatable); default: all.")
    ] = None,
    matting: Annotated[
        Path | None,
        typer.Option("--matting", help="An ONNX file that gives alpha; default: anime-matting, where it was pulled."),
    ] = None,
    direction: ReadingWay = "auto",
) -> None:
    """Keep a page's figures alone; everything else becomes transparent."""
    from host.cli.page.pictures import cut_out_figures

    with faults_told():
        cut_out_figures(picture, output, figure or [], direction, matting)


@page.command("vectorise")
def vectorise(
    picture: PageFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="The .svg to write.")],
) -> None:
    """Draw a page as curves (SVG): its flat colours in one group, its ink in another above it."""
    from host.cli.page.pictures import vectorise_page

    with faults_told():
        vectorise_page(picture, output)


page.command("vectorize", hidden=True)(vectorise)


@page.command("animate")
def animate(
    picture: PageFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="The film to write: .webm, .mp4 or .gif.")],
    panel: Annotated[
        list[int] | None,
        typer.Option("--panel", min=1, help="A panel, numbered as they are read (repeatable); default: all."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, max=60, help="How long each panel is seen.")] = 4.0,
    rate: Annotated[int, typer.Option(min=1, max=60, help="Frames a second.")] = 24,
    size: Annotated[int, typer.Option(min=64, max=2160, help="The longer side of a panel in the film, pixels.")] = 960,
    move: Annotated[CameraMove, typer.Option(help="How the camera goes.")] = "auto",
    loop: Annotated[bool, typer.Option("--loop", help="End each panel as it began.")] = False,
    poster: Annotated[Path | None, typer.Option("--poster", help="A picture of the film's first frame.")] = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="An LTX-2's folder: it moves what is drawn, balloons as well.")
    ] = None,
    words: Annotated[str, typer.Option("--words", "-w", help="With --model: what happens.")] = "",
    steps: Annotated[int, typer.Option(min=1, max=100, help="With --model: steps of a chunk.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="With --model: same seed, same film.")] = 0,
    direction: ReadingWay = "auto",
) -> None:
    """Make a film of a page: panel after panel, its figures before its ground, its balloons still."""
    from host.cli.page.films import Network, film_page
    from host.studio.animate import Motion

    motion = Motion(panels=tuple(panel or ()), seconds=seconds, rate=rate, longest_px=size, move=move, loop=loop)
    network = None if model is None else Network(folder=model, words=words, steps=steps, seed=seed)
    with faults_told():
        film_page(picture, output, motion, direction, poster, network)


@page.command("inpaint")
def inpaint(
    picture: PageFile,
    output: PictureOut,
    mask: Annotated[
        Path | None, typer.Option("--mask", help="A picture of the page's size: white is made anew.")
    ] = None,
    box: Annotated[str | None, typer.Option("--box", metavar="LEFT,TOP,RIGHT,BOTTOM", help="In pixels.")] = None,
    words: Words = "",
    reference: References = None,
    engine: Painter = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same picture.")] = 0,
) -> None:
    """Make a part of a page anew, by words or references; every pixel outside of it stays."""
    from host.cli.page.repaints import Request
    from host.cli.page.repaints import inpaint as run

    request = Request(
        picture=picture, output=output, words=words, references=tuple(reference or ()), engine=engine, seed=seed
    )
    with faults_told():
        run(request, mask, box)


@page.command("extend")
def extend(
    picture: PageFile,
    output: PictureOut,
    left: Margin = 0,
    right: Margin = 0,
    top: Margin = 0,
    bottom: Margin = 0,
    words: Words = "",
    reference: References = None,
    engine: Painter = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same picture.")] = 0,
) -> None:
    """Add to a page's sides, a spread's missing gutter for instance; what was there stays."""
    from host.cli.page.repaints import Request
    from host.cli.page.repaints import extend as run
    from host.studio.repaint import Margins

    request = Request(
        picture=picture, output=output, words=words, references=tuple(reference or ()), engine=engine, seed=seed
    )
    with faults_told():
        run(request, Margins(left=left, right=right, top=top, bottom=bottom))


@page.command("segment")
def segment(
    picture: PageFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="The mask to write: .png, white is what was found.")],
    at: Annotated[
        list[str] | None, typer.Option("--at", metavar="X,Y", help="A place in it, in pixels (repeatable).")
    ] = None,
    not_at: Annotated[
        list[str] | None, typer.Option("--not-at", metavar="X,Y", help="A place outside of it (repeatable).")
    ] = None,
    box: Annotated[str | None, typer.Option("--box", metavar="LEFT,TOP,RIGHT,BOTTOM", help="A box around it.")] = None,
    words: Annotated[str, typer.Option("--words", "-w", help="What it is called; SAM 3 knows.")] = "",
    model: Annotated[
        Path | None,
        typer.Option("--model", help="A SAM 3's folder; without it the pulled one (sam3), else lines and tone."),
    ] = None,
) -> None:
    """Find what a place on a page belongs to: a mask, as inpaint takes it."""
    from host.cli.page.outlines import segment_page

    with faults_told():
        segment_page(picture, output, at or [], not_at or [], box, words, model)


@page.command("track")
def track(
    picture: PageFile,
    at: Annotated[str, typer.Option("--at", metavar="X,Y", help="A place on somebody, in pixels.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for masks and track.json.")],
    others: Annotated[
        list[Path] | None, typer.Argument(metavar="[PAGES]...", help="The pages to look for them on.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", help="A SAM 3's folder; without it the pulled one (sam3), else analysis' own masks."),
    ] = None,
    direction: ReadingWay = "auto",
) -> None:
    """Follow somebody over a chapter's panels by their looks: where they are seen, how like, a mask of each page."""
    from host.cli.page.tracks import track_figure

    with faults_told():
        track_figure(picture, others or [], output, at, model, direction)


@page.command("upscale")
def upscale(
    picture: PageFile,
    output: PictureOut,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model", help="A network's file (ESRGAN and its kin), a Swin2SR's folder, or real-esrgan-x4, swin2sr-x2."
        ),
    ] = None,
    scale: Annotated[int, typer.Option(min=2, max=8, help="How many times larger, without --model.")] = 2,
    keep_letters: Annotated[
        bool, typer.Option("--keep-letters/--redraw-letters", help="Interpolate lettering; or let the network draw it.")
    ] = True,
) -> None:
    """Make a page larger, tile by tile, without a seam; letters stay what they are."""
    from host.cli.page.larger import upscale_page

    with faults_told():
        upscale_page(picture, output, model, scale, keep_letters=keep_letters)


@page.command("storyboard")
def storyboard(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...", help="A chapter: pictures, folders, volumes. Or one script: .txt, .fountain."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder for storyboard.json, .fountain and .html.")
    ],
    elements: Annotated[
        Path | None, typer.Option("--elements", help="A record of characters, places and things to look for.")
    ] = None,
    series: Annotated[
        str,
        typer.Option(
            "--series",
            help="Whose palette names the people in panels, and whose elements to look for without --elements.",
        ),
    ] = "",
    ocr: Annotated[
        Literal["rapidocr", "manga-ocr"] | None,
        typer.Option("--ocr", help="Read balloons, too, on this machine (irodori[ocr])."),
    ] = None,
    endpoint: Annotated[
        str,
        typer.Option("--endpoint", metavar="URL", help="Send a script to this server's model, OpenAI's way."),
    ] = "",
    model: Annotated[str, typer.Option("--model", help="The model's name on that server.")] = "",
    title: Annotated[str, typer.Option(help="The storyboard's title; default: the input's name.")] = "",
    direction: ReadingWay = "auto",
) -> None:
    """Take a chapter, or a script, apart into scenes and shots: as JSON, as a script, and as a contact sheet."""
    from host.cli.library.analyse import ModelChoice
    from host.cli.page.storyboards import Request, run
    from host.library.understand.reading import WordsChoice

    request = Request(
        inputs=tuple(inputs),
        output=output,
        elements=elements,
        series=series,
        title=title,
        direction=direction,
        words=WordsChoice(ocr or ""),
        model=ModelChoice(endpoint=endpoint, model=model),
    )
    with faults_told():
        raise typer.Exit(run(request))
