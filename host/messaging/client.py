"""A peer of the host in Python: what the extension does, for the demo, the benchmarks and the tests.

    with HostClient.spawn(home=folder) as host:
        host.hello()
        job = host.call("pipeline.run_chapter", {...})
        host.put_page(job["job_id"], page_id, image)
        done = host.wait_for("job.done", job_id=job["job_id"])

It holds the host to the protocol: an answer or a notification of another shape than `messages.py` declares is an error.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import msgspec

from host import __version__
from host.errors import IrodoriError
from host.messaging.channel import Channel, Ending
from host.messaging.messages import METHODS, NOTIFICATIONS, PROTOCOL_RANGE, Message, SessionBye, WireError
from host.messaging.rpc import Notification, Request, Response, decode_message, encode_notification, encode_request
from host.messaging.stdio import Pipes
from host.paths import EXTENSION_IDS, HOME_VARIABLE, HOST_COMMAND

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from host.messaging.framing import Refused

TIMEOUT_S: Final = 60.0
T = TypeVar("T")


class HostFault(Exception):
    """The host answered a request with an error.

    Attributes:
        code, message, hint, retryable, data: as on the wire.
    """

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error.get('code')}: {error.get('message')} {error.get('hint')}".strip())
        self.code: str = error["code"]
        self.message: str = error["message"]
        self.hint: str = error["hint"]
        self.retryable: bool = error["retryable"]
        self.data: dict[str, Any] = error.get("data") or {}


class HostGone(Exception):
    """The host closed the wire, or broke its rules."""


class HostClient:
    """One session with a host; thread-safe.

    Args:
        pipes: the wire. process: the host, ended by `close`.

    Attributes:
        notifications: every `(method, params)` received, in order. ready: the parameters of `session.ready`.
    """

    def __init__(self, pipes: Pipes, process: subprocess.Popen[bytes] | None = None) -> None:
        self.process = process
        self.notifications: list[tuple[str, dict[str, Any]]] = []
        self._waiting: dict[int, tuple[str, Future[Any]]] = {}
        self._changed = Condition()
        self._count = 0
        self._gone: str | None = None
        self._channel = Channel(pipes)
        self._channel.start(self._on_frame, self._on_fault, self._on_end)

    @classmethod
    def spawn(
        cls,
        command: Sequence[str] | None = None,
        *,
        home: Path | None = None,
        environment: dict[str, str] | None = None,
        stderr: int | None = None,
    ) -> Self:
        """Start a host as a browser does.

        Args:
            command: the host's command line; without it the installed console script beside this interpreter.
            home: `IRODORI_HOME`. environment: variables to set besides. stderr: as of `subprocess.Popen`.
        """
        variables = os.environ | (environment or {}) | ({HOME_VARIABLE: str(home)} if home else {})
        process = subprocess.Popen(  # noqa: S603 - our own command
            list(command or installed_command()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=variables,
            bufsize=0,
        )
        if process.stdin is None or process.stdout is None:
            raise HostGone("the host has no pipes")
        return cls(Pipes(process.stdout.fileno(), process.stdin.fileno()), process)

    @property
    def ready(self) -> dict[str, Any]:
        """Wait for `session.ready`."""
        return self.wait_for("session.ready")

    def hello(self, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
        """Introduce this client and return the host's welcome."""
        params = {"protocol": PROTOCOL_RANGE, "extension_version": __version__, "browser": "python"}
        welcome: dict[str, Any] = self.call("session.hello", params, timeout_s)
        return welcome

    def call(self, method: str, params: dict[str, Any] | Message | None = None, timeout_s: float = TIMEOUT_S) -> Any:
        """Send a request and return its result.

        Raises:
            HostFault: the answer is an error. HostGone. TimeoutError.
        """
        return self.request(method, params).result(timeout_s)

    def request(self, method: str, params: dict[str, Any] | Message | None = None) -> Future[Any]:
        """Send a request; the future holds its result, or `HostFault` or `HostGone`."""
        future: Future[Any] = Future()
        with self._changed:
            if self._gone is not None:
                raise HostGone(self._gone)
            self._count += 1
            msgid = self._count
            self._waiting[msgid] = (method, future)
        plain = msgspec.to_builtins(params or {}, builtin_types=(bytes,))
        self._channel.outbox.put(encode_request(Request(msgid, method, plain)))
        return future

    def put_page(self, job_id: str, page_id: str, image: bytes) -> None:
        """Send the bytes of a page that the host needs."""
        self.call("page.put", {"job_id": job_id, "page_id": page_id, "image": image})

    def wait_for(self, method: str, timeout_s: float = TIMEOUT_S, **expected: Any) -> dict[str, Any]:
        """Return the first notification of `method` whose parameters have the `expected` values, past or to come.

        Raises:
            HostGone. TimeoutError.
        """

        def matches(note: tuple[str, dict[str, Any]]) -> bool:
            return note[0] == method and all(note[1].get(key) == value for key, value in expected.items())

        return self.wait_until(lambda notes: next((note[1] for note in notes if matches(note)), None), timeout_s)

    def wait_until(self, find: Callable[[list[tuple[str, dict[str, Any]]]], T | None], timeout_s: float) -> T:
        """Return what `find` makes of the notifications so far, once it makes something of them.

        Raises:
            HostGone. TimeoutError.
        """
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while (found := find(self.notifications)) is None:
                if self._gone is not None:
                    raise HostGone(self._gone)
                if not self._changed.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                    raise TimeoutError(f"not within {timeout_s:.0f} s; last heard: {self.notifications[-1:]}")
            return found

    def say_goodbye(self) -> None:
        """Tell the host that this side closes."""
        self._channel.outbox.put(encode_notification(SessionBye(reason="the client closes")))

    def close(self, timeout_s: float = 10.0) -> int:
        """End the input of the host and return its exit status; a host that does not end is killed.

        Raises:
            TimeoutError: it had to be killed.
        """
        process = self.process
        if process is None or process.stdin is None or process.stdout is None:
            return 0
        self._channel.outbox.flush(timeout_s)
        process.stdin.close()
        try:
            status = process.wait(timeout_s)
        except subprocess.TimeoutExpired as late:
            process.kill()
            process.wait()
            raise TimeoutError(f"the host did not end within {timeout_s:.0f} s") from late
        with self._changed:
            self._changed.wait_for(lambda: self._gone is not None, timeout_s)
        self._channel.outbox.close()
        process.stdout.close()
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()

    def _on_frame(self, _frame_id: int, frame: bytes) -> None:
        try:
            message = decode_message(frame)
            if isinstance(message, Response):
                self._on_response(message)
            elif isinstance(message, Notification):
                self._on_notification(message)
            else:
                raise HostGone("the host sent a request")
        except (IrodoriError, msgspec.ValidationError, KeyError, HostGone) as fault:
            self._end(f"the host broke the protocol: {fault}")

    def _on_response(self, response: Response) -> None:
        if response.error is not None:
            msgspec.convert(response.error, WireError)
        with self._changed:
            method, future = self._waiting.pop(response.msgid)
        if response.error is not None:
            future.set_exception(HostFault(response.error))
            return
        try:
            msgspec.convert(response.result, METHODS[method].result)
        except msgspec.ValidationError as fault:
            future.set_exception(HostGone(f"the result of {method} has another shape: {fault}"))
        else:
            future.set_result(response.result)

    def _on_notification(self, notification: Notification) -> None:
        msgspec.convert(notification.params, NOTIFICATIONS[notification.method])
        with self._changed:
            self.notifications.append((notification.method, notification.params))
            self._changed.notify_all()

    def _on_fault(self, refused: Refused) -> None:
        self._end(f"the host broke the protocol: {refused}")

    def _on_end(self, ending: Ending) -> None:
        self._end(ending.reason)

    def _end(self, reason: str) -> None:
        with self._changed:
            self._gone = self._gone or reason
            waiting, self._waiting = self._waiting, {}
            self._changed.notify_all()
        for _, future in waiting.values():
            future.set_exception(HostGone(reason))


def installed_command() -> list[str]:
    """Return the command line of the host that is installed beside this interpreter, as a browser would call it."""
    script = Path(sys.executable).with_name(HOST_COMMAND + (".exe" if sys.platform == "win32" else ""))
    return [str(script), f"chrome-extension://{EXTENSION_IDS[0]}/"]
