"""SAM 3: the real classes at toy size in the public layout; masks are those of the bare calls."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from engines.base import ModelInvalid, ModelMissing
from engines.geometry import Box
from engines.segment.base import Pointing
from engines.segment.pulled import pulled_identity, pulled_sam3
from engines.segment.registry import open_segmenter
from engines.segment.sam3 import Sam3
from tests.engines.toys import sam3

RGB = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sam3.build_folder(tmp_path_factory.mktemp("models") / "sam3")


@pytest.mark.parametrize(
    ("pointing", "asked", "several"),
    [
        (
            Pointing(inside=((10, 12),)),
            {"input_points": [[[[10.0, 12.0]]]], "input_labels": [[[1]]]},
            True,
        ),
        (
            Pointing(inside=((10, 12),), outside=((30, 20),)),
            {"input_points": [[[[10.0, 12.0], [30.0, 20.0]]]], "input_labels": [[[1, 0]]]},
            False,
        ),
        (Pointing(box=Box(5, 6, 30, 33)), {"input_boxes": [[[5.0, 6.0, 30.0, 33.0]]]}, False),
    ],
)
def test_a_place_and_a_box_are_asked_of_the_tracker(
    folder: Path, pointing: Pointing, asked: dict, several: bool
) -> None:
    import transformers

    mask = open_segmenter(folder).segment(RGB, pointing)
    model = transformers.Sam3TrackerModel.from_pretrained(folder).eval()
    reads = transformers.Sam3TrackerProcessor.from_pretrained(folder)
    given = reads(images=RGB, return_tensors="pt", **asked)
    with torch.inference_mode():
        told = model(**given, multimask_output=several)
    bare = reads.post_process_masks(told.pred_masks, given["original_sizes"])[0]
    assert mask.shape == (40, 60)
    assert mask.dtype == np.bool_
    assert np.array_equal(mask, bare[0, int(told.iou_scores[0, 0].argmax())].numpy())


def test_words_are_asked_of_the_detector(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import transformers

    monkeypatch.setattr("engines.segment.sam3._SURE", 0.1)  # untrained, it is sure of nothing
    mask = open_segmenter(folder).segment(RGB, Pointing(words="hat"))
    model = transformers.Sam3Model.from_pretrained(folder).eval()
    reads = transformers.Sam3Processor.from_pretrained(folder)
    given = reads(images=RGB, text="hat", return_tensors="pt")
    with torch.inference_mode():
        told = model(**given)
    (bare,) = reads.post_process_instance_segmentation(told, threshold=0.1, mask_threshold=0.1, target_sizes=[(40, 60)])
    assert len(bare["masks"]) > 0
    assert np.array_equal(mask, bare["masks"].numpy().astype(bool).any(axis=0))


def test_a_thing_that_is_not_there_is_nothing(folder: Path) -> None:
    assert not open_segmenter(folder).segment(RGB, Pointing(words="hat")).any()


def test_words_lie_within_what_is_pointed_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.segment.sam3._SURE", 0.1)
    segmenter = open_segmenter(folder)
    named, boxed = Pointing(words="hat"), Pointing(box=Box(5, 6, 30, 33))
    both = Pointing(words="hat", box=Box(5, 6, 30, 33))
    expected = segmenter.segment(RGB, named) & segmenter.segment(RGB, boxed)
    assert np.array_equal(segmenter.segment(RGB, both), expected)


def test_a_damaged_or_other_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"config\.json"):
        open_segmenter(tmp_path)
    for name, spoil in (("other", {"model_type": "vit"}), ("list", [])):
        shutil.copytree(folder, tmp_path / name)
        (tmp_path / name / "config.json").write_text(json.dumps(spoil))
        with pytest.raises(ModelInvalid):
            open_segmenter(tmp_path / name)
    shutil.copytree(folder, tmp_path / "cut")
    weights = tmp_path / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ModelInvalid, match="cut cannot be loaded"):
        open_segmenter(tmp_path / "cut").segment(RGB, Pointing(inside=((1, 1),)))


def test_weights_that_lack_a_part_are_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, tmp_path / "half")
    tensors = load_file(folder / "model.safetensors")
    kept = {name: one for name, one in tensors.items() if not name.startswith("tracker_model.mask_decoder")}
    save_file(kept, tmp_path / "half" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelInvalid, match="lacks"):
        open_segmenter(tmp_path / "half").segment(RGB, Pointing(inside=((1, 1),)))


def test_the_pulled_one_is_asked_where_none_is_named_and_gives_its_memory_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(folder.parent))
    segmenter = open_segmenter(None)
    pointing = Pointing(inside=((10, 12),))
    first = segmenter.segment(RGB, pointing)
    segmenter.close()
    assert isinstance(segmenter, Sam3)
    assert not segmenter._loaded
    assert np.array_equal(segmenter.segment(RGB, pointing), first)
    assert pulled_identity().startswith("sam3-1-")


def test_without_one_lines_are_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    assert open_segmenter(None).name == "regions"
    assert (pulled_sam3(), pulled_identity()) == (None, "")
