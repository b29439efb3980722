"""Page detectors."""
