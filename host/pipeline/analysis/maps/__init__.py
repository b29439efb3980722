"""One value a pixel: panels, figures, depth, tone, lines."""
