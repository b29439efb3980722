"""Asking the engine for colour by a fake server, and what its graphs are made of."""

from engines.base import Plan
from engines.colorize.comfyui.engine import ComfyUiEngine
from engines.colorize.comfyui.info import Server
from engines.testing.contract import drawn_page, flat_reference, ignore_step, request_of
from tests.engines.comfyui.fake_server import FakeComfy


def engine_for(server: FakeComfy, key: str = "") -> ComfyUiEngine:
    return ComfyUiEngine(lambda: Server(server.url, key))


def colour(server, request=None, on_step=ignore_step, key=""):
    return engine_for(server, key).colorize(request or request_of(drawn_page(), flat_reference(1.0)), on_step)


def classes(graph):
    return [node["class_type"] for node in graph.values()]


def nodes(graph, class_type):
    return [node["inputs"] for node in graph.values() if node["class_type"] == class_type]


def wanted(**files):
    return request_of(drawn_page(), flat_reference(1.0), plan=Plan(engine_options={"comfyui": files}))
