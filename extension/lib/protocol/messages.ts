/**
 * Every message of the wire. Generated from host/messaging/messages.py by `python -m host.messaging.generate`;
 * do not edit. A key with `?` may be left out.
 */

export const PROTOCOL_RANGE: readonly [number, number] = [1, 1];
export const CHUNK_BYTES = 196_608;
export const WINDOW_CHUNKS = 8;
export const FRAME_BYTES = 67_108_864;
export const MESSAGE_BYTES = 1_048_576;
export const UNFINISHED_MS = 30_000;
export const SILENCE_MS = 90_000;
export const EXPORT_FORMATS = ["cbz", "pdf", "zip", "epub"] as const;

export type ErrorCode =
  | "E_VERSION"
  | "E_BAD_REQUEST"
  | "E_UNKNOWN_METHOD"
  | "E_NOT_FOUND"
  | "E_FRAME"
  | "E_TOO_LARGE"
  | "E_IMAGE"
  | "E_HASH_MISMATCH"
  | "E_ENGINE_UNAVAILABLE"
  | "E_MODEL_MISSING"
  | "E_MODEL_INVALID"
  | "E_OUT_OF_MEMORY"
  | "E_CANCELLED"
  | "E_QUALITY"
  | "E_REMOTE"
  | "E_FETCH_REFUSED"
  | "E_DISK_FULL"
  | "E_BUSY"
  | "E_INTERNAL"
  | "E_SECRETS";

/** What an engine can take. */
export interface Supports {
  references_max: number;
  preview: boolean;
  negative_prompt: boolean;
  lora: boolean;
  inpaint: boolean;
  seed: boolean;
}

/** `{}`. */
export type Empty = Record<string, never>;

/** The colour that the reader wants at a dot or along a stroke, in 0..1 of the page, and in the region around it. */
export interface ColourHint {
  points: ([number, number])[];
  rgb: [number, number, number];
  radius?: number;
  region?: (([number, number])[])[];
}

/** The colours that the reader wants the figure at `point`, in 0..1 of the page, to have; at least one. */
export interface FigurePalette {
  point: [number, number];
  hair?: [number, number, number];
  skin?: [number, number, number];
  clothes?: [number, number, number];
  region?: (([number, number])[])[];
}

/** What the reader says of a page, such as its place and the mood there; for engines that read words. */
export interface PageWords {
  text: string;
}

/** A colour and the share of the picture that it covers. */
export interface PaletteEntry {
  rgb: [number, number, number];
  share: number;
}

/** Keep a picture as a style reference; the same pixels give the same id. */
export interface ReferenceAdd {
  image: Uint8Array;
  name?: string;
  series?: string;
  character?: string;
  source_url?: string;
}

/** A style reference; `thumbnail` is an encoded WebP or PNG of at most 256 px, empty where it was not asked for. */
export interface Reference {
  reference_id: string;
  width: number;
  height: number;
  thumbnail: Uint8Array;
  palette: PaletteEntry[];
  name?: string;
  series?: string;
  character?: string;
  source_url?: string;
}

/** The thumbnail of a reference; see there. */
export interface ReferenceThumbnail {
  reference_id: string;
  thumbnail: Uint8Array;
}

/** A hit of a search; higher is nearer, 1.0 is the same picture. */
export interface ReferenceScore {
  reference_id: string;
  score: number;
}

/** What is remembered of a series that was coloured here; `first` and `last` in seconds since 1970. */
export interface HistorySeries {
  series: string;
  chapters: number;
  pages: number;
  seconds: number;
  first: number;
  last: number;
  engines: string[];
  references: string[];
}

/** What the cache of results holds. */
export interface CacheStats {
  entries: number;
  bytes: number;
  limit_bytes: number;
  hits: number;
  misses: number;
}

/** A colour, sRGB, where it is from, and how sure that is; `source` is the reference's id or the page's SHA-256. */
export interface PartColour {
  rgb: [number, number, number];
  origin: "reader" | "reference" | "page";
  sure?: number;
  source?: string;
}

/** A figure on a page: the SHA-256 of the page's pixels (or of its encoded bytes), and a point of it, 0..1. */
export interface FigureAt {
  page: string;
  point: [number, number];
}

/** Somebody of a series. */
export interface PaletteCharacter {
  character_id: string;
  name?: string;
  hair?: PartColour;
  skin?: PartColour;
  eyes?: PartColour;
  clothes?: PartColour;
  shown?: FigureAt[];
  not_shown?: FigureAt[];
  looks?: Uint8Array[];
  face?: Uint8Array;
}

