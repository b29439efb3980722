"""A ComfyUI server as an engine. The server owns the weights and the memory; this side sends pictures and a graph."""

from __future__ import annotations

import hashlib
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from engines.base import ColorizeEngine, ColorizeResult, EngineError, EngineRemoteFailed, RequestUnsupported, Viability
from engines.colorize.comfyui.info import INFO, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, Device, OnStep, Repair
    from engines.colorize.comfyui.client import ComfyClient
    from engines.colorize.comfyui.graph import ModelFiles, Painting, RepairPictures
    from engines.colorize.flux2.pad import Fit

_LOG = logging.getLogger(__name__)
_VIABLE_ANSWER_S: Final = 1.0
_KNOWN_FOR_S: Final = 10.0
_OPTION: Final = "comfyui"


class ComfyUiEngine(ColorizeEngine):
    """FLUX.2 klein on a ComfyUI server.

    engine_options: `comfyui = {"unet": …, "text_encoder": …, "vae": …}` names files as the server lists them; without
    them the server's klein is found by its name. LoRAs go by the names that the server lists.
    """

    info = INFO

    def __init__(self, server: Callable[[], Server] = Server) -> None:
        self._server = server
        self._checked: set[str] = set()
        self._named: Mapping[str, object] = {}
        self._viability: tuple[float, Server, Viability] | None = None

    def viability(self) -> Viability:
        """Ask the server for its version; the answer is kept for ten seconds."""
        server = self._server()
        if not server.is_set:
            return Viability(ok=False, reason="no server is set", fix="Set comfyui_url in the settings.")
        known = self._viability
        if known is None or known[1] != server or time.monotonic() - known[0] > _KNOWN_FOR_S:
            known = self._viability = time.monotonic(), server, _answers(server)
        return known[2]

    def weights_digests(self) -> Mapping[str, str]:
        """Return the names of the server's files; the digests are those of the names, for the files lie over there."""
        return self.digests_for({})

    def digests_for(self, options: Mapping[str, object]) -> Mapping[str, str]:
        """Return the same for a job that names files of its own; they are what `load` looks for from now on."""
        from engines.colorize.comfyui.preflight import find_files

        wanted = _named(options)
        with self._client() as client:
            found = _digests(find_files(client, wanted))
        self._named = wanted
        return found

    def load(self, device: Device) -> None:
        """See that the server answers and has klein's files and nodes; it loads them itself when a page comes."""
        del device
        from engines.colorize.comfyui.graph import Painting, klein_graph
        from engines.colorize.comfyui.preflight import check_graph, find_files
        from engines.geometry import Size

        with self._client() as client:
            client.system_stats()
            files = find_files(client, self._named)
            sketch = Painting(
                page="page", references=["reference"], canvas=Size(64, 64), prompt="", negative_prompt="", guidance=1.0,
                steps=0, seed=0, loras=(),
            )  # fmt: skip
            check_graph(client, klein_graph(files, sketch))

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour one page on the server."""
        from engines.colorize.comfyui.follow import decoded, picture_of
        from engines.colorize.comfyui.graph import klein_graph
        from engines.colorize.comfyui.preflight import find_files
        from engines.colorize.comfyui.socket import ComfySocket
        from engines.colorize.flux2.pad import fit
        from engines.geometry import Size

        where = fit(Size(*request.page.shape))
        with self._client() as client, ComfySocket(client) as socket:
            files = find_files(client, _named(request.plan.engine_options))
            graph = klein_graph(files, _painting(client, request, where))
            self._check_once(client, graph)
            steps = int(next(node["inputs"]["steps"] for node in graph.values() if "steps" in node["inputs"]))
            picture = decoded(picture_of(client, socket, graph, steps, _unpadded(on_step, where)))
        if picture is None:
            raise EngineRemoteFailed("What ComfyUI gave is no picture", "The ComfyUI server's log says more.")
        if request.repair is not None:
            picture = _kept_outside(picture, request.repair, where)
        return ColorizeResult(oklab=_oklab(picture, where), weights=_digests(files))

    def unload(self) -> None:
        """Ask a server on this machine to free its memory; a server elsewhere is left to its owner."""
        self._checked.clear()
        server = self._server()
        if server.is_set and server.is_loopback:
            with suppress(EngineError), self._client() as client:
                client.free()

    def _client(self) -> ComfyClient:
        from engines.colorize.comfyui.client import ComfyClient

        return ComfyClient(self._server())

    def _check_once(self, client: ComfyClient, graph: dict[str, dict[str, Any]]) -> None:
        """Compare each kind of graph with the server once: signatures are long, and seldom change."""
        from engines.colorize.comfyui.preflight import check_graph

        kinds = sorted(
            {
                f"{node['class_type']} {value}"
                for node in graph.values()
                for key, value in node["inputs"].items()
                if "_name" in key
            }
            | {node["class_type"] for node in graph.values()}
        )
        kind = f"{client.server.url} {kinds}"
        if kind not in self._checked:
            check_graph(client, graph)
            self._checked.add(kind)


def _answers(server: Server) -> Viability:
    from engines.colorize.comfyui.client import ComfyClient

    try:
        with ComfyClient(server, _VIABLE_ANSWER_S) as client:
            client.system_stats()
    except EngineError as exc:
        return Viability(ok=False, reason=exc.message, fix=exc.hint)
    return Viability(ok=True)


def _named(options: Mapping[str, object]) -> Mapping[str, object]:
    option = options.get(_OPTION, {})
    if not isinstance(option, dict):
        raise RequestUnsupported("engine_options: comfyui must be a map of file names")
    return cast("Mapping[str, object]", option)


def _painting(client: ComfyClient, request: ColorizeRequest, where: Fit) -> Painting:
    from engines.colorize.comfyui.graph import Painting
    from engines.colorize.flux2.pad import fit_reference, laid_out
    from engines.geometry import Size

    stage = request.plan.stage(0)
    count = len(request.references)
    references = [
        _upload(client, laid_out(picture, fit_reference(Size(*picture.shape[:2]), count)))
        for picture in request.references
    ]
    return Painting(
        page=_upload(client, laid_out(request.page, where)),
        references=references,
        canvas=where.canvas,
        prompt=stage.prompt,
        negative_prompt=stage.negative_prompt,
        guidance=stage.guidance,
        steps=stage.steps,
        seed=request.plan.seed,
        loras=request.plan.loras,
        quality=request.plan.quality,
        repair=_repair(client, request.repair, where) if request.repair is not None else None,
    )


def _repair(client: ComfyClient, repair: Repair, where: Fit) -> RepairPictures:
    import numpy as np

    from engines.colorize.comfyui.graph import RepairPictures
    from engines.colorize.flux2.pad import laid_out, laid_out_mask

    mask = np.repeat(laid_out_mask(repair.mask, where)[..., None].astype(np.uint8) * 255, 3, axis=2)
    return RepairPictures(_upload(client, laid_out(repair.picture, where)), _upload(client, mask))


def _kept_outside(picture: NDArray[np.uint8], repair: Repair, where: Fit) -> NDArray[np.uint8]:
    """Return the server's picture under the mask and the one that was there everywhere else."""
    import numpy as np

    from engines.colorize.flux2.pad import laid_out, laid_out_mask

    mask = laid_out_mask(repair.mask, where)
    return np.where(mask[..., None], _at_size(picture, where), laid_out(repair.picture, where))


