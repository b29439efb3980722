"""Recipes of the shipped weights."""