/** A place of a series and its mood, in words for engines that read them. */
export interface PalettePlace {
  place_id: string;
  name?: string;
  mood?: string;
  shown?: string[];
}

/** Somebody, somewhere or something that comes again: what stands for it in wishes, and what shows it. */
export interface PaletteElement {
  element_id: string;
  name?: string;
  kind?: "character" | "place" | "thing";
  trigger?: string;
  description?: string;
  pictures?: string[];
  character?: string;
}

/** The palette of a series. `embedder` made the looks; `mood`: in words, for engines that read them. */
export interface SeriesPalette {
  version: 1;
  series: string;
  mood?: string;
  embedder?: string;
  characters?: PaletteCharacter[];
  places?: PalettePlace[];
  elements?: PaletteElement[];
}

/** A figure that was seen on a coloured page: where, its head, its colours there, and on how many pages its like is. */
export interface FoundFigure {
  figure: FigureAt;
  name?: string;
  face?: Uint8Array;
  hair?: [number, number, number];
  skin?: [number, number, number];
  clothes?: [number, number, number];
  pages?: number;
  sure?: number;
}

/** On how many pages a character was seen for sure, and the figures that may be this one: the reader knows. */
export interface CharacterSeen {
  character_id: string;
  pages: number;
  unsure: FoundFigure[];
}

/** The pages that show a place, by the SHA-256 of their encoded bytes; one may have come in several encodings. */
export interface PlaceSeen {
  place_id: string;
  pages: string[];
}

/** A palette, where its characters were seen, who else was, and whether there is a change to take back. */
export interface PaletteView {
  palette: SeriesPalette;
  seen: CharacterSeen[];
  others: FoundFigure[];
  undo: boolean;
  pages: string[];
  about: string;
  touched: number;
  places: PlaceSeen[];
}

/** A palette that is kept. */
export interface PaletteCard {
  series: string;
  characters: number;
  pages: number;
}

/** Ask for the palette of a series; one that nobody made is empty. */
export interface PaletteQuery {
  series: string;
}

/** Change a place of a palette, or without `place_id` make a new one; what is left out stays. */
export interface PlaceSet {
  place_id?: string;
  name?: string;
  mood?: string;
  shows?: string[];
  shows_not?: string[];
  remove?: boolean;
}

/** Change an element of a palette, or without `element_id` make a new one; what is left out stays. */
export interface ElementSet {
  element_id?: string;
  name?: string;
  kind?: "character" | "place" | "thing";
  trigger?: string;
  description?: string;
  pictures?: string[];
  character?: string;
  remove?: boolean;
}

/** Change a palette, as the reader's own word; what is left out stays. */
export interface PaletteSet {
  series: string;
  character_id?: string;
  figure?: FigureAt;
  is_not?: FigureAt;
  name?: string;
  hair?: [number, number, number];
  skin?: [number, number, number];
  eyes?: [number, number, number];
  clothes?: [number, number, number];
  clear?: ("hair" | "skin" | "eyes" | "clothes")[];
  remove?: boolean;
  mood?: string;
  place?: PlaceSet;
  element?: ElementSet;
}

/** Two characters are one: `gone` goes into `kept`, whose name and colours stand where both have them. */
export interface PaletteMerge {
  series: string;
  kept: string;
  gone: string;
}

/** A picture that a list of elements names, encoded. */
export interface ElementPicture {
  name: string;
  image: Uint8Array;
}

/** Make the elements of a list (JSON, UTF-8: `docs/schemas/elements.schema.json`) a series', all or none. */
export interface ElementsFile {
  series: string;
  json: Uint8Array;
  pictures?: ElementPicture[];
}

/** A palette as its file holds it: JSON, UTF-8. */
export interface PaletteFile {
  series: string;
  json: Uint8Array;
}

/** What went wrong and what to do. data: `told` in it is both in any language: a sentence's key, then its values. */
export interface WireError {
  code: string;
  message: string;
  hint: string;
  retryable: boolean;
  data?: Record<string, unknown>;
}

/** The wire's limits, as the host keeps them. */
export interface Limits {
  chunk_bytes: number;
  window_chunks: number;
  frame_bytes: number;
}

/** One engine, and whether it is ready; `reason` says why it is not and how to mend it. */
export interface EngineState {
  id: string;
  label: string;
  ready: boolean;
  reason: string;
  models: string[];
  licence: string;
  device: string;
  supports: Supports;
  told?: string[];
}

