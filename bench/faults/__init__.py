"""Trials that take long: processes killed, files damaged, floods. Each prints counts and tells a loss by its status."""
