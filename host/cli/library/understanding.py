"""The commands of `irodori library` that understand a shelf, declared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from host.cli.faults import faults_told
from host.cli.library.commands import library
from host.vocabulary import Direction, OutputKind  # noqa: TC001 - typer reads the types

Shelves = Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of volumes; or volumes.")]
Analysis = Annotated[Path, typer.Argument(metavar="ANALYSIS", help="The folder that `library analyse` wrote.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


@library.command("analyse")
def analyse(
    shelves: Shelves,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for records, laid out like the shelf.")],
    direction: Annotated[Direction, typer.Option(help="Which way the comics are read.")] = "auto",
    ocr: Annotated[
        Literal["rapidocr", "manga-ocr"] | None,
        typer.Option("--ocr", help="Read lettering too, on this machine (irodori[ocr])."),
    ] = None,
    ocr_folder: Annotated[
        Path | None, typer.Option("--ocr-folder", help="Where a manga-ocr lies; default: where it is pulled to.")
    ] = None,
    endpoint: Annotated[
        str,
        typer.Option(
            "--endpoint",
            metavar="URL",
            help="Send pages to this server, OpenAI's way: http://127.0.0.1:11434/v1. Without it nothing is sent.",
        ),
    ] = "",
    model: Annotated[str, typer.Option("--model", help="The model's name on that server.")] = "",
    model_folder: Annotated[
        Path | None, typer.Option("--model-folder", help="Or a model of transformers in a folder, run here.")
    ] = None,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="The model's temperature.")] = 0.1,
    max_tokens: Annotated[int, typer.Option(min=1, max=1 << 20, help="The longest answer.")] = 4096,
    max_workers: Annotated[int, typer.Option(min=1, max=256, help="Questions side by side.")] = 4,
    per_minute: Annotated[float | None, typer.Option(min=0.01, help="The most questions a minute.")] = None,
    attempts: Annotated[int, typer.Option(min=1, max=100, help="How often a page is asked about at most.")] = 5,
    timeout: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds that an answer may take.")] = 120.0,
    price_in: Annotated[
        float | None,
        typer.Option("--price-in", min=0, help="USD for a million tokens sent, where the server is silent."),
    ] = None,
    price_out: Annotated[
        float | None, typer.Option("--price-out", min=0, help="USD for a million tokens answered.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that read pages; default: by cores and memory.")
    ] = None,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Leave what has a record or a story, however it was asked for.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Read pages that failed again.")] = False,
    max_images: Annotated[int | None, typer.Option("--max-images", min=0, help="The most pages of this run.")] = None,
    error_log_dir: Annotated[
        Path | None, typer.Option("--error-log-dir", help="Where pages that failed are told; default: OUT/errors.")
    ] = None,
    json_: AsJson = False,
) -> None:
    """Read all pages of shelves; also what is written there, and what a model says of them. Goes on where it ended."""
    from host.cli.library.analyse import ModelChoice, Request, run
    from host.library.understand.reading import WordsChoice
    from host.library.understand.telling import Prices

    request = Request(
        roots=tuple(shelves),
        output=output,
        direction=direction,
        words=WordsChoice(ocr or "", str(ocr_folder) if ocr_folder is not None else ""),
        model=ModelChoice(
            endpoint=endpoint,
            model=model,
            folder=model_folder,
            temperature=temperature,
            tokens_max=max_tokens,
            workers=max_workers,
            per_minute=per_minute,
            attempts=attempts,
            answer_s=timeout,
            prices=Prices(price_in, price_out),
        ),
        workers=workers,
        skip_existing=skip_existing,
        retry=retry,
        pages_max=max_images,
        error_log_dir=error_log_dir,
        json=json_,
    )
    with faults_told():
        raise typer.Exit(run(request))


library.command("analyze", hidden=True)(analyse)


@library.command("convert")
def convert(
    shelves: Shelves,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for volumes, laid out like the shelf.")],
    kind: Annotated[OutputKind, typer.Option("--format", help="What volumes become.")] = "cbz",
    retry: Annotated[bool, typer.Option("--retry", help="Do volumes in which something failed again.")] = False,
) -> None:
    """Write volumes as another kind, pages unchanged; as folders, their pages are files. What is done is kept."""
    from host.cli.library.convert import convert

    with faults_told():
        raise typer.Exit(convert(shelves, output, kind, retry=retry))


@library.command("cast")
def cast(
    analysis: Analysis,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for pictures and references.json.")],
    pictures: Annotated[int, typer.Option("--pictures", min=1, max=8, help="The most for a volume.")] = 3,
) -> None:
    """For each volume find pages of its series that show its figures in colour, for `colour --references`."""
    from host.cli.library.convert import cast

    with faults_told():
        raise typer.Exit(cast(analysis, output, pictures))


@library.command("key")
def key(
    endpoint: Annotated[str, typer.Argument(metavar="URL", help="The server, as for --endpoint.")],
    forget: Annotated[bool, typer.Option("--forget", help="Take it out again.")] = False,
) -> None:
    """Keep the key of a server in the system's keyring; it goes to that server and no other."""
    from host.cli.library.key import keep_key

    with faults_told():
        keep_key(endpoint, forget=forget)
