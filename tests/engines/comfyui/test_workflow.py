"""The workflow that a reader opens in ComfyUI is current and fits the server's nodes."""

import json

from engines.colorize.comfyui.workflow import NODES, WORKFLOW_FILE, bundled
from tests.engines.comfyui.fake_nodes import SIGNATURES


def test_the_checked_in_workflow_is_current():
    assert WORKFLOW_FILE.read_text("utf-8") == bundled()


def _is_wire(kind):
    """Say whether an input takes a wire: its kind is a name of its own, not a number, a text or a list of choices."""
    return isinstance(kind, str) and kind not in ("INT", "FLOAT", "STRING", "COMBO")


def test_boxes_have_the_fields_and_outputs_of_the_servers_nodes():
    for class_type, (gives, fields) in NODES.items():
        signature = SIGNATURES[class_type]
        assert signature["output"][:1] == ([gives] if gives else [])
        shown = [name for name, kind in signature["input"]["required"].items() if not _is_wire(kind[0])]
        assert [field for field in fields if field] == shown


def test_every_wire_leads_from_an_output_to_an_input_of_its_kind():
    workflow = json.loads(bundled())
    nodes = {node["id"]: node for node in workflow["nodes"]}
    assert len(workflow["links"]) == workflow["last_link_id"]
    for number, source, slot, target, place, kind in workflow["links"]:
        assert nodes[source]["outputs"][slot]["type"] == kind
        assert number in nodes[source]["outputs"][slot]["links"]
        assert nodes[target]["inputs"][place] == {**nodes[target]["inputs"][place], "type": kind, "link": number}
