"""SDXL in two passes: structure, then clean-up, with the page's lines as control and the references as IP-Adapter."""
