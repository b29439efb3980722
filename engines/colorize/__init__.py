"""Engines that make colour."""
