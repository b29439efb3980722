"""Finders without weights: exact at the pixel, simple in judgement."""
