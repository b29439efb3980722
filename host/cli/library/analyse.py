"""`irodori library analyse`: a shelf in, what is on its pages out: records, words, and a model's account of them."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from rich.console import Console

from engines.base import EngineError
from engines.vlm.base import ModelFault
from host.books.whole_files import require_nameable, require_writable, write_whole
from host.cli.console import STDERR, say
from host.cli.library.progress import ShelfBars
from host.errors import BadRequest, EngineNotAvailable, SecretsUnavailable
from host.library.ledger import LockedFolder
from host.library.plan import counted
from host.library.pool import ProcessPool
from host.library.shelf import find_volumes
from host.library.understand.faults import FaultFolder
from host.library.understand.pace import Pace
from host.library.understand.reading import WordsChoice, begin, lost, read
from host.library.understand.run import AnalysisOrder, AnalysisRun, Tally
from host.library.understand.shelf import volumes_ledger
from host.library.understand.telling import Prices, Teller
from host.library.workers import default_workers
from host.logs import start_log
from host.paths import state_paths
from host.pipeline.version import PIPELINE_VERSION
from host.secrets import secret_for
from host.settings import SettingsFile

if TYPE_CHECKING:
    from pathlib import Path

    from engines.vlm.base import VisionLanguageModel
    from host.library.ledger import Ledger
    from host.library.plan import PlannedVolume
    from host.library.shelf import Source
    from host.library.understand.entries import VolumeAnalysis
    from host.library.understand.reading import ReadPage
    from host.library.understand.run import ReadTask
    from host.vocabulary import Direction

REPORT: Final = "analysis.json"
KEY_NAME: Final = "vlm_key"
_SHELF_EXTRA: Final = "pip install 'irodori[shelf]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """Which model is asked, and how. Without an endpoint and without a folder none is, and nothing is sent."""

    endpoint: str = ""
    model: str = ""
    folder: Path | None = None
    temperature: float = 0.1
    tokens_max: int = 4096
    workers: int = 4
    per_minute: float | None = None
    attempts: int = 5
    answer_s: float = 120.0
    prices: Prices = field(default_factory=Prices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line."""

    roots: tuple[Path, ...]
    output: Path
    direction: Direction = "auto"
    words: WordsChoice = field(default_factory=WordsChoice)
    model: ModelChoice = field(default_factory=ModelChoice)
    workers: int | None = None
    skip_existing: bool = False
    retry: bool = False
    pages_max: int | None = None
    error_log_dir: Path | None = None
    json: bool = False


def run(request: Request) -> int:
    """Analyse the shelf; return 0 if all pages were read (and told, if asked for), 1 if some were not.

    Raises:
        IrodoriError: nothing could be begun, or the disk is full; what was finished is kept.
    """
    began_s = time.monotonic()
    start_log(state_paths().log_file)
    require_nameable(request.output)
    if request.output.exists() and not request.output.is_dir():
        raise BadRequest(f"{request.output} is a file.", "Choose a folder as --output.")
    require_writable(request.output)
    detector = SettingsFile(state_paths().settings_file).current.detector_weights
    order = AnalysisOrder(
        identity=_identity(request, detector),
        direction=request.direction,
        skip_existing=request.skip_existing,
        retry=request.retry,
        pages_max=request.pages_max,
    )
    with ExitStack() as stack:
        teller = open_teller(request.model)
        if teller is not None:
            stack.callback(teller.model.close)
        stack.enter_context(LockedFolder(request.output, "analysis-lock"))
        shelf = find_volumes(request.roots, request.output)
        if not shelf.sources:
            raise BadRequest(
                "There is no volume there.", "Name folders with volumes (CBZ, PDF, …) or pictures in them."
            )
        ledger = volumes_ledger(request.output)
        to_do = [counted(one) for one in shelf.sources if not _is_done(ledger, one, order, teller)]
        pages = sum(one.pages for one in to_do)
        say(f"{len(shelf.sources)} volumes, {len(shelf.sources) - len(to_do)} done already; {pages} pages to look at.")
        tally = _go(request, detector, order, teller, ledger, to_do, [one.place for one in shelf.sources])
        return _conclude(request, ledger, shelf.sources, tally, time.monotonic() - began_s)


def open_teller(choice: ModelChoice) -> Teller | None:
    """Return what asks the model that the reader named; None where none is named.

    Raises:
        BadRequest: both or only half of one is named, or the address is none. EngineNotAvailable
    """
    if not choice.endpoint and choice.folder is None:
        if choice.model:
            raise BadRequest("A model is named, but not where it runs.", "Add --endpoint http://127.0.0.1:11434/v1.")
        return None
    missing = [name for name in ("json_repair", "tenacity") if find_spec(name) is None]
    if missing:
        raise EngineNotAvailable(f"{', '.join(missing)} is not installed.", _SHELF_EXTRA)
    try:
        model = _model(choice)
    except ModelFault as exc:
        raise BadRequest(exc.message, exc.hint) from exc
    return Teller(model, Pace(choice.per_minute), choice.attempts, choice.prices)


