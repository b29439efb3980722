"""Checkpoints of readers: run when they hold weights, refused when they hold code."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from engines.base import ModelInvalid
from engines.detect.checkpoint import prepare_ultralytics
from engines.detect.yolo import YoloDetector

torch = pytest.importorskip("torch")
pytest.importorskip("ultralytics")  # imported before our door: it has to be safe all the same
prepare_ultralytics()
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def checkpoint(path: Path, names: dict[int, str]) -> Path:
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(1)
    model = DetectionModel("yolo11n.yaml", nc=len(names), verbose=False)
    model.names = names
    torch.save({"model": model.half(), "train_args": {}}, path)
    return path


def test_pillow_is_left_as_it_was():
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(b"no picture"))


def test_a_checkpoint_of_weights_is_run(tmp_path):
    own = checkpoint(tmp_path / "own.pt", {0: "frame", 1: "bubble"})
    page = np.random.default_rng(0).integers(0, 255, (200, 150), np.uint8)
    detector = YoloDetector(own, {"panel": 1e-9, "balloon": 1e-9})
    assert {one.label for one in detector.detect(page)} <= {"panel", "balloon"}
    assert detector.detect(page) == detector.detect(page)
    assert detector.detect(page)


def test_a_checkpoint_that_holds_code_is_refused_and_the_code_does_not_run(tmp_path):
    mark = tmp_path / "ran"

    class Code:
        def __reduce__(self):
            return (Path.touch, (mark,))

    torch.save({"model": Code(), "train_args": {}}, tmp_path / "evil.pt")
    with pytest.raises(ModelInvalid, match="data only"):
        YoloDetector(tmp_path / "evil.pt").detect(np.zeros((64, 64), np.uint8))
    assert not mark.exists()


def test_a_checkpoint_of_other_things_is_refused(tmp_path):
    torch.save({"weights": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(ModelInvalid):
        YoloDetector(tmp_path / "other.pt").detect(np.zeros((64, 64), np.uint8))
    own = checkpoint(tmp_path / "cars.pt", {0: "car"})
    with pytest.raises(ModelInvalid, match="car"):
        YoloDetector(own).detect(np.zeros((64, 64), np.uint8))


def test_ultralytics_stays_silent_and_in_its_own_folder(tmp_path):
    own = checkpoint(tmp_path / "own.pt", {0: "frame"})
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import numpy as np, sys; from pathlib import Path; from engines.detect.yolo import YoloDetector;"
        "import training.pages.train; assert 'ultralytics' not in sys.modules;"
        "YoloDetector(Path(sys.argv[1])).detect(np.zeros((64, 64), np.uint8))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(own)],
        cwd=Path(__file__).parents[3],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert done.stdout == b"" == done.stderr
    assert not list(home.iterdir())
