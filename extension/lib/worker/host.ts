/** The worker's one connection: opens the port, shows its state to the popup, lets the host go when nobody needs it. */

import { browser } from "wxt/browser";
import { type ConnectionState, HOST_NAME, HostConnection } from "../host/connection";
import type { HostNotification } from "../host/methods";
import { sayDevice } from "../host/told";
import { type ConnectionView, loadConnection, NO_CONNECTION, saveConnection } from "../state";

const RELEASE_AFTER_MS = 300_000;

/** Connect the worker to the host; `hear` gets its notifications, `became` each state after it was stored. */
export async function openHost(
  hear: (notification: HostNotification) => void,
  became: (state: ConnectionState) => void,
): Promise<HostConnection> {
  let { hasSpoken } = await loadConnection();
  const onState = (state: ConnectionState) => {
    hasSpoken ||= state.name === "ready";
    void saveConnection(viewOf(state, hasSpoken));
    became(state);
  };
  onState({ name: "idle" });
  return new HostConnection({ open: openPort, hello: introduction(), onState, onNotification: hear }, hasSpoken);
}

/** Release the host once `isNeeded` has been false for five minutes. */
export function releaseWhenIdle(host: HostConnection, isNeeded: () => boolean): void {
  let neededAt = Date.now();
  setInterval(() => {
    if (isNeeded()) neededAt = Date.now();
    else if (host.state.name === "ready" && Date.now() - neededAt > RELEASE_AFTER_MS) host.release();
  }, RELEASE_AFTER_MS / 10);
}

function openPort(onMessage: (message: unknown) => void, onClosed: (error: string | undefined) => void) {
  const port = browser.runtime.connectNative(HOST_NAME);
  port.onMessage.addListener(onMessage);
  port.onDisconnect.addListener((closed) => {
    const { error } = closed as { error?: { message?: string } }; // Firefox's way of saying it
    onClosed(error?.message ?? browser.runtime.lastError?.message);
  });
  return port;
}

function introduction(): { extension_version: string; browser: string } {
  return { extension_version: browser.runtime.getManifest().version, browser: navigator.userAgent };
}

function viewOf(state: ConnectionState, hasSpoken: boolean): ConnectionView {
  if (state.name !== "ready") {
    return { ...NO_CONNECTION, name: state.name, problem: "problem" in state ? state.problem : null, hasSpoken };
  }
  const { welcome, pid, logPath, refreshed } = state;
  return {
    name: "ready",
    problem: state.problem ?? null,
    hostVersion: welcome.host_version,
    device: sayDevice(welcome.device.name || welcome.device.kind),
    pid,
    logPath,
    engines: welcome.engines,
    refreshed: refreshed ?? 0,
    defaultEngine: welcome.default_engine,
    hasSpoken,
  };
}
