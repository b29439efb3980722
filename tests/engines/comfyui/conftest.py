import pytest

from tests.engines.comfyui.fake_server import FakeComfy


@pytest.fixture
def comfy():
    with FakeComfy() as server:
        yield server
