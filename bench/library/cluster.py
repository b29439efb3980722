"""The same shelf with one, two and four workers here and on Ray clusters of this machine; at last a node is killed.

Printed: pages a minute of each, what a page that is in the store already costs to schedule, and volumes whose bytes
differ from the first run's. With --s3 the clusters keep results in a bucket of a server on the loopback (`pip install
moto[server] s3fs`), otherwise in a folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.library.shelves import ROOT, mixed, start
from host.library.manifest import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KEPT_PAGES = 200
_OBJECT_BYTES = 200 << 20


def main(arguments: Sequence[str]) -> int:
    """Print the figures; return 1 where a page is lost or a byte differs."""
    parser = argparse.ArgumentParser(prog="python -m bench.library cluster", description=__doc__)
    parser.add_argument("--volumes", type=int, default=8)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--s3", action="store_true", help="results in a bucket")
    options = parser.parse_args(arguments)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bucket = stack.enter_context(_bucket()) if options.s3 else ""
        pages = mixed(folder / "shelf", options.volumes)
        runs = [_colour(folder, f"workers-{count}", pages, "--workers", count) for count in options.workers]
        losses = sum(_differ(runs[0], one) for one in runs[1:])
        places = [(nodes, False) for nodes in options.nodes] + [(max(2, *options.nodes), True)]
        losses += sum(_on_cluster(folder, pages, nodes, runs[0], bucket, kill=kill) for nodes, kill in places)
        _schedule(folder)
    return 1 if losses else 0


def _on_cluster(folder: Path, pages: int, nodes: int, plain: dict[str, str], bucket: str, *, kill: bool) -> int:
    cluster, others = _cluster(nodes)
    name = f"ray-{nodes}{'-killed' if kill else ''}"
    kept = ["--results", f"{bucket}/{name}"] if bucket else []
    try:
        victim = (cluster, others[-1]) if kill else None
        there = _colour(folder, name, pages, "--ray", cluster.address, *kept, kill=victim)
    finally:
        cluster.shutdown()
    return _differ(plain, there)


def _differ(plain: dict[str, str], there: dict[str, str]) -> int:
    differ = sum(there.get(one) != plain.get(one) for one in plain.keys() | there.keys())
    sys.stdout.write(f"    volumes with other bytes: {differ}\n")
    return differ


def _cluster(nodes: int) -> tuple[Any, list[Any]]:
    from ray.cluster_utils import Cluster

    facts = {"num_cpus": 1, "object_store_memory": _OBJECT_BYTES}
    head = {**facts, "include_dashboard": False, "node_ip_address": "127.0.0.2"}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    others = [cluster.add_node(**facts, node_ip_address=f"127.0.0.{3 + number}") for number in range(nodes - 1)]
    cluster.wait_for_nodes()
    return cluster, others


def _colour(folder: Path, name: str, pages: int, *options: object, kill: Any = None) -> dict[str, str]:
    line, environ = start(folder / "home", folder / "shelf", "-o", folder / name, *options)
    began_s = time.monotonic()
    with subprocess.Popen(line, env=environ, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        if kill is not None:
            # Once a volume stands, or a page waits for its volume, nodes are at work.
            while not _has_begun(folder / name) and process.poll() is None:
                time.sleep(0.1)
            kill[0].remove_node(kill[1], allow_graceful=False)
        process.wait()
    seconds = time.monotonic() - began_s
    counts = json.loads((folder / name / "report.json").read_text())["counts"]
    sys.stdout.write(f"{name}: {counts['written']} of {pages} pages, {60 * pages / seconds:.0f} a minute\n")
    sys.stdout.flush()
    return {
        path.relative_to(folder / name).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (folder / name).rglob("*.cbz")
        if FOLDER not in path.parts
    }


def _has_begun(output: Path) -> bool:
    return any(path.suffix in (".page", ".cbz") for path in output.rglob("*"))


@contextmanager
def _bucket() -> Iterator[str]:
    """Give the address of a bucket on a server of this process, which nodes that it starts find, too."""
    import fsspec
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").disabled = True  # a line for each request
    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        fsspec.filesystem("s3").mkdir("irodori")
        yield "s3://irodori"
    finally:
        server.stop()


def _schedule(folder: Path) -> None:
    """Print what it costs to hand out pages whose results are there already, beside a plain loop over the store."""
    from host.application import Application
    from host.library.cluster import RayColourers
    from host.library.colourer import PageResult
    from host.library.orders import OrderBook
    from host.library.page_store import PageStore
    from host.library.workers import Task
    from host.messaging.messages import Options
    from host.paths import state_paths

    os.environ["IRODORI_HOME"] = str(folder / "home")
    with Application.open(state_paths(), lambda _: None) as application:
        job = OrderBook(application, None, Options(), "png").base.job
    store, encoded = PageStore(folder / "kept"), bytes(300_000)
    tasks = [Task(hashlib.sha256(bytes([n])).hexdigest(), encoded, job) for n in range(_KEPT_PAGES)]
    for task in tasks:
        store.put(task.key, PageResult(verdict="coloured", image=bytes(1_000_000), mime="image/png"))
    began_s = time.monotonic()
    for task in tasks:
        store.get(task.key)
    loop_s = time.monotonic() - began_s
    cluster, _ = _cluster(1)
    colourers = RayColourers(cluster.address, str(folder / "kept"))
    began_s, waiting = time.monotonic(), list(tasks)
    while waiting or not colourers.is_idle:
        while waiting and colourers.has_room:
            colourers.add(waiting.pop())
        list(colourers.finished())
    ray_s = time.monotonic() - began_s
    colourers.close()
    cluster.shutdown()
    words = f"{1000 * loop_s / _KEPT_PAGES:.1f} ms in a loop, {1000 * ray_s / _KEPT_PAGES:.1f} ms through Ray"
    sys.stdout.write(f"a page that is kept already: {words}\n")
