"""The way of a page: decode, analysis, retrieve, generation, compose, review, encode."""
