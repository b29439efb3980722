"""A storyboard as a script in Fountain's marks, which screenwriting programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.studio.storyboard.records import Shot, Storyboard


def as_fountain(board: Storyboard) -> str:
    """Return the script. Shots are written as `!ACTION`, so that no line is taken for something else."""
    lines = [f"Title: {_line(board.title) or 'Untitled'}", ""]
    for scene in board.scenes:
        lines += [f".{_line(scene.heading)}", ""]
        for shot in scene.shots:
            lines += _shot(shot)
    return "\n".join(lines).rstrip() + "\n"


def _shot(shot: Shot) -> Iterator[str]:
    kind = shot.shot_type.replace("_", " ").upper()
    where = f" [[{_line(shot.source.page)}, panel {shot.source.panel}]]" if shot.source else ""
    yield f"!{kind} - {_line(shot.action)}{where}"
    yield ""
    if shot.dialogue:
        yield f"@{_line(shot.character or 'SOMEBODY').upper()}"
        yield _line(shot.dialogue)
        yield ""


def _line(text: str) -> str:
    return " ".join(text.split())
