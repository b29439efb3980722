"""The recipe of the compact engine's weights; torch is only imported by the modules that need it."""
