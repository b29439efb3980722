"""A shelf understood: what analysis reads on every page, and what a vision-language model says of it.

entries  what is known of a page and of a volume    story    what a model said, as a record
reading  pass 1 of a page, in a worker              answers  a story made of a model's words
run      the way of the shelf                       telling  asking a model, until it answers
shelf    what was analysed, page by page            pace     not too fast
faults   what went wrong, as files
"""
