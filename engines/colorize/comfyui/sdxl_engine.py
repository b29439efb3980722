"""SDXL in two passes on a ComfyUI server; it wants ControlNet Union there and the nodes of ComfyUI_IPAdapter_plus."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engines.base import ColorizeResult
from engines.colorize.comfyui.info import SDXL_INFO
from engines.colorize.comfyui.server_engine import ServerEngine, digests_of, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, Device, OnStep
    from engines.colorize.comfyui.client import ComfyClient
    from engines.colorize.comfyui.sdxl_graph import SdxlPainting, SdxlServerFiles, Shown
    from engines.colorize.diffusion.pad import Fit

# What the image encoder looks at twice over: it scales to 224 itself.
_REFERENCE_PX: Final = 448
_CHECKPOINT: Final = re.compile(r"animagine|illustrious|noob|pony|sd_?xl|(?:^|[^a-z])xl(?:[^a-z]|$)", re.IGNORECASE)
_UNION: Final = re.compile(r"^(?!.*(?:flux|sd3|qwen|z[-_ ]?image)).*(?:union|promax)", re.IGNORECASE)
_ADAPTER: Final = re.compile(r"ip[-_ ]?adapter(?!.*face).*(?:sdxl|xl)", re.IGNORECASE)
_PLUS: Final = re.compile(r"ip[-_ ]?adapter[-_ ]?plus(?!.*face).*(?:sdxl|xl)", re.IGNORECASE)
_VISION: Final = {
    True: re.compile(r"vit[-_ ]?h", re.IGNORECASE),
    False: re.compile(r"big[-_ ]?g", re.IGNORECASE),
}


class ComfySdxlEngine(ServerEngine):
    """SDXL on a ComfyUI server, as `sdxl` does it here, without poses.

    engine_options: `comfyui = {"checkpoint": …, "controlnet": …, "ipadapter": …, "clip_vision": …}` names files as the
    server lists them; without them they are found by their names. LoRAs go by the names that the server lists.
    """

    info = SDXL_INFO

    def load(self, device: Device) -> None:
        """See that the server answers and has the files and nodes; it loads them itself when a page comes."""
        del device
        from engines.base import Plan
        from engines.colorize.comfyui.graph import RepairPictures
        from engines.colorize.comfyui.preflight import check_graph
        from engines.colorize.comfyui.sdxl_graph import SdxlPainting, Shown, sdxl_graph
        from engines.colorize.sdxl.passes import passes_of

        with self._client() as client:
            client.system_stats()
            files = find_sdxl_files(client, self._named)
            sketch = SdxlPainting(
                page="page", lines="lines", passes=passes_of(Plan()), seed=0,
                references=(Shown(("reference", "another"), "mask"),), repair=RepairPictures("picture", "mask"),
            )  # fmt: skip
            check_graph(client, sdxl_graph(files, sketch))

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour one page, or repair a part of it, in one graph."""
        from engines.colorize.comfyui.pictures import cut_from, unpadded
        from engines.colorize.comfyui.sdxl_graph import sdxl_graph
        from engines.colorize.comfyui.socket import ComfySocket
        from engines.colorize.diffusion.pad import fit
        from engines.oklab import srgb_to_oklab

        where = fit(request.size)
        with self._client() as client, ComfySocket(client) as socket:
            files = find_sdxl_files(client, named(request.plan.engine_options))
            graph = sdxl_graph(files, _painting(client, request, where))
            steps = tuple(int(one["inputs"]["steps"]) for one in graph.values() if one["class_type"] == "KSampler")
            picture = self._picture(client, socket, graph, steps, unpadded(on_step, where))
        rgb = cut_from(picture, where, request.repair)
        return ColorizeResult(oklab=srgb_to_oklab(rgb), weights=digests_of(files.names))

    def _file_names(self, client: ComfyClient, wanted: Mapping[str, object]) -> Iterable[str]:
        return find_sdxl_files(client, wanted).names


