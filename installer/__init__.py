"""Registers the host with browsers; standard library only."""
