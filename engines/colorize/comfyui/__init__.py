"""A ComfyUI server as an engine: FLUX.2 klein on the reader's own graphics machine."""
