"""The `irodori` command: `app` declares the commands, every other file does one of them."""


def main() -> None:
    """Run the command line; the entry point `irodori`."""
    from host.cli.locale import require_utf8

    require_utf8()
    from host.cli.app import main as run

    run()
