"""Where a browser starts the host: claim stdio, say ready, then load what answers.

Entry point `irodori-native-host`. A browser passes its origin (Chrome) or the manifest and the add-on's id (Firefox);
`--version` and `--self-test` are for people and for `irodori doctor`.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from host.messaging.session import Notify, Service
    from host.messaging.stdio import Pipes


def main() -> NoReturn:
    """Run one session over stdin and stdout, and end the process with its status."""
    arguments = sys.argv[1:]
    if "--version" in arguments:
        from host import __version__

        sys.stdout.write(f"{__version__}\n")
        sys.stdout.flush()
        os._exit(0)
    from host.messaging.stdio import claim_stdio

    try:
        pipes = claim_stdio()
    except OSError:
        os._exit(1)
    try:
        status = _self_test(pipes) if "--self-test" in arguments else _serve(pipes, arguments)
    except BaseException:  # noqa: BLE001 - whatever it is, the browser's pipe must not stay open behind it
        sys.excepthook(*sys.exc_info())
        status = 1
    _end(status)


def _serve(pipes: Pipes, arguments: list[str]) -> int:
    import logging

    from host import __version__
    from host.logs import start_log
    from host.messaging.channel import Channel
    from host.messaging.session import Session
    from host.paths import state_paths

    start_log(state_paths().log_file)
    logging.getLogger(__name__).info("host %s, process %d, started by %s", __version__, os.getpid(), arguments)
    session = Session(Channel(pipes), _open_service)
    _obey_signals(session.stop)
    return session.run()


def _open_service(notify: Notify) -> Service:
    """Load what answers requests: the only heavy import of the host, after `session.ready`."""
    from host.service import HostService

    return HostService(notify)


def _obey_signals(stop: Callable[[str], None]) -> None:
    import signal

    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: stop("the host was told to stop"))


def _self_test(pipes: Pipes) -> int:
    """Write one JSON message that tells whether everything which a session needs can be loaded."""
    import json

    from host import __version__
    from host.paths import state_paths

    report = {"host_version": __version__, "python": sys.version.split()[0], "log_path": str(state_paths().log_file)}
    try:
        import host.messaging.session
        import host.service  # noqa: F401 - loading it is the test
    except Exception as fault:  # noqa: BLE001 - the fault is the answer
        report["fault"] = f"{type(fault).__name__}: {fault}"
    pipes.write_message(json.dumps(report).encode())
    return 1 if "fault" in report else 0


def _end(status: int) -> NoReturn:
    """End the process now: no thread of a library, however stuck, holds the browser's pipe."""
    import logging

    logging.shutdown()
    os._exit(status)


if __name__ == "__main__":
    main()
