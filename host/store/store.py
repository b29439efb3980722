"""Everything that outlives a page: one `Store` per process, safe beside another process on the same home.

A home that cannot be written, because its disk is full, over a quota or read-only, costs what is kept and no page:
results are not kept then, captured pages and references for now are held in memory.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self

from host.errors import IrodoriError
from host.store.blobs import BlobFolder
from host.store.database import Database
from host.store.history import History
from host.store.index_folder import IndexFolder
from host.store.presets import PresetFile
from host.store.process_folder import ProcessFolder
from host.store.references import ReferenceStore
from host.store.results import ResultStore
from host.store.sources import SourceIndex
from host.store.spool import Spool

if TYPE_CHECKING:
    from host.paths import StatePaths

_LOG = logging.getLogger(__name__)
_MIB = 1 << 20


class Store:
    """results: coloured pages and verdicts by key. sources: encoded digest → pixels. references: the library.
    spool: captured pages while this process lives. indexes: pictures by what is on them. presets: ways of colouring.
    scratch: a folder for files that are being written, removed at the end.
    """  # noqa: D205

    def __init__(
        self, database: Database, results_root: ProcessFolder, library_root: ProcessFolder, paths: StatePaths,
        cache_limit_mib: int, spool_limit_mib: int,
    ) -> None:  # fmt: skip
        self.database = database
        self._folders = (results_root, library_root)
        self.scratch = results_root.path / "scratch"
        self.results = ResultStore(database, BlobFolder(paths.results, self.scratch), cache_limit_mib * _MIB)
        self.sources = SourceIndex(database)
        self.history = History(database)
        self.presets = PresetFile(paths.presets_file)
        self.references = ReferenceStore(paths.references, library_root.path)
        self.indexes = IndexFolder(paths.retrieval)
        self.spool = Spool(results_root.path / "pages", spool_limit_mib * _MIB)

    @classmethod
    def open(cls, paths: StatePaths, *, cache_limit_mib: int, spool_limit_mib: int) -> Self:
        """Open what is there, make what is not, and sweep what dead processes left.

        Raises:
            Busy: another host rebuilds the database.
        """
        results_root = ProcessFolder.claim_or_none(paths.spool)
        library_root = ProcessFolder.claim_or_none(paths.references / ".scratch")
        database = Database(paths.database)
        store = cls(database, results_root, library_root, paths, cache_limit_mib, spool_limit_mib)
        if database.moved_aside is not None:
            store.results.sweep()
        return store

    def close(self) -> None:
        """Write down what is pending and remove this process's folders. May be called twice."""
        try:
            self.results.close()
        except IrodoriError as exc:
            _LOG.warning("the cache's counts were not written: %s", exc)
        self.database.close()
        self.spool.close()
        for folder in self._folders:
            folder.close()
