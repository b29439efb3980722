"""`irodori library`: whole shelves.

commands, understanding, aligning, searching  declare the commands; every other file does some of them.
"""
