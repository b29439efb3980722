"""Stable Diffusion 3.5 in this process: held to the page's lines by a ControlNet, shown references by an IP-Adapter."""
