"""Chapter jobs: queue, lane, cancel, progress."""