/** The machine's accelerator, or its processor. */
export interface DeviceInfo {
  kind: string;
  name: string;
  memory_mib: number;
}

/** A page: `sha256` of its encoded bytes, `index` in the chapter. `width`, `height` and `url` are read by nobody. */
export interface Page {
  page_id: string;
  index: number;
  sha256: string;
  visible?: boolean;
  width?: number;
  height?: number;
  url?: string;
  hints?: ColourHint[];
  palettes?: FigurePalette[];
  words?: PageWords[];
}

/** A LoRA that the reader dropped, by its `model_id`, and how strongly it acts. */
export interface LoraChoice {
  name: string;
  weight?: number;
}

/** How to colour; what is left out is decided by the settings. */
export interface Options {
  seed?: number;
  strength?: number;
  steps?: number;
  prompt?: string;
  negative_prompt?: string;
  loras?: LoraChoice[];
  keep_coloured?: boolean;
  quality?: "preview" | "standard" | "best";
  engine_options?: Record<string, unknown>;
  translate?: boolean;
  caption?: boolean;
  enhance?: "off" | "local" | "ollama";
}

/** A way of colouring that the reader named. `engine`: None for the one that is chosen otherwise. */
export interface Preset {
  name: string;
  engine?: string;
  options: Options;
}

/** How many pages of a job stand where. */
export interface PageCounts {
  queued: number;
  running: number;
  done: number;
  skipped: number;
  failed: number;
  cancelled: number;
}

/** One job. */
export interface JobStatus {
  job_id: string;
  state: "running" | "done" | "cancelled";
  pages: PageCounts;
}

/** A model of the catalogue, or a file that the reader dropped into the models' folder. */
export interface ModelInfo {
  model_id: string;
  label: string;
  engine: string;
  licence: string;
  bytes: number;
  memory_mib: number;
  state: "ready" | "missing" | "pulling" | "invalid";
  role?: string;
  detail?: string;
  ships?: boolean;
  non_commercial?: boolean;
  told?: string[];
}

/** One link of the chain that `host.doctor` walks. */
export interface DoctorCheck {
  check: string;
  ok: boolean;
  detail: string;
  fix: string;
  told?: string[];
}

/** The extension introduces itself. */
export interface Hello {
  protocol: [number, number];
  extension_version?: string;
  browser?: string;
}

/** What the host is and can do; `protocol` is the version agreed on. */
export interface Welcome {
  protocol: number;
  host_version: string;
  engines: EngineState[];
  default_engine: string;
  device: DeviceInfo;
  settings: Record<string, unknown>;
}

/** How busy the host is. */
export interface Pong {
  uptime_s: number;
  busy: boolean;
  queue_depth: number;
}

/** Ask for references, all or those of one series. Without `thumbnails` those are empty. */
export interface ReferenceList {
  series?: string;
  thumbnails?: boolean;
}

/** Ask for the thumbnails of some references; of those that have gone there is none. */
export interface ReferenceThumbnails {
  reference_ids: string[];
}

/** Forget a reference. */
export interface ReferenceRemove {
  reference_id: string;
}

/** Call a reference otherwise; what is left out stays, an empty text is none. */
export interface ReferenceChange {
  reference_id: string;
  name?: string;
  series?: string;
  character?: string;
}

/** Ask for the references nearest to a picture: exactly one of `image` and `reference_id`. */
export interface ReferenceSearch {
  k: number;
  image?: Uint8Array;
  reference_id?: string;
  series?: string;
}

/** Colour a chapter. */
export interface RunChapter {
  series: string;
  chapter: string;
  direction: "rtl" | "ltr" | "auto";
  pages: Page[];
  references: string[];
  engine?: string;
  options?: Options;
}

/** Colour one page; with `image` its bytes come along. */
export interface RunPage {
  page_id: string;
  index?: number;
  sha256: string;
  visible?: boolean;
  width?: number;
  height?: number;
  url?: string;
  image?: Uint8Array;
  series?: string;
  chapter?: string;
  direction?: "rtl" | "ltr" | "auto";
  references?: string[];
  engine?: string;
  options?: Options;
  hints?: ColourHint[];
  palettes?: FigurePalette[];
  words?: PageWords[];
}

/** What a chapter would cost: pages whose result is in the cache, pages that would be coloured, seconds for these. */
export interface Estimate {
  cached: number;
  fresh: number;
  seconds?: number;
}

/** The job's id, and the pages whose bytes the host lacks. */
export interface JobAccepted {
  job_id: string;
  need: string[];
}

