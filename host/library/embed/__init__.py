"""A shelf as vectors: pages and panels in Zarr, indexes over them, and the search for what is on them.

store  the Zarr store, safe for several writers        vectors  a page's and its panels' vectors
run    the way of a shelf through an embedder          indexes  unit vectors, FAISS, words
search by words and by picture                         sheet    what was found, as HTML
"""
