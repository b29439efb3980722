"""Pages read without colouring them: records, masks and overlays for people and other programs."""
