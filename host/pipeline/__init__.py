"""The way of a page: decode, pass1, retrieve, pass2, compose, review, encode."""
