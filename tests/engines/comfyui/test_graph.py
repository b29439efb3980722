"""The graph that a request becomes: files, words, references, LoRAs, repairs."""

from dataclasses import replace

import numpy as np
import pytest

from engines.base import (
    LoraUse,
    ModelMissing,
    Plan,
    Region,
    Repair,
    StagePlan,
)
from engines.colorize.comfyui.info import Server
from engines.oklab import oklab_to_srgb
from engines.testing.contract import PROCESSOR, drawn_page, flat_reference, ignore_step, request_of
from tests.engines.comfyui.asking import classes, colour, engine_for, nodes, wanted
from tests.engines.comfyui.fake_server import FakeComfy, Script


def test_the_page_comes_first_then_the_references_as_reference_latents(comfy):
    colour(comfy, request_of(drawn_page(), flat_reference(1.0), flat_reference(2.0)))
    (graph,) = comfy.graphs
    assert len(nodes(graph, "LoadImage")) == 3
    assert len(nodes(graph, "ReferenceLatent")) == 6
    assert nodes(graph, "CFGGuider")[0]["cfg"] == 1.0
    assert nodes(graph, "Flux2Scheduler")[0]["steps"] == 4
    latent = nodes(graph, "EmptyFlux2LatentImage")[0]
    assert latent["width"] % 16 == latent["height"] % 16 == 0
    assert "PreviewImage" in classes(graph)
    assert "SaveImage" not in classes(graph)
    assert comfy.first_messages[0]["type"] == "feature_flags"


def test_loras_words_seed_and_steps_of_the_plan_reach_the_graph(comfy):
    plan = Plan(
        seed=2**40,
        stages=(StagePlan(prompt="a cat", steps=6),),
        loras=(LoraUse(name="flat.safetensors", weight=0.5), LoraUse(name="colorMangaKlein.safetensors")),
    )
    colour(comfy, request_of(drawn_page(), plan=plan))
    (graph,) = comfy.graphs
    assert [(one["lora_name"], one["strength_model"]) for one in nodes(graph, "LoraLoaderModelOnly")] == [
        ("flat.safetensors", 0.5),
        ("colorMangaKlein.safetensors", 1.0),
    ]
    assert nodes(graph, "RandomNoise")[0]["noise_seed"] == 2**40
    assert nodes(graph, "CLIPTextEncode")[0]["text"] == "a cat"
    assert nodes(graph, "Flux2Scheduler")[0]["steps"] == 6


def test_gguf_files_get_their_own_loaders_and_the_right_text_encoder(comfy):
    colour(comfy, wanted(unet="flux-2-klein-9b-Q4_K_M.gguf", text_encoder="Qwen3-8B-Q4_K_M.gguf"))
    assert {"UnetLoaderGGUF", "CLIPLoaderGGUF"} <= set(classes(comfy.graphs[0]))
    colour(comfy, wanted(unet="flux-2-klein-9b-Q4_K_M.gguf"))
    assert "8b" in str(nodes(comfy.graphs[1], "CLIPLoader") or nodes(comfy.graphs[1], "CLIPLoaderGGUF")).lower()


def test_base_weights_get_guidance_and_a_negative_prompt(comfy):
    plan = Plan(
        stages=(StagePlan(prompt="a", negative_prompt="b", guidance=8.0),),
        engine_options={"comfyui": {"unet": "flux-2-klein-base-4b.safetensors"}},
    )
    colour(comfy, request_of(drawn_page(), plan=plan))
    (graph,) = comfy.graphs
    assert nodes(graph, "CFGGuider")[0]["cfg"] == 4.0
    assert nodes(graph, "Flux2Scheduler")[0]["steps"] == 28
    assert [one["text"] for one in nodes(graph, "CLIPTextEncode")] == ["a", "b"]
    assert "ConditioningZeroOut" not in classes(graph)


def test_kv_weights_get_their_cache(comfy):
    colour(comfy, wanted(unet="flux-2-klein-9b-kv.safetensors"))
    assert "FluxKVCache" in classes(comfy.graphs[0])


