"""Pictures made larger.

base       what an upscaler is
tiles      any picture, tile by tile, without a seam
lanczos    by interpolation: no weights, no network
esrgan     ESRGAN, SPAN, Compact and their kin, from single files (spandrel)
network    a network of torch on a tile
swin2sr    Swin2SR, from a folder (transformers)
pulled     those of the catalogue
registry   which of them a path names
"""
