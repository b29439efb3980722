/** What makes the host known on the reader's system: the commands, run in the Irodori folder. */

export type System = "windows" | "mac" | "linux";

const WITH_MAKE: readonly string[] = ["make install"];
const COMMANDS: Readonly<Record<System, readonly string[]>> = {
  linux: WITH_MAKE,
  mac: WITH_MAKE,
  windows: [
    "py -m venv .venv",
    ".venv\\Scripts\\pip install -c constraints.txt -e .",
    ".venv\\Scripts\\python -m installer register",
  ],
};

/** The system that a browser says it runs on; those that are no Windows and no Mac have `make` as Linux does. */
export function systemOf(os: string): System {
  return os === "win" ? "windows" : os === "mac" ? "mac" : "linux";
}

export function commandsFor(system: System): string {
  return COMMANDS[system].join("\n");
}