def test_a_file_that_the_server_does_not_list_is_named(comfy):
    with pytest.raises(ModelMissing, match=r"nowhere\.safetensors") as caught:
        colour(comfy, wanted(unet="nowhere.safetensors"))
    assert "diffusion_models" in caught.value.hint
    with pytest.raises(ModelMissing, match="missing_lora"):
        colour(comfy, request_of(drawn_page(), plan=Plan(loras=(LoraUse(name="missing_lora"),))))
    assert comfy.graphs == []


def test_a_server_without_klein_says_what_to_put_where(comfy):
    comfy.signatures["UNETLoader"] = {"input": {"required": {"unet_name": [["sdxl.safetensors"]]}}, "output": ["MODEL"]}
    comfy.signatures.pop("UnetLoaderGGUF")
    with pytest.raises(ModelMissing, match=r"FLUX\.2 klein"):
        engine_for(comfy).load(PROCESSOR)


@pytest.mark.parametrize("scale", [0.5, 1.37])
def test_a_picture_of_the_wrong_size_still_covers_the_page(scale):
    page = drawn_page(250, 330)
    with FakeComfy(Script(picture_scale=scale)) as server:
        wrong = colour(server, request_of(page, flat_reference(1.0))).oklab
    with FakeComfy() as server:
        right = colour(server, request_of(page, flat_reference(1.0))).oklab
    assert wrong.shape == right.shape
    assert np.abs(wrong - right).mean() < 0.03


def test_a_repair_makes_the_part_under_the_mask_and_keeps_the_rest(comfy):
    page = drawn_page()
    mask = np.zeros(page.shape, bool)
    mask[100:200, 40:120] = True
    before = np.full((*page.shape, 3), (200, 40, 40), np.uint8)
    request = replace(request_of(page, flat_reference(1.0)), repair=Repair(picture=before, mask=mask))
    rgb = oklab_to_srgb(colour(comfy, request).oklab)
    (graph,) = comfy.graphs
    assert {"SetLatentNoiseMask", "LoadImageMask"} <= set(classes(graph))
    assert "EmptyFlux2LatentImage" not in classes(graph)
    sampler = nodes(graph, "SamplerCustomAdvanced")[0]
    assert graph[sampler["latent_image"][0]]["class_type"] == "SetLatentNoiseMask"
    far = np.ones(page.shape, bool)
    far[90:210, 30:130] = False
    assert np.abs(rgb[far].astype(int) - (200, 40, 40)).max() <= 2
    assert np.abs(rgb[110:190, 50:110].astype(int) - (200, 40, 40)).max() > 20


def test_what_the_reader_names_rescues_a_server_with_other_names_already_at_load(comfy):
    """Nothing there is called klein: only the option says which files are."""
    comfy.signatures["UNETLoader"] = {
        "input": {"required": {"unet_name": [["mine.safetensors"]], "weight_dtype": [["default"]]}},
        "output": ["MODEL"],
    }
    comfy.signatures.pop("UnetLoaderGGUF")
    engine = engine_for(comfy)
    options = {"comfyui": {"unet": "mine.safetensors"}}
    with pytest.raises(ModelMissing, match=r"FLUX\.2 klein"):
        engine.load(PROCESSOR)
    assert "mine.safetensors" in engine.digests_for(options)
    engine.load(PROCESSOR)
    assert engine.colorize(wanted(unet="mine.safetensors"), ignore_step).weights == engine.digests_for(options)


@pytest.mark.parametrize(("quality", "steps"), [("preview", 16), ("standard", 28), ("best", 50)])
def test_quality_decides_the_steps_of_base_weights(comfy, quality, steps):
    plan = Plan(quality=quality, engine_options={"comfyui": {"unet": "flux-2-klein-base-4b.safetensors"}})
    colour(comfy, request_of(drawn_page(), plan=plan))
    assert nodes(comfy.graphs[0], "Flux2Scheduler")[0]["steps"] == steps


def test_cached_weights_go_without_their_node_where_a_server_lacks_it():
    with FakeComfy(Script(without_nodes=("FluxKVCache",))) as server:
        colour(server, wanted(unet="flux-2-klein-9b-kv.safetensors"))
        assert "FluxKVCache" not in classes(server.graphs[0])


