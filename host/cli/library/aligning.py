"""The commands of `irodori library` that compare detector and model and make training sets, declared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from host.cli.faults import faults_told
from host.cli.library.commands import library

if TYPE_CHECKING:
    from host.cli.library.align import Sources

dataspecs: Final = typer.Typer(help="DataSpec v0.3, the training files of the CoMix project.", no_args_is_help=True)
library.add_typer(dataspecs, name="dataspec")

Analysis = Annotated[Path | None, typer.Argument(metavar="[ANALYSIS]", help="The folder that `library analyse` wrote.")]
Coco = Annotated[Path | None, typer.Option("--coco", help="Or: a COCO file of a detector's panels.")]
Answers = Annotated[Path | None, typer.Option("--vlm", help="With it: the folder of a model's JSON for each page.")]
AnswerMap = Annotated[
    Path | None, typer.Option("--vlm-map", help='JSON of which answer is of which picture: {"a.json": "a.jpg"}.')
]
Roots = Annotated[list[Path] | None, typer.Option("--image-root", help="Where pictures lie (repeatable).")]
NeedsPicture = Annotated[
    bool, typer.Option("--require-image", help="Leave out pages of the COCO file whose picture is not there.")
]
ScoreMin = Annotated[float, typer.Option("--min-score", min=0, max=1, help="Panels below this are not counted.")]
Way = Annotated[
    Literal["ltr", "rtl", "ttb"], typer.Option("--direction", help="How a COCO file without an order is read.")
]
Paths = Annotated[
    list[str] | None,
    typer.Option("--map-path", metavar="FROM=TO", help=r"Paths of another system: 'E:\Comics=/mnt/e/Comics'."),
]


@library.command("align")
def align(
    output: Annotated[Path, typer.Option("--output", "-o", help="The CSV; its lists get names that begin like it.")],
    analysis: Analysis = None,
    coco: Coco = None,
    vlm: Answers = None,
    vlm_map: AnswerMap = None,
    image_root: Roots = None,
    require_image: NeedsPicture = False,
    min_score: ScoreMin = 0.5,
    direction: Way = "ltr",
    min_text_coverage: Annotated[
        float, typer.Option(min=0, max=1, help="The share of panels with text that a perfect page has.")
    ] = 0.6,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many pages.")] = None,
    map_path: Paths = None,
    json_: Annotated[bool, typer.Option("--json", help="Print how scores are spread as JSON.")] = False,
) -> None:
    """Compare detector and model page by page: panel ratio, text coverage, order coherence, a score of 0 to 4."""
    from host.cli.library.align import align

    with faults_told():
        sources = _sources(analysis, coco, vlm, vlm_map, image_root, require_image, min_score, direction, map_path)
        raise typer.Exit(align(sources, output, min_text_coverage, limit, as_json=json_))


@library.command("duplicates")
def duplicates(
    csv: Annotated[Path, typer.Argument(metavar="CSV", help="The table that `library align` wrote.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where it goes; default: in its place.")] = None,
    phash: Annotated[bool, typer.Option("--phash", help="Also pages that nearly look alike.")] = False,
    distance: Annotated[int, typer.Option(min=0, max=16, help="Bits in which near doubles may differ.")] = 4,
    map_path: Paths = None,
) -> None:
    """Tell which pages are the same picture; `…_canonical.txt` lists one of each for training."""
    from host.cli.library.align import tag

    with faults_told():
        raise typer.Exit(tag(csv, output, perceptual=phash, distance=distance, paths=map_path or ()))


@dataspecs.command("out")
def dataspec_out(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for one JSON a page.")],
    analysis: Analysis = None,
    coco: Coco = None,
    vlm: Answers = None,
    vlm_map: AnswerMap = None,
    image_root: Roots = None,
    require_image: NeedsPicture = False,
    min_score: ScoreMin = 0.5,
    direction: Way = "ltr",
    list_: Annotated[Path | None, typer.Option("--list", help="The list; default: dataspec_list.txt there.")] = None,
    naming: Annotated[Literal["preserve_tree", "flat"], typer.Option(help="How files are named.")] = "preserve_tree",
    only: Annotated[Path | None, typer.Option("--only", help="A list of pictures: only their pages.")] = None,
    map_path: Paths = None,
) -> None:
    """Write pages as DataSpec: panels in reading order, each with its dialogue, narration and sound effects."""
    from host.cli.library.align import dataspec_out

    with faults_told():
        sources = _sources(analysis, coco, vlm, vlm_map, image_root, require_image, min_score, direction, None)
        raise typer.Exit(dataspec_out(sources, output, list_, naming, only, map_path or ()))


@dataspecs.command("in")
def dataspec_in(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="DataSpec files, or lists of them (.txt).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for a COCO file and stories.")],
    map_path: Paths = None,
) -> None:
    """Read DataSpec files into what `library align --coco … --vlm …` takes."""
    from host.cli.library.align import dataspec_in

    with faults_told():
        raise typer.Exit(dataspec_in(files, output, map_path or ()))


@dataspecs.command("subset")
def dataspec_subset(
    list_: Annotated[Path, typer.Argument(metavar="LIST", help="The list of all DataSpec files.")],
    subset: Annotated[
        Path, typer.Argument(metavar="SUBSET", help="A list of pictures, such as …_perfect_matches.txt.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The list to write.")],
    map_path: Paths = None,
) -> None:
    """Write the list of those DataSpec files whose pictures are in a subset."""
    from host.cli.library.align import dataspec_subset

    with faults_told():
        raise typer.Exit(dataspec_subset(list_, subset, output, map_path or ()))


def _sources(
    analysis: Path | None,
    coco: Path | None,
    vlm: Path | None,
    vlm_map: Path | None,
    image_root: list[Path] | None,
    require_image: bool,
    min_score: float,
    direction: Literal["ltr", "rtl", "ttb"],
    map_path: list[str] | None,
) -> Sources:
    from host.cli.library.align import Sources

    return Sources(
        analysis=analysis,
        coco=coco,
        answers=vlm,
        answer_map=vlm_map,
        roots=tuple(image_root or ()),
        needs_picture=require_image,
        score_min=min_score,
        direction=direction,
        paths=tuple(map_path or ()),
    )
