"""A chapter saved over the wire, by the installed host and by another after it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from host.messaging.client import HostClient, HostFault
from tests.host.jobs.conftest import page_bytes

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def coloured(host: HostClient, image: bytes) -> dict[str, Any]:
    """Have one page coloured as `p0`; return its `page.done`."""
    page = {"page_id": "p0", "index": 0, "sha256": hashlib.sha256(image).hexdigest()}
    chapter = {"series": "S", "chapter": "1", "direction": "rtl", "pages": [page], "references": []}
    job = host.call("pipeline.run_chapter", chapter)
    host.put_page(job["job_id"], "p0", image)
    return host.wait_for("page.done", page_id="p0")


def test_a_chapter_is_saved_by_its_results_also_by_a_host_that_never_saw_it(tmp_path: Path) -> None:
    images = {"p0": page_bytes(1, 400, 300), "p1": page_bytes(2, 400, 300)}
    sha256 = {name: hashlib.sha256(image).hexdigest() for name, image in images.items()}
    with HostClient.spawn(home=tmp_path) as host:
        host.hello()
        done = coloured(host, images["p0"])
    request: dict[str, Any] = {
        "format": "cbz", "series": "S", "chapter": "1", "export_id": "e",
        "pages": [
            {"page_id": "p0", "sha256": sha256["p0"], "result_key": done["result_key"]},
            {"page_id": "p1", "sha256": sha256["p1"]},
        ],
    }  # fmt: skip
    with HostClient.spawn(home=tmp_path) as host:
        host.hello()
        assert host.call("chapter.export", request)["need"] == ["p1"]
        host.call("page.keep", {"sha256": sha256["p1"], "image": images["p1"]})
        result = host.call("chapter.export", request)
        host.wait_for("export.progress", export_id="e", done=2, total=2)
    assert result["as_they_were"] == [2]
    with zipfile.ZipFile(result["path"]) as archive:
        assert archive.read("001.png") == done["image"]
        assert archive.read("002.png") == images["p1"]


def test_slices_that_were_coloured_as_one_are_pages_of_the_file_again(tmp_path: Path) -> None:
    images = {"p0": page_bytes(1, 400, 300), "p1": page_bytes(2, 400, 300)}
    sha256 = {name: hashlib.sha256(image).hexdigest() for name, image in images.items()}
    with HostClient.spawn(home=tmp_path) as host:
        host.hello()
        done = coloured(host, images["p0"])
        strips = [{"page_id": "p0", "result_key": done["result_key"]}, {"page_id": "p1", "sha256": sha256["p1"]}]
        rows = [(40, 200), (200, 400)]
        pages = [{**strip, "rows": list(each)} for strip in strips for each in rows]
        request: dict[str, Any] = {"format": "cbz", "series": "S", "chapter": "1", "pages": pages}
        assert host.call("chapter.export", request)["need"] == ["p1"]
        host.call("page.keep", {"sha256": sha256["p1"], "image": images["p1"]})
        result = host.call("chapter.export", request)
        assert result["as_they_were"] == [3, 4]
        with pytest.raises(HostFault):
            host.call("chapter.export", {**request, "pages": [{**pages[0], "rows": [4000, 5000]}]})
    wholes = [np.asarray(Image.open(io.BytesIO(image)).convert("RGB")) for image in (done["image"], images["p1"])]
    expected = [whole[top:bottom] for whole in wholes for top, bottom in rows]
    with zipfile.ZipFile(result["path"]) as archive:
        for number, part in enumerate(expected, 1):
            written = Image.open(io.BytesIO(archive.read(f"{number:03}.png"))).convert("RGB")
            assert np.array_equal(np.asarray(written), part), number


def test_a_cancelled_export_ends_as_cancelled_and_leaves_no_file(tmp_path: Path) -> None:
    image = page_bytes(1, 400, 300)
    with HostClient.spawn(home=tmp_path) as host:
        host.hello()
        key = coloured(host, image)["result_key"]
        pages = [{"page_id": f"p{number}", "result_key": key} for number in range(5000)]
        request: dict[str, Any] = {"format": "epub", "series": "S", "chapter": "1", "pages": pages, "export_id": "e"}
        answer = host.request("chapter.export", request)
        host.wait_for("export.progress", export_id="e", done=1)
        assert host.call("export.cancel", {"export_id": "e"}) == {}
        with pytest.raises(HostFault) as fault:
            answer.result(60)
        assert fault.value.code == "E_CANCELLED"
        exports = tmp_path / "data" / "exports"
        assert list(exports.iterdir()) == []
        again = host.call("chapter.export", {**request, "pages": pages[:2], "export_id": "another"})
        assert [str(each) for each in exports.iterdir()] == [again["path"]]
