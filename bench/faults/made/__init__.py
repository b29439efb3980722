"""Inputs made to be trouble: names, suffixes, cut pictures, modes, colours, whole books of them."""
