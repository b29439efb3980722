"""SDXL on a ComfyUI server: its graph against the nodes' signatures, its files by their names, both passes followed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import EngineUnavailable, LoraUse, ModelMissing, Plan, Region, Repair, StagePlan
from engines.colorize.comfyui.client import ComfyClient
from engines.colorize.comfyui.info import Server
from engines.colorize.comfyui.sdxl_engine import ComfySdxlEngine, find_sdxl_files
from engines.oklab import oklab_to_srgb
from engines.testing.contract import PROCESSOR, EngineContract, drawn_page, flat_reference, ignore_step, request_of
from tests.engines.comfyui.asking import classes, nodes
from tests.engines.comfyui.fake_server import FakeComfy, Script

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, OnStep

FIRST = StagePlan(prompt="red door", negative_prompt="grey", guidance=8.5, denoise_01=0.5, steps=8,
                  structure_strength=0.7, structure_end_01=0.8, style_weight=0.6, style_end_01=0.9)  # fmt: skip
SECOND = StagePlan(prompt="clean lines", negative_prompt="noise", guidance=7.0, denoise_01=0.25, steps=8,
                   structure_strength=0.5, structure_end_01=0.6, style_weight=0.3)  # fmt: skip


def engine_for(server: FakeComfy) -> ComfySdxlEngine:
    return ComfySdxlEngine(lambda: Server(server.url))


def colour(server: FakeComfy, request: ColorizeRequest, on_step: OnStep = ignore_step) -> NDArray[np.float32]:
    return engine_for(server).colorize(request, on_step).oklab


@pytest.mark.slow
class TestContract(EngineContract):
    trained = False

    @pytest.fixture
    def engine(self, comfy: FakeComfy) -> ComfySdxlEngine:
        return engine_for(comfy)


def test_both_passes_have_the_words_and_numbers_of_the_plan(comfy: FakeComfy) -> None:
    told: list[tuple[int, int]] = []
    plan = Plan(seed=3, stages=(FIRST, SECOND), loras=(LoraUse(name="flat.safetensors", weight=0.5),))
    request = request_of(drawn_page(), flat_reference(1.0), flat_reference(2.0, 48), plan=plan)
    colour(comfy, request, lambda step, steps, _=None: told.append((step, steps)))
    (graph,) = comfy.graphs
    first, second = nodes(graph, "KSampler")
    wanted = ("seed", "steps", "cfg", "denoise")
    assert [first[key] for key in wanted] == [3, 4, 8.5, 0.5]
    assert [second[key] for key in wanted] == [4, 2, 7.0, 0.25]
    assert graph[second["latent_image"][0]]["inputs"] is first
    assert [one["text"] for one in nodes(graph, "CLIPTextEncode")] == ["red door", "grey", "clean lines", "noise"]
    held = nodes(graph, "ControlNetApplyAdvanced")
    assert [(one["strength"], one["end_percent"]) for one in held] == [(0.7, 0.8), (0.5, 0.6)]
    assert nodes(graph, "SetUnionControlNetType")[0]["type"] == "canny/lineart/anime_lineart/mlsd"
    styled = nodes(graph, "IPAdapterAdvanced")
    assert [(one["weight"], one["end_at"]) for one in styled] == [(0.6, 0.9), (0.3, 1.0)]
    assert all("attn_mask" not in one for one in styled)
    assert len(nodes(graph, "ImageBatch")) == 1
    (lora,) = nodes(graph, "LoraLoader")
    assert (lora["lora_name"], lora["strength_model"], lora["strength_clip"]) == ("flat.safetensors", 0.5, 0.5)
    for node in graph.values():
        if node["class_type"] == "CLIPTextEncode":
            assert graph[node["inputs"]["clip"][0]]["class_type"] == "LoraLoader"
    assert (told[0], told[-1]) == ((0, 6), (6, 6))
    assert told == sorted(told)


def test_references_of_figures_act_in_their_masks_and_the_first_in_the_rest(comfy: FakeComfy) -> None:
    page = drawn_page(256, 320)
    red, blue = (np.full((64, 90, 3), one, np.uint8) for one in ((220, 40, 40), (40, 40, 220)))
    left, right = np.zeros(page.shape, bool), np.zeros(page.shape, bool)
    left[40:220, 30:120] = right[40:220, 200:290] = True
    regions = (Region(mask=left, references=(1,)), Region(mask=right, references=(0,)))
    request = replace(request_of(page, red, blue, plan=Plan(stages=(FIRST, SECOND))), regions=regions)
    rgb = oklab_to_srgb(colour(comfy, request))
    (graph,) = comfy.graphs
    styled = nodes(graph, "IPAdapterAdvanced")
    assert len(styled) == 6
    assert len({one["attn_mask"][0] for one in styled}) == 3
    assert len(nodes(graph, "LoadImage")) == 4  # page, lines, two references
    paper = page > 250
    means = [rgb[where & paper].mean(axis=0) for where in (left, right, ~(left | right))]
    assert [bool(mean[0] > mean[2]) for mean in means] == [False, True, True]


def test_a_repair_makes_one_pass_under_the_mask_and_keeps_the_rest(comfy: FakeComfy) -> None:
    page = drawn_page()
    mask = np.zeros(page.shape, bool)
    mask[100:200, 40:120] = True
    before = np.full((*page.shape, 3), (200, 40, 40), np.uint8)
    request = replace(
        request_of(page, flat_reference(3.5), plan=Plan(stages=(FIRST, SECOND))),
        repair=Repair(picture=before, mask=mask),
    )
    rgb = oklab_to_srgb(colour(comfy, request))
    (graph,) = comfy.graphs
    (sampler,) = nodes(graph, "KSampler")
    assert graph[sampler["latent_image"][0]]["class_type"] == "SetLatentNoiseMask"
    assert np.abs(rgb[~mask].astype(int) - (200, 40, 40)).max() <= 2
    assert np.abs(rgb[110:190, 50:110].astype(int) - (200, 40, 40)).max() > 20


def test_without_references_no_node_of_the_adapter_is_in_the_graph(comfy: FakeComfy) -> None:
    colour(comfy, request_of(drawn_page(), plan=Plan(stages=(FIRST, SECOND))))
    assert not {"IPAdapterAdvanced", "IPAdapterModelLoader", "CLIPVisionLoader"} & set(classes(comfy.graphs[0]))


def files(server: FakeComfy, **wanted: str) -> Any:
    with ComfyClient(Server(server.url)) as client:
        return find_sdxl_files(client, wanted)


def test_files_are_found_by_their_names_and_the_encoder_by_the_adapters(comfy: FakeComfy) -> None:
    assert files(comfy).names == (
        "animagine-xl-3.1.safetensors", "controlnet-union-sdxl-1.0.safetensors",
        "ip-adapter-plus_sdxl_vit-h.safetensors", "CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors",
    )  # fmt: skip
    other = files(comfy, ipadapter="ip-adapter_sdxl.safetensors", checkpoint="v1-5-pruned.safetensors")
    assert other.clip_vision == "CLIP-ViT-bigG-14-laion2B-39B-b160k.safetensors"
    assert other.checkpoint == "v1-5-pruned.safetensors"
    with pytest.raises(ModelMissing, match=r"nowhere\.safetensors") as caught:
        files(comfy, controlnet="nowhere.safetensors")
    assert "models/controlnet" in caught.value.hint


def lists(server: FakeComfy, node: str, field: str, *names: str) -> None:
    server.signatures[node]["input"]["required"][field] = [[*names]]


@pytest.mark.parametrize(
    ("node", "field", "names", "words"),
    [
        ("CheckpointLoaderSimple", "ckpt_name", ["v1-5-pruned.safetensors"], "SDXL checkpoint"),
        ("ControlNetLoader", "control_net_name", ["FLUX.1-dev-Controlnet-Union.safetensors"], "ControlNet Union"),
        ("IPAdapterModelLoader", "ipadapter_file", ["ip-adapter-faceid_sdxl.bin"], "IP-Adapter"),
        ("CLIPVisionLoader", "clip_name", ["sigclip.safetensors"], "ViT-H"),
    ],
)
def test_a_server_without_a_file_says_what_to_put_where(
    comfy: FakeComfy, node: str, field: str, names: list[str], words: str
) -> None:
    lists(comfy, node, field, *names)
    with pytest.raises(ModelMissing, match=words) as caught:
        engine_for(comfy).load(PROCESSOR)
    assert "models/" in caught.value.hint


def test_a_server_without_the_adapters_nodes_names_what_to_install() -> None:
    without = ("IPAdapterModelLoader", "IPAdapterAdvanced")
    with FakeComfy(Script(without_nodes=without)) as server, pytest.raises(ModelMissing) as caught:
        engine_for(server).load(PROCESSOR)
    assert "ComfyUI_IPAdapter_plus" in caught.value.hint


def test_a_server_that_is_too_old_says_so_at_load() -> None:
    said = r"lacks the nodes SetUnionControlNetType"
    without = ("SetUnionControlNetType",)
    with FakeComfy(Script(without_nodes=without)) as server, pytest.raises(EngineUnavailable, match=said):
        engine_for(server).load(PROCESSOR)


def test_what_the_reader_names_rescues_a_server_with_other_names_already_at_load(comfy: FakeComfy) -> None:
    lists(comfy, "CheckpointLoaderSimple", "ckpt_name", "mine.safetensors")
    engine = engine_for(comfy)
    with pytest.raises(ModelMissing, match="SDXL checkpoint"):
        engine.load(PROCESSOR)
    options = {"comfyui": {"checkpoint": "mine.safetensors"}}
    assert "mine.safetensors" in engine.digests_for(options)
    engine.load(PROCESSOR)
    request = request_of(drawn_page(), flat_reference(1.0), plan=Plan(engine_options=options))
    assert engine.colorize(request, ignore_step).weights == engine.digests_for(options)