def _unpadded(on_step: OnStep, where: Fit) -> OnStep:
    """Return an `OnStep` whose previews end where the page ends on its canvas."""

    def cut(step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
        if preview is not None:
            rows, columns = (
                max(1, round(side * part / whole))
                for side, part, whole in zip(preview.shape[:2], where.scaled, where.canvas, strict=True)
            )
            preview = preview[:rows, :columns]
        on_step(step, steps, preview)

    return cut


def _upload(client: ComfyClient, rgb: NDArray[np.uint8]) -> str:
    import cv2

    _, png = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    content = png.tobytes()
    return client.upload(f"{hashlib.sha256(content).hexdigest()[:32]}.png", content)


def _oklab(picture: NDArray[np.uint8], where: Fit) -> NDArray[np.float32]:
    import numpy as np

    from engines.colorize.flux2.pad import cut_out
    from engines.oklab import srgb_to_oklab

    return srgb_to_oklab(np.ascontiguousarray(cut_out(_at_size(picture, where), where)))


def _at_size(picture: NDArray[np.uint8], where: Fit) -> NDArray[np.uint8]:
    """Return a picture at the size that was asked for, where a server gives another."""
    import cv2
    import numpy as np

    height, width = where.canvas
    if picture.shape[:2] == (height, width):
        return picture
    _LOG.warning("ComfyUI gave %d x %d px where %d x %d were asked", *picture.shape[1::-1], width, height)
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _digests(files: ModelFiles) -> dict[str, str]:
    names = (files.unet, files.text_encoder, files.vae)
    return {name: hashlib.sha256(f"comfyui:{name}".encode()).hexdigest() for name in names}
