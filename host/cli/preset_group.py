"""`irodori preset`: ways of colouring by name, the same as the browser's."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from engines.info import Quality  # noqa: TC001 - typer reads the annotations
from host.cli.faults import faults_told
from host.cli.options import Engine, EngineOptions, KeepColoured, Seed, Strength, engine_options

preset: Final = typer.Typer(help="Ways of colouring by name.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the preset is called; see `irodori preset list`.")]


@preset.command("list")
def list_() -> None:
    """List the presets."""
    from host.cli.presets import print_presets

    with faults_told():
        print_presets()


@preset.command()
def show(name: Name) -> None:
    """Print a preset as JSON."""
    from host.cli.presets import print_preset

    with faults_told():
        print_preset(name)


@preset.command()
def save(
    name: Name,
    engine: Engine = None,
    steps: Annotated[int | None, typer.Option(min=1, max=200, help="For engines that draw in steps.")] = None,
    strength: Strength = None,
    quality: Annotated[Quality | None, typer.Option(help="How much care a page is given.")] = None,
    lora: Annotated[
        list[str] | None, typer.Option("--lora", metavar="NAME[=WEIGHT]", help="One of your own (repeatable).")
    ] = None,
    wish: Annotated[str | None, typer.Option("--wish", help="What pages show, for engines that read words.")] = None,
    avoid: Annotated[str | None, typer.Option("--avoid", help="What they must not show.")] = None,
    seed: Seed = None,
    engine_option: EngineOptions = None,
    keep_coloured: KeepColoured = None,
) -> None:
    """Keep a preset, in the place of one of its name; what is left out is decided by the settings."""
    from host.cli.presets import save_preset
    from host.messaging.messages import Options

    with faults_told():
        options = Options(
            seed=seed,
            strength=strength,
            steps=steps,
            prompt=wish,
            negative_prompt=avoid,
            keep_coloured=keep_coloured,
            quality=quality,
            engine_options=engine_options(engine_option or ()),
        )
        save_preset(name, engine, options, lora or ())


@preset.command("delete")
def delete(name: Name) -> None:
    """Forget a preset."""
    from host.cli.presets import remove_preset

    with faults_told():
        remove_preset(name)
