"""Make what a release consists of, the same bytes from the same sources.

    python .ci/dist.py      # after `npm run build` and `npm run build:firefox`; writes dist/

Wheel and source archive by hatchling; the extension's builds as archives for the stores, files in the order of their
names and with one date; SHA256SUMS over all of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
# `chrome` keeps the key that gives an unpacked extension the id which the host knows; the store refuses a key.
BUILDS = {"chrome": "chrome-mv3", "chrome-store": "chrome-mv3", "firefox": "firefox-mv3"}
# The earliest that an archive can say: a date of its own would make every build another file.
DATE = (1980, 1, 1, 0, 0, 0)
EPOCH = "315532800"


def main() -> int:
    """Build everything and print the sums."""
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    version = packages()
    for kind, folder in BUILDS.items():
        extension(kind, ROOT / "extension" / ".output" / folder, version)
    sums = "".join(f"{digest(path)}  {path.name}\n" for path in sorted(DIST.iterdir()))
    (DIST / "SHA256SUMS").write_text(sums, "ascii")
    sys.stdout.write(sums)
    return 0


def packages() -> str:
    """Build wheel and source archive; return the version in their names."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(DIST), "-t", "sdist", "-t", "wheel"]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH})
    (wheel,) = DIST.glob("*.whl")
    return wheel.name.split("-")[1]


def extension(kind: str, built: Path, version: str) -> None:
    """Pack a build of the extension, if it is what a store takes.

    Raises:
        SystemExit: the manifest is not what it should be.
    """
    manifest = json.loads((built / "manifest.json").read_text("utf-8"))
    wrong = faults(kind, manifest, version, built)
    if wrong:
        raise SystemExit(f"{built}: {'; '.join(wrong)}")
    if kind == "chrome-store":
        manifest.pop("key", None)
    target = DIST / f"irodori-{version}-{kind}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(one for one in built.rglob("*") if one.is_file()):
            name = path.relative_to(built).as_posix()
            content = json.dumps(manifest, indent=2).encode() if name == "manifest.json" else path.read_bytes()
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)


def description_of(manifest: dict[str, object], built: Path) -> str:
    """Return what a store shows: the text of the default locale, where the manifest names one."""
    text = str(manifest.get("description", ""))
    if text.startswith("__MSG_"):
        messages = built / "_locales" / str(manifest.get("default_locale")) / "messages.json"
        text = json.loads(messages.read_text("utf-8"))[text.removeprefix("__MSG_").removesuffix("__")]["message"]
    return text


def faults(kind: str, manifest: dict[str, object], version: str, built: Path) -> list[str]:
    """Say what a store would refuse or a reader should not get."""
    wrong = []
    if manifest.get("manifest_version") != 3:
        wrong.append("manifest version 3 is asked")
    if manifest.get("version") != version:
        wrong.append(f"version {manifest.get('version')} beside {version} of the wheel")
    if manifest.get("host_permissions"):
        wrong.append("a reader's build holds no site at install")
    if len(description_of(manifest, built)) > 132:
        wrong.append("the description is longer than 132 characters")
    if kind == "firefox" and "browser_specific_settings" not in manifest:
        wrong.append("Firefox asks for an id")
    return wrong


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
