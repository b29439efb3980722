"""Orchestrate colour: prompt, masks, style, review."""
