"""FLUX.2 klein in this process: the page and the references are reference latents, generation starts from noise."""
