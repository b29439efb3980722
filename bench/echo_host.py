"""A native-messaging host that sends every large frame back, through the real channel; for `bench/browser.py`."""

from __future__ import annotations

from queue import SimpleQueue

from host.messaging.channel import Channel
from host.messaging.stdio import claim_stdio


def main() -> None:
    channel = Channel(claim_stdio())
    ended: SimpleQueue[object] = SimpleQueue()
    channel.start(lambda _id, frame: channel.outbox.put(frame), ended.put, ended.put)
    ended.get()


if __name__ == "__main__":
    main()
