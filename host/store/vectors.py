"""Nearest vectors by dot product: FAISS where it is installed and they are many, else numpy with the same face.

Both are exact and hold the same rows, so that a series answers alike with either; what is kept on disk is the rows
themselves (`index_file`), never a library's own format, which has no checksum.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]
    Vectors = NDArray[np.float32]


MANY_ROWS: Final = 2_000
"""From so many rows on FAISS, where it is installed, holds them."""


class VectorIndex(Protocol):
    """Rows of length 1, each with an id of its own. Not thread-safe."""

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Take in `(n, width)` rows under ids that are not there yet."""
        ...

    def remove(self, ids: Ids) -> None:
        """Drop the rows of these ids; strangers are no fault."""
        ...

    def search(self, queries: Vectors, k: int) -> tuple[Vectors, Ids]:
        """Return the `k` rows most like each of `(m, width)` queries: likeness and ids, both `(m, k)`, best first.

        k: at most as many as there are rows. Rows that are as good stand by their id.
        """
        ...

    def __len__(self) -> int: ...


def make_vector_index(width: int, rows: int) -> VectorIndex:
    """Return an empty index for about so many rows: FAISS's where it is installed and they are many, else numpy's.

    A product of a thousand rows takes less time than FAISS takes to be imported, and no memory beside.
    """
    return FaissIndex(width) if rows >= MANY_ROWS and find_spec("faiss") is not None else NumpyIndex(width)


class NumpyIndex:
    """One matrix."""

    def __init__(self, width: int) -> None:
        self._ids: Ids = np.zeros(0, np.int64)
        self._rows: Vectors = np.zeros((0, width), np.float32)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Append."""
        self._ids = np.concatenate([self._ids, ids])
        self._rows = np.concatenate([self._rows, np.asarray(vectors, np.float32)])

    def remove(self, ids: Ids) -> None:
        """Drop."""
        kept = ~np.isin(self._ids, ids)
        self._ids, self._rows = self._ids[kept], self._rows[kept]

    def search(self, queries: Vectors, k: int) -> tuple[Vectors, Ids]:
        """Compare with every row."""
        ids = np.broadcast_to(self._ids, (len(queries), len(self._ids)))
        likeness, ids = _ordered(queries @ self._rows.T, ids)
        return likeness[:, :k], ids[:, :k]

    def __len__(self) -> int:
        return len(self._ids)


class FaissIndex:
    """`IndexIDMap2(IndexFlatIP)`: exact, and rows can be taken out again."""

    def __init__(self, width: int) -> None:
        import faiss

        library: Any = faiss
        # Some thousand rows: threads cost more than they give, and two OpenMP libraries may quarrel over them.
        library.omp_set_num_threads(1)
        self._index: Any = library.IndexIDMap2(library.IndexFlatIP(width))

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Append."""
        self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.ascontiguousarray(ids, np.int64))

    def remove(self, ids: Ids) -> None:
        """Drop."""
        self._index.remove_ids(np.ascontiguousarray(ids, np.int64))

    def search(self, queries: Vectors, k: int) -> tuple[Vectors, Ids]:
        """Ask FAISS, which leaves rows that are as good in any order."""
        if not len(queries):
            return np.zeros((0, k), np.float32), np.zeros((0, k), np.int64)
        return _ordered(*self._index.search(np.ascontiguousarray(queries, np.float32), k))

    def __len__(self) -> int:
        return int(self._index.ntotal)


def _ordered(likeness: Vectors, ids: Ids) -> tuple[Vectors, Ids]:
    order = np.lexsort((ids, -likeness), axis=1)
    return np.take_along_axis(likeness, order, 1), np.take_along_axis(ids, order, 1)
