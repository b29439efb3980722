"""The ComfyUI engine against a real HTTP and WebSocket server on loopback."""

import socket
import time
from dataclasses import replace

import numpy as np
import pytest

from engines.base import (
    EngineError,
    EngineOutOfMemory,
    EngineUnavailable,
    LoraUse,
    ModelMissing,
    Plan,
    Repair,
    StagePlan,
)
from engines.colorize.comfyui.engine import ComfyUiEngine
from engines.colorize.comfyui.info import Server
from engines.oklab import oklab_to_srgb
from engines.testing.contract import PROCESSOR, EngineContract, drawn_page, flat_reference, ignore_step, request_of
from tests.engines.comfyui.fake_server import FakeComfy, Script


@pytest.fixture
def comfy():
    with FakeComfy() as server:
        yield server


def engine_for(server: FakeComfy, key: str = "") -> ComfyUiEngine:
    return ComfyUiEngine(lambda: Server(server.url, key))


def colour(server, request=None, on_step=ignore_step, key=""):
    return engine_for(server, key).colorize(request or request_of(drawn_page(), flat_reference(1.0)), on_step)


def classes(graph):
    return [node["class_type"] for node in graph.values()]


def nodes(graph, class_type):
    return [node["inputs"] for node in graph.values() if node["class_type"] == class_type]


class TestContract(EngineContract):
    trained = False

    @pytest.fixture
    def engine(self, comfy):
        return engine_for(comfy)


def test_without_a_server_it_says_how_to_name_one():
    viability = ComfyUiEngine(Server).viability()
    assert not viability.ok
    assert "comfyui_url" in viability.fix


@pytest.mark.parametrize(
    ("url", "key"), [("file:///etc/passwd", ""), ("127.0.0.1:8188", ""), ("http://far.example", "secret")]
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(url, key):
    viability = ComfyUiEngine(lambda: Server(url, key)).viability()
    assert not viability.ok
    assert "secret" not in f"{viability} {Server(url, key)}"


def test_a_refused_connection_is_not_viable_and_raises_with_the_mend():
    with FakeComfy() as server:
        url = server.url
    engine = ComfyUiEngine(lambda: Server(url))
    assert not engine.viability().ok
    with pytest.raises(EngineUnavailable, match="cannot be reached") as caught:
        engine.load(PROCESSOR)
    assert caught.value.hint == "Start ComfyUI."


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


def wanted(**files):
    return request_of(drawn_page(), flat_reference(1.0), plan=Plan(engine_options={"comfyui": files}))


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


def test_a_server_that_is_too_old_names_the_missing_nodes():
    with FakeComfy(Script(without_nodes=("EmptyFlux2LatentImage", "Flux2Scheduler"))) as server:
        with pytest.raises(EngineUnavailable, match=r"lacks the nodes .*EmptyFlux2LatentImage"):
            colour(server)
        assert server.graphs == []


def test_a_node_with_another_signature_is_found_before_the_graph_is_sent(comfy):
    comfy.signatures["ReferenceLatent"] = {"input": {"required": {"other": ["X"]}}, "output": ["CONDITIONING"]}
    with pytest.raises(EngineUnavailable, match="ReferenceLatent is another"):
        colour(comfy)


def test_a_refused_graph_says_which_node_and_why():
    fault = {"7": {"class_type": "CFGGuider", "errors": [{"message": "bad cfg", "details": "cfg"}]}}
    with FakeComfy(Script(refuse_graph=fault)) as server, pytest.raises(EngineError, match="CFGGuider: bad cfg cfg"):
        colour(server)


@pytest.mark.parametrize(
    ("crash", "expected", "words"),
    [
        (("torch.OutOfMemoryError", "CUDA out of memory"), EngineOutOfMemory, "memory"),
        (("RuntimeError", "Allocation on device failed"), EngineOutOfMemory, "memory"),
        (("RuntimeError", "mat1 and mat2 shapes cannot be multiplied"), EngineError, "text encoder"),
        (("ValueError", "something else"), EngineError, "SamplerCustomAdvanced: ValueError something else"),
    ],
)
@pytest.mark.parametrize("silent", [False, True])
def test_a_graph_that_fails_while_it_runs_becomes_the_right_error(crash, expected, words, silent):
    with FakeComfy(Script(crash=crash, silent=silent)) as server, pytest.raises(expected, match=words):
        colour(server)


def test_a_socket_that_drops_is_opened_anew_and_the_page_is_finished():
    with FakeComfy(Script(drop_at=2, step_s=0.05)) as server:
        result = colour(server)
        assert result.oklab.ndim == 3
        assert [path for _, path in server.requests].count("/ws") == 2


@pytest.mark.parametrize("script", [Script(silent=True), Script(socket_refused=True)])
def test_without_a_word_from_the_socket_the_history_tells_the_end(script):
    with FakeComfy(script) as server:
        seen = []
        colour(server, on_step=lambda step, steps, _=None: seen.append((step, steps)))
        assert seen[-1] == (4, 4)


def test_a_prompt_that_the_server_forgot_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr("engines.colorize.comfyui.follow._UNKNOWN_MAX_S", 0.5)
    monkeypatch.setattr("engines.colorize.comfyui.follow._ASK_EVERY_S", 0.1)
    with FakeComfy(Script(forget=True)) as server, pytest.raises(EngineUnavailable, match="no longer knows"):
        colour(server)


def test_somebody_elses_interruption_is_said():
    with FakeComfy(Script(interrupted=True)) as server, pytest.raises(EngineError, match="interrupted"):
        colour(server)


class Stop(Exception):
    pass


def test_cancel_stops_our_prompt_and_no_other():
    def stop(step, steps, preview=None):
        if step:
            raise Stop

    with FakeComfy(Script(step_s=0.1)) as server:
        with pytest.raises(Stop):
            colour(server, on_step=stop)
        ours = server.running or next(iter(server.cancelled | set(server.history)))
        assert ("POST", "/interrupt") in server.requests
        assert server.cancelled == {ours}


def test_cancel_while_it_waits_takes_it_out_of_the_queue(comfy):
    comfy.run = lambda *_: None  # another user's prompt occupies the server
    comfy.running = "somebody-else"
    began = time.monotonic()

    def stop(step, steps, preview=None):
        if time.monotonic() - began > 0.3:
            raise Stop

    with pytest.raises(Stop):
        colour(comfy, on_step=stop)
    assert comfy.pending == []
    assert ("POST", "/interrupt") not in comfy.requests
    assert comfy.running == "somebody-else"


def test_other_peoples_messages_and_nonsense_are_passed_over():
    with FakeComfy(Script(noise=True)) as server:
        seen = []
        colour(server, on_step=lambda step, steps, _=None: seen.append(steps))
        assert set(seen) == {4}


@pytest.mark.parametrize("old", [False, True])
def test_previews_of_old_and_new_servers_are_shown(old):
    with FakeComfy(Script(old_previews=old)) as server:
        shown = []
        colour(server, on_step=lambda _step, _steps, preview=None: shown.append(preview))
        assert any(preview is not None and preview.ndim == 3 for preview in shown)


@pytest.mark.parametrize("scale", [0.5, 1.37])
def test_a_picture_of_the_wrong_size_still_covers_the_page(scale):
    page = drawn_page(250, 330)
    with FakeComfy(Script(picture_scale=scale)) as server:
        wrong = colour(server, request_of(page, flat_reference(1.0))).oklab
    with FakeComfy() as server:
        right = colour(server, request_of(page, flat_reference(1.0))).oklab
    assert wrong.shape == right.shape
    assert np.abs(wrong - right).mean() < 0.03


def test_what_is_no_picture_is_an_error():
    with FakeComfy(Script(broken_picture=True)) as server, pytest.raises(EngineError, match="no picture"):
        colour(server)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"/view": 404}, EngineError),
        ({"/prompt": 500}, EngineError),
        ({"/object_info": 403}, EngineUnavailable),
    ],
)
def test_refusals_of_every_route_end_in_an_error(status, expected):
    with FakeComfy(Script(status=status)) as server, pytest.raises(expected):
        colour(server)


