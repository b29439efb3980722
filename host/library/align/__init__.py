"""Detector and model beside each other: how well they agree on every page of a shelf, and what is made of that.

pairs      a page as both saw it, from an analysis or from other people's files
measures   panel ratio, text coverage, order coherence, score; which text belongs to which panel
table      the CSV, its lists and the distribution      page_types  cover, interior, advertisement, …
dataspec   DataSpec v0.3, out and in, and subset lists  duplicates  exact and perceptual
path_map   paths of one system on another               naming      series, volume, issue
"""
