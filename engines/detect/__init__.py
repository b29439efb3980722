"""Detectors of what stands on a page; the classical reading of `host.pipeline.analysis` needs none."""
