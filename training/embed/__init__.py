"""The recipe of the compact embedder: what shows the same character or panel lies near, whatever its print."""