def find_sdxl_files(client: ComfyClient, wanted: Mapping[str, object]) -> SdxlServerFiles:
    """Return the files to use: those that the reader names in the engine's options, else SDXL's by their names.

    wanted: `checkpoint`, `controlnet`, `ipadapter`, `clip_vision`, each optional, as the server lists them. The image
    encoder is the one that the adapter's name speaks of: ViT-H for `vit-h`, ViT-bigG for others.

    Raises:
        ModelMissing: a file is not in the server's lists; the message names it and the folder that it belongs into.
    """
    from engines.colorize.comfyui.preflight import choose, listed
    from engines.colorize.comfyui.sdxl_graph import SdxlServerFiles

    checkpoints = listed(client, "CheckpointLoaderSimple", "ckpt_name")
    checkpoint = choose(checkpoints, wanted.get("checkpoint"), _CHECKPOINT, "SDXL checkpoint", "models/checkpoints")
    controls = listed(client, "ControlNetLoader", "control_net_name")
    control = choose(
        controls, wanted.get("controlnet"), _UNION, "ControlNet Union of SDXL (a file with union in its name)",
        "models/controlnet",
    )  # fmt: skip
    adapters = listed(client, "IPAdapterModelLoader", "ipadapter_file")
    pattern = _PLUS if any(_PLUS.search(name) for name in adapters) else _ADAPTER
    adapter = choose(
        adapters, wanted.get("ipadapter"), pattern, "IP-Adapter of SDXL",
        "models/ipadapter, and install ComfyUI_IPAdapter_plus",
    )  # fmt: skip
    of_vit_h = bool(_VISION[True].search(adapter))
    what = f"image encoder for {adapter} ({'ViT-H' if of_vit_h else 'ViT-bigG'})"
    vision = choose(
        listed(client, "CLIPVisionLoader", "clip_name"), wanted.get("clip_vision"), _VISION[of_vit_h], what,
        "models/clip_vision",
    )  # fmt: skip
    return SdxlServerFiles(checkpoint, control, adapter, vision)


def _painting(client: ComfyClient, request: ColorizeRequest, where: Fit) -> SdxlPainting:
    from engines.colorize.comfyui.pictures import uploaded, uploaded_repair
    from engines.colorize.comfyui.sdxl_graph import SdxlPainting
    from engines.colorize.diffusion.pad import laid_out
    from engines.colorize.sdxl.lines import line_art
    from engines.colorize.sdxl.passes import passes_of

    page, passes = laid_out(request.page, where), passes_of(request.plan)
    return SdxlPainting(
        page=uploaded(client, page),
        lines=uploaded(client, line_art(page)),
        passes=passes if request.repair is None else passes[:1],
        references=_shown(client, request, where),
        seed=request.plan.seed,
        loras=request.plan.loras,
        repair=uploaded_repair(client, request.repair, where),
    )


def _shown(client: ComfyClient, request: ColorizeRequest, where: Fit) -> list[Shown]:
    """Return the references where they act: each in its figures' masks and the first in the rest, or all over."""
    from engines.colorize.comfyui.pictures import uploaded, uploaded_mask
    from engines.colorize.comfyui.sdxl_graph import Shown
    from engines.colorize.diffusion.pad import laid_out_mask

    names = [uploaded(client, _squared(picture)) for picture in request.references]
    owned = [region for region in request.regions if region.references]
    if not names or not owned:
        return [Shown(names)] if names else []
    masks = [laid_out_mask(region.mask, where) for region in owned]
    rest = ~masks[0]
    for mask in masks[1:]:
        rest &= ~mask
    shown = [
        Shown([names[index] for index in region.references], uploaded_mask(client, mask))
        for region, mask in zip(owned, masks, strict=True)
    ]
    return [*shown, Shown(names[:1], uploaded_mask(client, rest))]


def _squared(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle square of a picture, as the image encoder would cut it, all of one size."""
    import cv2
    import numpy as np

    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = np.ascontiguousarray(picture[top : top + side, left : left + side])
    how = cv2.INTER_AREA if side > _REFERENCE_PX else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (_REFERENCE_PX, _REFERENCE_PX), interpolation=how), np.uint8)
