"""Everything that runs a network, behind small interfaces; knows nothing of the host.

Libraries that report to their makers unless told not to are told here, before any engine can import them: ONNX Runtime
sends model facts to Microsoft from its first session on (its Privacy.md), Hugging Face's and others count their use.
"""

import os

for _silencer in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ[_silencer] = "1"
