"""Qwen-Image-Edit in this process: the page and its references are shown to the model, which is told to colour it."""
