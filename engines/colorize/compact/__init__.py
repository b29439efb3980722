"""The compact engine: ours, trained here, on the processor."""
