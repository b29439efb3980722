"""From a page that was read to an engine's picture: the request, the engine's run, corrections, review."""