def test_something_else_on_the_port_is_recognised():
    with FakeComfy(Script(garbage={"/": b"<html>hello</html>"})) as server:
        engine = engine_for(server)
        assert "not ComfyUI" in engine.viability().reason
        with pytest.raises(EngineUnavailable):
            engine.load(PROCESSOR)


def test_a_server_that_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr("engines.colorize.comfyui.engine._VIABLE_ANSWER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = ComfyUiEngine(lambda: Server(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        assert "in time" in engine.viability().reason


def test_the_key_goes_with_every_request_and_is_asked_for_when_it_is_wrong():
    with FakeComfy(Script(key="open sesame")) as server:
        assert colour(server, key="open sesame").oklab.size
        with pytest.raises(EngineUnavailable, match="401") as caught:
            colour(server, key="wrong key")
        assert "wrong key" not in str(caught.value)


def test_unloading_frees_a_server_on_this_machine(comfy):
    engine_for(comfy).unload()
    assert comfy.freed == 1


def test_a_server_that_has_gone_does_not_stop_unloading():
    with FakeComfy() as server:
        url = server.url
    ComfyUiEngine(lambda: Server(url)).unload()


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


def test_a_server_that_is_too_old_says_so_at_load_with_its_version():
    said = r"ComfyUI 0\.9\.0 lacks the nodes Flux2Scheduler"
    with FakeComfy(Script(without_nodes=("Flux2Scheduler",))) as server, pytest.raises(EngineUnavailable, match=said):
        engine_for(server).load(PROCESSOR)


@pytest.mark.parametrize(("quality", "steps"), [("preview", 16), ("standard", 28), ("best", 50)])
def test_quality_decides_the_steps_of_base_weights(comfy, quality, steps):
    plan = Plan(quality=quality, engine_options={"comfyui": {"unet": "flux-2-klein-base-4b.safetensors"}})
    colour(comfy, request_of(drawn_page(), plan=plan))
    assert nodes(comfy.graphs[0], "Flux2Scheduler")[0]["steps"] == steps


def test_previews_end_where_the_page_ends():
    with FakeComfy() as server:
        shown = []
        page = drawn_page(40, 640)
        colour(server, request_of(page), on_step=lambda _step, _steps, preview=None: shown.append(preview))
        sides = {preview.shape[:2] for preview in shown if preview is not None}
    assert {(height * 16, width) for height, width in sides} == {(80, 80)}


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
