/** The studio's tasks between the side panel and the host: each waits here for its end. */

import type { HostConnection } from "../host/connection";
import { HostError, HostGone, sayError } from "../host/errors";
import type { HostNotification } from "../host/methods";
import { bytesOf, pack, type Payload } from "../payload";
import type { StudioDone } from "../protocol/messages";
import { inTurn } from "../in-turn";
import {
  isTaskOpen,
  loadTasks,
  saveFar,
  saveTasks,
  type StudioMade,
  type StudioNetwork,
  type StudioOrder,
  type TaskRow,
} from "../studio";

const ENDED_MAX = 3;

interface Waiting {
  done(made: StudioDone): void;
  failed(error: Error): void;
  isCancelled?: boolean;
  isRunning?: boolean;
}

export class Studio {
  readonly #waiting = new Map<string, Waiting>();
  readonly #inTurn = inTurn();

  constructor() {
    // Whoever waited for them went with the worker before.
    this.#note((rows) => rows.map((row) => (isTaskOpen(row) ? { ...row, state: "cancelled" } : row)));
  }

  /** What the host makes, `null` where the reader cancelled it; rejects with what the host says against it. */
  async run(
    host: HostConnection,
    order: StudioOrder,
    picture: Payload | null,
    mask: Payload | null,
  ): Promise<StudioMade | null> {
    await host.ready();
    const image = picture === null ? new Uint8Array() : await bytesOf(picture);
    const drawn = mask === null ? {} : { mask: await bytesOf(mask) };
    const made = new Promise<StudioDone>((done, failed) => this.#waiting.set(order.task_id, { done, failed }));
    made.catch(() => undefined); // it may end before anybody waits for it
    this.#list(order);
    try {
      await host.request("studio.start", { ...order, image, ...drawn });
      if (this.#waiting.get(order.task_id)?.isCancelled) await this.cancel(host, order.task_id);
      const { data, mime, width, height, record } = await made;
      const file = await pack(new Blob([data as Uint8Array<ArrayBuffer>], { type: mime }));
      this.#put(order.task_id, { state: "done" });
      return { file, width, height, record };
    } catch (error) {
      if (error instanceof HostError && error.code === "E_CANCELLED") {
        this.#put(order.task_id, { state: "cancelled" });
        return null;
      }
      this.#put(order.task_id, { state: "failed", problem: sayError(error) });
      throw new Error(sayError(error), { cause: error }); // with what to do about it
    } finally {
      this.#waiting.delete(order.task_id);
    }
  }

  /** End a task; one that is still on its way to the host ends when it is there. */
  async cancel(host: HostConnection, taskId: string): Promise<void> {
    const waiting = this.#waiting.get(taskId);
    if (waiting) waiting.isCancelled = true;
    await host.request("studio.cancel", { task_id: taskId });
  }

  /** The networks that tools can work with, and what each needs. */
  async networks(host: HostConnection): Promise<StudioNetwork[]> {
    await host.ready();
    const found = await host.request("studio.networks", {});
    return found.map(({ tool, name, error }) => ({ tool, name, needs: error ? sayError(new HostError(error)) : "" }));
  }

  /** Let a task go before the others that wait. */
  async first(host: HostConnection, taskId: string): Promise<void> {
    await host.request("studio.first", { task_id: taskId });
    this.#note((rows) => {
      const waits = (row: TaskRow) => row.state === "waiting" && row.taskId !== taskId;
      return [...rows.filter((row) => !waits(row)), ...rows.filter(waits)];
    });
  }

  /** Take what has ended from the list. */
  clear(): void {
    this.#note((rows) => rows.filter(isTaskOpen));
  }

  /** Whether a task has not ended. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  hear({ method, params }: HostNotification): void {
    if (method === "studio.progress") {
      const waiting = this.#waiting.get(params.task_id);
      if (!waiting) return;
      if (!waiting.isRunning) this.#put(params.task_id, { state: "running" });
      waiting.isRunning = true;
      void saveFar({ taskId: params.task_id, fraction: params.fraction }).catch(() => undefined);
    } else if (method === "studio.done") {
      this.#waiting.get(params.task_id)?.done(params);
    } else if (method === "studio.failed") {
      this.#waiting.get(params.task_id)?.failed(new HostError(params.error));
    }
  }

  /** The host went away: whatever waits is told. */
  hostLeft(): void {
    for (const { failed } of this.#waiting.values()) failed(new HostGone());
  }

  #list({ task_id, tool }: StudioOrder): void {
    if (tool === "outline" || tool === "parts") return; // a click's own, over at once
    this.#note((rows) => {
      const ended = rows.filter((row) => !isTaskOpen(row)).slice(-ENDED_MAX);
      return [...ended, ...rows.filter(isTaskOpen), { taskId: task_id, tool, state: "waiting", problem: "" }];
    });
  }

  #put(taskId: string, change: Partial<TaskRow>): void {
    this.#note((rows) => rows.map((row) => (row.taskId === taskId ? { ...row, ...change } : row)));
  }

  #note(change: (rows: TaskRow[]) => TaskRow[]): void {
    void this.#inTurn(async () => saveTasks(change(await loadTasks()))).catch(() => undefined);
  }
}
