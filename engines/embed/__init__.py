"""Picture embeddings for retrieval."""
