"""The commands of `irodori library` that embed a shelf and search it, declared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from host.cli.faults import faults_told
from host.cli.library.commands import library

Store = Annotated[Path, typer.Argument(metavar="STORE", help="The folder that `library embed` wrote.")]
EmbedderName = Annotated[
    Literal["compact", "palette", "siglip2", "clip"] | None,
    typer.Option("--embedder", help="What compares pictures; default: the setting."),
]
EmbedderFolder = Annotated[
    Path | None, typer.Option("--embedder-folder", help="Where a siglip2 or clip lies; default: where it is pulled to.")
]
Closure = Annotated[
    Path | None, typer.Option("--closure", metavar="FILE", help="Or a Closure-Lite, as its recipe exports it (ONNX).")
]


@library.command("embed")
def embed(
    analysis: Annotated[Path, typer.Argument(metavar="ANALYSIS", help="The folder that `library analyse` wrote.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the Zarr store and its indexes.")],
    embedder: EmbedderName = None,
    embedder_folder: EmbedderFolder = None,
    closure: Closure = None,
    max_panels: Annotated[int, typer.Option(min=1, max=64, help="Panels of a page that are kept.")] = 12,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write pages again that are there.")] = False,
    max_samples: Annotated[int | None, typer.Option("--max-samples", min=0, help="The most pages of this run.")] = None,
    index: Annotated[bool, typer.Option("--index/--no-index", help="Make unit vectors and indexes afterwards.")] = True,
) -> None:
    """Embed pages and panels into a Zarr store; several runs may work on it at once. What is whole is kept."""
    from host.cli.library.embed import EmbedderWish, embed

    with faults_told():
        wish = EmbedderWish(id=embedder or "", folder=embedder_folder, closure=closure)
        raise typer.Exit(
            embed(
                analysis,
                output,
                wish,
                panels=max_panels,
                overwrite=overwrite,
                pages_max=max_samples,
                index=index,
            )
        )


@library.command("progress")
def progress(
    store: Store,
    poll: Annotated[float | None, typer.Option("--poll", min=0.1, help="Say it again every so many seconds.")] = None,
) -> None:
    """Say how much of a store is embedded."""
    from host.cli.library.embed import show_progress

    with faults_told():
        raise typer.Exit(show_progress(store, poll))


@library.command("search")
def search(
    store: Store,
    words: Annotated[str, typer.Argument(metavar="[WORDS]", help="What is written or seen on the page.")] = "",
    picture: Annotated[Path | None, typer.Option("--picture", help="Or a picture: pages that look like it.")] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=1000, help="How many pages.")] = 20,
    sheet: Annotated[Path | None, typer.Option("--sheet", help="Also write a contact sheet (HTML) here.")] = None,
    analysis: Annotated[Path | None, typer.Option("--analysis", help="For the sheet: the analysis.")] = None,
    embedder_folder: EmbedderFolder = None,
    closure: Closure = None,
    json_: Annotated[bool, typer.Option("--json", help="Print what is found as JSON.")] = False,
) -> None:
    """Search a shelf by words or by a picture."""
    from host.cli.library.embed import EmbedderWish, SearchRequest, search

    request = SearchRequest(
        root=store,
        words=words,
        picture=picture,
        analysis=analysis,
        wish=EmbedderWish(folder=embedder_folder, closure=closure),
        k=top,
        sheet=sheet,
        json=json_,
    )
    with faults_told():
        raise typer.Exit(search(request))
