"""What a place on a page belongs to.

base       what is asked and what is given
regions    by lines and tone alone: no weights, no network
sam3       SAM 3, by places, boxes and words, from a folder (transformers)
pulled     the SAM 3 that was pulled, if any
registry   which of them a path names
"""
