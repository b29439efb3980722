"""Whole shelves: kills, plans of large shelves, memory over many pages."""
