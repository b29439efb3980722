"""The words that wire, jobs, pipeline, store and settings share, and the bounds of plain values. Loads fast."""

from typing import Annotated, Literal

from msgspec import Meta

from engines.info import Quality as Quality

Direction = Literal["rtl", "ltr", "auto"]
Stage = Literal["queued", "decode", "pass1", "retrieve", "pass2", "compose", "encode"]
SkipReason = Literal["already_coloured", "blank", "text_only", "advertisement"]
ExportFormat = Literal["cbz", "pdf", "zip", "epub"]
OutputFormat = Literal["png", "webp_lossless", "webp", "jpeg"]
PageFormat = Literal["png", "webp_lossless", "webp", "jpeg", "avif", "jxl"]
"""What pages are written as: `OutputFormat`, which every browser shows, and what not all of them do."""
OutputKind = Literal["cbz", "folder", "pdf", "epub"]
"""What a volume is written as."""
JobState = Literal["running", "done", "cancelled"]
CameraMove = Literal["auto", "in", "out", "left", "right", "up", "down"]
"""How a camera goes before a panel; `auto`: as the eye reads it."""
Mover = Literal["camera", "network"]
"""What moves a panel in a film: a camera before its layers, or a network that draws."""
FilmKind = Literal["webm", "mp4", "gif"]
StudioTool = Literal[
    "filter",
    "cut_out",
    "vectorise",
    "animate",
    "inpaint",
    "extend",
    "outline",
    "upscale",
    "words",
    "storyboard",
    "parts",
]
EnhancerId = Literal["off", "local", "ollama"]
"""What words a wish anew: nothing, a language model in this process, or one of Ollama's on this machine."""
CropKind = Literal["page", "panel", "character"]

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Identifier = Annotated[str, Meta(min_length=1, max_length=512)]
Text = Annotated[str, Meta(max_length=4096)]
Count = Annotated[int, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Level = Annotated[int, Meta(ge=0, le=255)]