/** The bytes of a needed page. */
export interface PagePut {
  job_id: string;
  page_id: string;
  image: Uint8Array;
}

/** The page's bytes are here and are those announced. */
export interface PageAccepted {
  accepted: boolean;
}

/** These pages next, in this order. */
export interface JobPrioritize {
  job_id: string;
  page_ids: string[];
  index?: number;
  first?: boolean;
}

/** Stop a job, or only some of its pages. */
export interface JobCancel {
  job_id: string;
  page_ids?: string[];
}

/** The pages that will not end as done, skipped or failed. */
export interface CancelResult {
  cancelled: string[];
}

/** Ask for one job, or for all that this host knows. */
export interface JobStatusQuery {
  job_id?: string;
}

/** A page of a file: its result, if it came to one, and the SHA-256 of the bytes that were captured, if any were. */
export interface ExportPage {
  page_id: string;
  sha256?: string;
  result_key?: string;
  rows?: [number, number];
}

/** Write pages into one file: those of `job_id` in reading order, or `pages` in theirs, whichever jobs they are of. */
export interface ChapterExport {
  format: "cbz" | "pdf" | "zip" | "epub";
  job_id?: string;
  pages?: ExportPage[];
  series?: string;
  chapter?: string;
  direction?: "rtl" | "ltr" | "auto";
  export_id?: string;
  partial?: boolean;
}

/** Where the file is, how long, and which pages in it, counted from 1, have no new picture or are not there. */
export interface ExportResult {
  path: string;
  bytes: number;
  coloured?: number;
  as_they_were?: number[];
  missing?: number[];
  need?: string[];
}

/** Stop the export of this `export_id`, under way or still to come: it ends with E_CANCELLED, and without a file. */
export interface ExportCancel {
  export_id: string;
}

/** The captured bytes of a page that a file is to hold as it was. */
export interface PageKeep {
  sha256: string;
  image: Uint8Array;
}

/** Ask what a dot of colour at `point`, [x, y] in 0..1 of a page, would take; by the SHA-256 of its bytes. */
export interface PageRegionQuery {
  sha256: string;
  point: [number, number];
}

/** Outlines in 0..1 of the page, a hole being one within another, and how much of the page they enclose. */
export interface PageRegion {
  by: "network" | "lines";
  outlines: (([number, number])[])[];
  share: number;
}

/** Forget a preset. */
export interface PresetRemove {
  name: string;
}

/** Name a model of the catalogue. */
export interface ModelQuery {
  model_id: string;
}

/** Pull a model; one whose licence forbids commercial use only where the reader has accepted it. */
export interface ModelPull {
  model_id: string;
  licence_accepted?: boolean;
}

/** A task that reports by `model.progress`. */
export interface TaskAccepted {
  task_id: string;
}

/** Keep a secret in the system keyring. */
export interface SecretSet {
  name: string;
  value: string;
}

/** Forget a secret. */
export interface SecretDelete {
  name: string;
}

/** Ask for the models that work on words. ollama: those of Ollama, too, which is asked for them. */
export interface WordModelsQuery {
  ollama?: boolean;
}

/** A model that a step can take. language: that a translator reads. sees: it looks at the page. */
export interface WordModel {
  step: string;
  provider: string;
  model: string;
  label: string;
  ready: boolean;
  language?: string;
  sees?: boolean;
}

/** Those that there are. trouble: why Ollama's are not among them. */
export interface WordModels {
  models: WordModel[];
  trouble?: string;
}

/** Drop results, all or those not used for this long. */
export interface CacheClear {
  older_than_s?: number;
}

/** Forget a series that was coloured, its pictures with it; without `series` all of them. Palettes stay. */
export interface HistoryForget {
  series?: string;
}

/** Ask for the report of a series. */
export interface HistoryReportQuery {
  series: string;
}

/** A report, an HTML file: where it is, how many pages are in it, and how many are remembered. */
export interface HistoryReport {
  path: string;
  pages: number;
  remembered: number;
}

/** How many results were dropped. */
export interface CacheCleared {
  removed: number;
}

/** The host speaks first. */
export interface SessionReady {
  protocol: [number, number];
  host_version: string;
  pid: number;
  log_path: string;
  limits: Limits;
}

/** A frame was dropped; `id` is the frame's, 0 where it is not known. */
export interface SessionFault {
  id: number;
  code: string;
  message: string;
}

/** This side closes. */
export interface SessionBye {
  reason: string;
}