def _model(choice: ModelChoice) -> VisionLanguageModel:
    if choice.folder is not None:
        from engines.vlm.local import TransformersModel

        if choice.endpoint:
            raise BadRequest("Both an endpoint and a folder are named.", "Name one of them.")
        return TransformersModel(choice.folder, choice.tokens_max)
    from engines.vlm.endpoint import Endpoint, EndpointModel

    bare = Endpoint(choice.endpoint, choice.model)
    if bare.fault():
        raise ModelFault(f"The endpoint cannot be used: {bare.fault()}.", "See docs/LIBRARY.md.", kind="all")
    endpoint = Endpoint(
        choice.endpoint,
        choice.model,
        _key(bare.origin),
        temperature=choice.temperature,
        tokens_max=choice.tokens_max,
        answer_s=choice.answer_s,
        at_once=choice.workers,
    )
    return EndpointModel(endpoint)


def key_name(origin: str) -> str:
    """Return the name under which the keyring holds a server's key."""
    return f"{KEY_NAME} {origin}"


def _key(origin: str) -> str:
    try:
        return secret_for(key_name(origin), origin) or ""
    except SecretsUnavailable:
        return ""


def _identity(request: Request, detector: str) -> str:
    """Return the digest of what decides a page's record, apart from its bytes."""
    try:
        reader = request.words.open()
    except EngineError as exc:
        raise EngineNotAvailable(f"Lettering cannot be read: {exc}.", exc.hint) from exc
    words = [reader.id, reader.version] if reader is not None else []
    facts = json.dumps([PIPELINE_VERSION, detector, request.direction, words])
    return hashlib.sha256(facts.encode()).hexdigest()


def _is_done(ledger: Ledger[VolumeAnalysis], source: Source, order: AnalysisOrder, teller: Teller | None) -> bool:
    record = ledger.get(source.place)
    if record is None or record.fault or record.stamp != source.stamp:
        return False
    if (order.retry and record.has_failures) or (record.order != order.identity and not order.skip_existing):
        return False
    return teller is None or record.teller == teller.identity or (order.skip_existing and bool(record.teller))


def _go(
    request: Request,
    detector: str,
    order: AnalysisOrder,
    teller: Teller | None,
    ledger: Ledger[VolumeAnalysis],
    to_do: list[PlannedVolume],
    taken: list[str],
) -> Tally:
    if not to_do:
        return Tally()
    faults = FaultFolder(request.error_log_dir or request.output / "errors")
    letters = request.words.open()
    count = request.workers or default_workers(letters.memory_mib if letters is not None else 0)
    pool: ProcessPool[ReadTask, ReadPage] = ProcessPool(count, begin, (detector, request.words, True), read, lost)
    try:
        with AnalysisProgress(STDERR, sum(one.pages for one in to_do), len(to_do)) as progress:
            going = AnalysisRun(request.output, ledger, pool, teller, order, faults, progress)
            going.run(to_do, taken)
    finally:
        pool.close()
    return going.tally


def _conclude(
    request: Request, ledger: Ledger[VolumeAnalysis], sources: tuple[Source, ...], tally: Tally, seconds: float
) -> int:
    records = [record for one in sources if (record := ledger.get(one.place)) is not None]
    failed = [record for record in records if record.has_failures]
    report = {
        "volumes": len(sources),
        "pages": sum(book.pages for record in records for book in record.books),
        "failed_pages": sum(book.failed for record in records for book in record.books),
        "told_pages": sum(book.told for record in records for book in record.books),
        "failed_volumes": [{"place": one.place, "fault": one.fault} for one in records if one.fault],
        "this_run": {**asdict(tally), "seconds": round(seconds, 1)},
    }
    plain = json.dumps(report, indent=1)
    write_whole(request.output / REPORT, plain.encode())
    told = ""
    if tally.attempts:
        cost = "" if tally.cost_usd is None else f", {tally.cost_usd:.4f} USD"
        told = (
            f", {tally.told} told, {tally.untold} not ({tally.prompt_tokens} + {tally.completion_tokens} tokens{cost})"
        )
    say(f"{tally.read} read, {tally.kept} kept, {tally.failed} failed{told} in {seconds:.1f} s -> {request.output}")
    if request.json:
        Console(soft_wrap=True).print(plain, markup=False, highlight=False)
    return 1 if failed or tally.failed or tally.untold else 0


class AnalysisProgress(ShelfBars):
    """Listens to a run that reads: a line for each volume and each page that failed."""

    def page_ended(self, source: Source, page: str, fault: str) -> None:
        """Count a page; tell one that failed."""
        self._bars.advance(self._pages)
        if fault:
            self._say(f"  {source.place}: {page}  failed: {fault}")

    def ended(self, record: VolumeAnalysis) -> None:
        """Count a volume and print its line."""
        self._bars.advance(self._volumes)
        for book in record.books:
            counts = [f"{book.pages} pages", f"{book.failed} failed"] if book.failed else [f"{book.pages} pages"]
            counts += [f"{book.told} told"] if book.told else []
            self._say(f"{book.place}  {', '.join(counts)}")
        if record.fault:
            self._say(f"{record.place}  failed: {record.fault}")
