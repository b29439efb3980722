"""Closure-Lite: a network that reads panels together: which belong to one page, what a hidden one is, which is next."""
