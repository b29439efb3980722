"""Read the page: panels, balloons, lettering, masks, order, kind."""