/** Where a page stands; `fraction` never falls for a page. */
export interface JobProgress {
  job_id: string;
  page_id: string;
  stage: "queued" | "decode" | "pass1" | "retrieve" | "pass2" | "compose" | "encode";
  fraction: number;
  step?: number;
  steps?: number;
  eta_s?: number;
}

/** An early picture of a page, smaller than it: a first sight of one that is looked at, then what a step shows. */
export interface PagePreview {
  job_id: string;
  page_id: string;
  image: Uint8Array;
  mime: string;
}

/** A coloured page; `result_key` names its picture in the cache, for `chapter.export`. */
export interface PageDone {
  job_id: string;
  page_id: string;
  image: Uint8Array;
  mime: string;
  width: number;
  height: number;
  cached: boolean;
  runmeta: Record<string, unknown>;
  result_key: string;
}

/** A page that is left as it is, and why. */
export interface PageSkipped {
  job_id: string;
  page_id: string;
  reason: "already_coloured" | "blank" | "text_only" | "advertisement";
  result_key?: string;
}

/** A page that could not be coloured; it stays as it was. */
export interface PageFailed {
  job_id: string;
  page_id: string;
  error: WireError;
}

/** The job's end: every page is counted once. */
export interface JobDone {
  job_id: string;
  done: number;
  skipped: number;
  failed: number;
  cancelled: number;
  duration_ms: number;
}

/** How many pages of an export are in its file. */
export interface ExportProgress {
  export_id: string;
  done: number;
  total: number;
}

/** How far a pull is; `state` is `pulling`, `verifying`, `ready`, `failed`; `error`: why, and what to do. */
export interface ModelProgress {
  task_id: string;
  model_id: string;
  bytes: number;
  total_bytes: number;
  state: "pulling" | "verifying" | "ready" | "failed";
  error?: WireError;
}

/** Models have come or gone; what `engine.list` says may have changed with them. */
export interface ModelChanged {
  models: ModelInfo[];
}

/** A filter and how much of it; `levels` takes `black`, `white` and `gamma`, the others `amount`. */
export interface FilterStep {
  filter: "brightness" | "contrast" | "saturation" | "blur" | "sharpen" | "levels";
  amount?: number;
  black?: number;
  white?: number;
  gamma?: number;
}

/** Do something with a page's picture; which keys count hangs on the tool. `task_id` is the caller's own. */
export interface StudioTask {
  task_id: string;
  tool: "filter" | "cut_out" | "vectorise" | "animate" | "inpaint" | "extend" | "outline" | "upscale" | "words" | "storyboard" | "parts";
  image: Uint8Array;
  direction?: "rtl" | "ltr" | "auto";
  filters?: FilterStep[];
  figures?: number[];
  panels?: number[];
  film?: "webm" | "mp4" | "gif";
  seconds?: number;
  size_px?: number;
  move?: "auto" | "in" | "out" | "left" | "right" | "up" | "down";
  by?: "camera" | "network";
  steps?: number;
  loop?: boolean;
  inside?: ([number, number])[];
  outside?: ([number, number])[];
  mask?: Uint8Array;
  left?: number;
  right?: number;
  top?: number;
  bottom?: number;
  words?: string;
  series?: string;
  references?: string[];
  engine?: string;
  seed?: number;
  scale?: number;
  model?: string;
  pages?: string[];
}

/** The task waits its turn; `ahead` are before it. */
export interface StudioAccepted {
  ahead: number;
}

/** Stop a task, or take it out of the queue. */
export interface StudioCancel {
  task_id: string;
}

/** Put a task before all others that wait; the one under way goes on. */
export interface StudioFirst {
  task_id: string;
}

/** A network that a tool can work with, and whether it can run here; `error`: why not, and what to do. */
export interface StudioNetwork {
  tool: "filter" | "cut_out" | "vectorise" | "animate" | "inpaint" | "extend" | "outline" | "upscale" | "words" | "storyboard" | "parts";
  name: string;
  ready: boolean;
  error?: WireError;
}

/** Whether there was such a task that had not ended; it ends as failed, with E_CANCELLED. */
export interface StudioCancelled {
  cancelled: boolean;
}

/** Lay filters over a small picture at once, to be looked at. `scale`: how large it is compared to the page. */
export interface StudioLook {
  image: Uint8Array;
  filters: FilterStep[];
  scale?: number;
}

/** A picture and what it is encoded as. */
export interface StudioPicture {
  image: Uint8Array;
  mime: string;
}

/** How far a task of the studio is; `fraction` never falls. */
export interface StudioProgress {
  task_id: string;
  fraction: number;
}