@pytest.mark.parametrize(
    ("listed", "first"),
    [
        (["flux-2-klein-4b-fp8.safetensors", "flux-2-klein-4b.safetensors"], "flux-2-klein-4b.safetensors"),
        (["flux-2-klein-4b-nvfp4.safetensors", "flux-2-klein-4b-fp8.safetensors"], "flux-2-klein-4b-fp8.safetensors"),
        (["flux-2-klein-4b-Q8_0.gguf", "flux-2-klein-9b.safetensors"], "flux-2-klein-4b-Q8_0.gguf"),
        (["flux-2-klein-base-4b.safetensors", "flux-2-klein-4b-int8.safetensors"], "flux-2-klein-4b-int8.safetensors"),
        (["Flux2-Klein-9B-KV.safetensors", "flux-2-klein-9b-fp8.safetensors"], "flux-2-klein-9b-fp8.safetensors"),
    ],
)
def test_whole_files_go_before_quantised_ones_by_words_and_not_by_sorting(comfy, listed, first):
    comfy.signatures["UNETLoader"]["input"]["required"]["unet_name"] = [listed]
    comfy.signatures.pop("UnetLoaderGGUF")
    from engines.colorize.comfyui.client import ComfyClient
    from engines.colorize.comfyui.preflight import find_files

    with ComfyClient(Server(comfy.url)) as client:
        assert find_files(client, {}).unet == first


def test_the_text_encoder_is_the_one_that_klein_was_made_with(comfy):
    listed = ["Qwen3-4B-Instruct-2507.safetensors", "qwen_3_4b_fp8_mixed.safetensors", "qwen_3_4b.safetensors"]
    comfy.signatures["CLIPLoader"]["input"]["required"]["clip_name"] = [listed]
    from engines.colorize.comfyui.client import ComfyClient
    from engines.colorize.comfyui.preflight import find_files

    with ComfyClient(Server(comfy.url)) as client:
        assert find_files(client, {}).text_encoder == "qwen_3_4b.safetensors"


def test_pages_lie_in_the_servers_temporary_folder(comfy):
    colour(comfy)
    assert comfy.uploads
    assert all(name.endswith(" [temp]") for name in comfy.uploads)


def test_the_same_pictures_are_uploaded_under_the_same_names(comfy):
    colour(comfy)
    names = set(comfy.uploads)
    colour(comfy)
    assert set(comfy.uploads) == names
    assert all(name.startswith("irodori/") for name in names)


def test_figures_are_made_one_by_one_shown_their_own_references_alone(comfy):
    page = drawn_page(256, 320)
    red, blue = (np.full((64, 64, 3), colour, np.uint8) for colour in ((220, 40, 40), (40, 40, 220)))
    left, right = np.zeros(page.shape, bool), np.zeros(page.shape, bool)
    left[40:220, 30:120] = right[40:220, 200:290] = True
    regions = (Region(mask=left, references=(0,), prompt="Aki"), Region(mask=right, references=(1,)))
    steps = []
    plan = Plan(stages=(StagePlan(prompt="everybody"),))
    request = replace(request_of(page, red, blue, plan=plan), regions=regions)
    rgb = oklab_to_srgb(colour(comfy, request, on_step=lambda step, total, _=None: steps.append((step, total))).oklab)
    whole, first, second = comfy.graphs
    assert [len(nodes(graph, "LoadImage")) for graph in (whole, first, second)] == [3, 3, 3]
    assert len(nodes(whole, "ReferenceLatent")) == 6
    for graph, words in ((first, "Aki"), (second, "everybody")):
        assert nodes(graph, "CLIPTextEncode")[0]["text"] == words
        assert len(nodes(graph, "ReferenceLatent")) == 4
        assert {"SetLatentNoiseMask", "LoadImageMask"} <= set(classes(graph))
        assert nodes(graph, "Flux2Scheduler")[0]["width"] < nodes(whole, "Flux2Scheduler")[0]["width"]
    assert (steps[0][1], steps[-1]) == (12, (12, 12))
    assert steps == sorted(steps)
    paper = page > 250
    inside = [rgb[where & paper].mean(axis=0) for where in (left, right)]
    assert inside[0][0] > inside[0][2] + 50
    assert inside[1][2] > inside[1][0] + 50
    comfy.graphs.clear()
    plain = oklab_to_srgb(colour(comfy, replace(request, regions=())).oklab)
    assert len(comfy.graphs) == 1
    assert np.abs(plain.astype(int) - rgb)[~(left | right)].max() <= 1
