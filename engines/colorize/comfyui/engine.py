"""FLUX.2 klein on a ComfyUI server. The server owns weights and memory; this side sends pictures and a graph."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engines.base import ColorizeResult
from engines.colorize.comfyui.info import INFO
from engines.colorize.comfyui.server_engine import ServerEngine, digests_of, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, Device, OnStep, Repair
    from engines.colorize.comfyui.client import ComfyClient
    from engines.colorize.comfyui.graph import ModelFiles, Painting
    from engines.colorize.comfyui.socket import ComfySocket
    from engines.colorize.diffusion.pad import Fit


class ComfyUiEngine(ServerEngine):
    """FLUX.2 klein on a ComfyUI server.

    engine_options: `comfyui = {"unet": …, "text_encoder": …, "vae": …}` names files as the server lists them; without
    them the server's klein is found by its name. LoRAs go by the names that the server lists. Figures with references
    or words of their own are made one by one after the page, as by the engine that runs here.
    """

    info = INFO

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
        from engines.colorize.comfyui.preflight import find_files
        from engines.colorize.comfyui.socket import ComfySocket
        from engines.colorize.diffusion.figures import figures_apart, painted_apart, parted
        from engines.oklab import srgb_to_oklab

        figures = figures_apart(request) if request.repair is None else ()
        first, then = parted(on_step, len(figures))
        with self._client() as client, ComfySocket(client) as socket:
            files = find_files(client, named(request.plan.engine_options))
            paint = partial(self._painted, client, socket, files)
            rgb = painted_apart(paint(request, request.repair, first), request, figures, paint, then)
        return ColorizeResult(oklab=srgb_to_oklab(rgb), weights=digests_of(_names(files)))

    def _painted(
        self,
        client: ComfyClient,
        socket: ComfySocket,
        files: ModelFiles,
        request: ColorizeRequest,
        repair: Repair | None,
        on_step: OnStep,
    ) -> NDArray[np.uint8]:
        """Return a request's page, or the repair of it, `(h, w, 3)` uint8 sRGB RGB."""
        from engines.colorize.comfyui.graph import klein_graph
        from engines.colorize.comfyui.pictures import cut_from, unpadded
        from engines.colorize.diffusion.pad import fit

        where = fit(request.size)
        graph = klein_graph(files, _painting(client, request, repair, where))
        steps = int(next(node["inputs"]["steps"] for node in graph.values() if "steps" in node["inputs"]))
        return cut_from(self._picture(client, socket, graph, (steps,), unpadded(on_step, where)), where, repair)

    def _file_names(self, client: ComfyClient, wanted: Mapping[str, object]) -> Iterable[str]:
        from engines.colorize.comfyui.preflight import find_files

        return _names(find_files(client, wanted))


def _names(files: ModelFiles) -> tuple[str, ...]:
    return files.unet, files.text_encoder, files.vae


def _painting(client: ComfyClient, request: ColorizeRequest, repair: Repair | None, where: Fit) -> Painting:
    from engines.colorize.comfyui.graph import Painting
    from engines.colorize.comfyui.pictures import uploaded, uploaded_repair
    from engines.colorize.diffusion.pad import fit_reference, laid_out
    from engines.geometry import Size

    stage = request.plan.stage(0)
    count = len(request.references)
    references = [
        uploaded(client, laid_out(picture, fit_reference(Size(*picture.shape[:2]), count)))
        for picture in request.references
    ]
    return Painting(
        page=uploaded(client, laid_out(request.page, where)),
        references=references,
        canvas=where.canvas,
        prompt=stage.prompt,
        negative_prompt=stage.negative_prompt,
        guidance=stage.guidance,
        steps=stage.steps,
        seed=request.plan.seed,
        loras=request.plan.loras,
        quality=request.plan.quality,
        repair=uploaded_repair(client, repair, where),
    )
