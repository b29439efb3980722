"""Tall pages, worked on piece by piece: however tall a page is, the maps and colours of one piece stand in memory.

cut       where a strip is cut; a piece is a page of its own to analysis, engine, composition and review
folded    a piece that waits: its masks and maps packed
joined    what the pieces' records say of the strip
layers    the pieces' masks and maps as the strip's, for those who write them
read      pass1, retrieve and request: `PreparedPage.pieces`
compose   the pieces' colour into one picture
"""
