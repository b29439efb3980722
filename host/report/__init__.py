"""A before/after report: one HTML file that needs nothing else, from pages and their run records."""
