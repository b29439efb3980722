"""The `irodori` command: `app` declares the commands, every other file does one of them."""

import os
import sys
import warnings


def main() -> None:
    """Run the command line; the entry point `irodori`."""
    from host.cli.locale import require_utf8

    require_utf8()
    quiet_libraries()
    from host.cli.app import main as run

    run()


def quiet_libraries() -> None:
    """Print none of what libraries remark of a user's files, here and in processes that this one starts.

    What is wrong with a file is told in words of ours. `python -W` and `PYTHONWARNINGS` go before it.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore", UserWarning)
        os.environ["PYTHONWARNINGS"] = "ignore::UserWarning"
