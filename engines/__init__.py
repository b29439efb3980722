"""Everything that runs a network, behind small interfaces; knows nothing of the host."""