/** What a task made: a picture, a film, a drawing of curves, a text or a storyboard's ZIP, as a file of this type. */
export interface StudioDone {
  task_id: string;
  data: Uint8Array;
  mime: string;
  width: number;
  height: number;
  record: Record<string, unknown>;
}

/** A task that made nothing, and why; E_CANCELLED where it was cancelled. */
export interface StudioFailed {
  task_id: string;
  error: WireError;
}

/** The requests that the host answers. */
export interface Methods {
  "session.hello": { params: Hello; result: Welcome };
  "session.ping": { params: Empty; result: Pong };
  "engine.list": { params: Empty; result: EngineState[] };
  "reference.add": { params: ReferenceAdd; result: Reference };
  "reference.list": { params: ReferenceList; result: Reference[] };
  "reference.thumbnails": { params: ReferenceThumbnails; result: ReferenceThumbnail[] };
  "reference.change": { params: ReferenceChange; result: Reference };
  "reference.remove": { params: ReferenceRemove; result: Empty };
  "reference.search": { params: ReferenceSearch; result: ReferenceScore[] };
  "palette.list": { params: Empty; result: PaletteCard[] };
  "palette.get": { params: PaletteQuery; result: PaletteView };
  "palette.set": { params: PaletteSet; result: PaletteView };
  "palette.merge": { params: PaletteMerge; result: PaletteView };
  "palette.undo": { params: PaletteQuery; result: PaletteView };
  "palette.export": { params: PaletteQuery; result: PaletteFile };
  "palette.import": { params: PaletteFile; result: PaletteView };
  "palette.elements": { params: ElementsFile; result: PaletteView };
  "pipeline.estimate": { params: RunChapter; result: Estimate };
  "preset.list": { params: Empty; result: Preset[] };
  "preset.save": { params: Preset; result: Preset[] };
  "preset.remove": { params: PresetRemove; result: Preset[] };
  "pipeline.run_chapter": { params: RunChapter; result: JobAccepted };
  "pipeline.run_page": { params: RunPage; result: JobAccepted };
  "page.put": { params: PagePut; result: PageAccepted };
  "page.keep": { params: PageKeep; result: PageAccepted };
  "page.region": { params: PageRegionQuery; result: PageRegion };
  "job.prioritize": { params: JobPrioritize; result: Empty };
  "job.cancel": { params: JobCancel; result: CancelResult };
  "job.status": { params: JobStatusQuery; result: JobStatus[] };
  "chapter.export": { params: ChapterExport; result: ExportResult };
  "export.cancel": { params: ExportCancel; result: Empty };
  "model.list": { params: Empty; result: ModelInfo[] };
  "model.pull": { params: ModelPull; result: TaskAccepted };
  "model.remove": { params: ModelQuery; result: Empty };
  "settings.get": { params: Empty; result: Record<string, unknown> };
  "settings.set": { params: Record<string, unknown>; result: Record<string, unknown> };
  "words.list": { params: WordModelsQuery; result: WordModels };
  "secret.set": { params: SecretSet; result: Empty };
  "secret.delete": { params: SecretDelete; result: Empty };
  "cache.stats": { params: Empty; result: CacheStats };
  "cache.clear": { params: CacheClear; result: CacheCleared };
  "history.list": { params: Empty; result: HistorySeries[] };
  "history.report": { params: HistoryReportQuery; result: HistoryReport };
  "history.forget": { params: HistoryForget; result: CacheCleared };
  "studio.look": { params: StudioLook; result: StudioPicture };
  "studio.networks": { params: Empty; result: StudioNetwork[] };
  "studio.start": { params: StudioTask; result: StudioAccepted };
  "studio.first": { params: StudioFirst; result: Empty };
  "studio.cancel": { params: StudioCancel; result: StudioCancelled };
  "host.doctor": { params: Empty; result: DoctorCheck[] };
}

/** What the host tells unasked; `session.bye` is also the extension's. */
export interface Notifications {
  "session.ready": SessionReady;
  "session.fault": SessionFault;
  "session.bye": SessionBye;
  "job.progress": JobProgress;
  "page.preview": PagePreview;
  "page.done": PageDone;
  "page.skipped": PageSkipped;
  "page.failed": PageFailed;
  "job.done": JobDone;
  "export.progress": ExportProgress;
  "model.progress": ModelProgress;
  "model.changed": ModelChanged;
  "studio.progress": StudioProgress;
  "studio.done": StudioDone;
  "studio.failed": StudioFailed;
}
