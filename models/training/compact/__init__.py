"""The recipe of the compact engine's weights."""
