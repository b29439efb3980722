"""The palette of a series: who is in it, in what colours, and which pages that touches. See README.md."""
