"""`python -m installer` as one runs it, with a home in a temporary folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installer.machines import make_launcher
from tests.installer.test_handshake import SPEAK, script

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for Linux folders")
ROOT = Path(__file__).parents[2]
MANIFEST = ".config/chromium/NativeMessagingHosts/app.irodori.host.json"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / ".config" / "chromium").mkdir(parents=True)
    return folder


def installer(home: Path, *arguments: str, within: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "IRODORI_HOME": str(home / "state")}
    return subprocess.run(
        [sys.executable, "-m", "installer", *arguments],
        capture_output=True, text=True, env=environ, check=False, cwd=within,
    )  # fmt: skip


def good_host(folder: Path) -> Path:
    log = folder / "host.log"
    text = SPEAK.replace('"/l"', repr(str(log))) + "sys.stdout.buffer.write(struct.pack('=I', len(body)) + body)"
    return script(folder, text)


@pytest.mark.slow
def test_register_status_unregister(home: Path, tmp_path: Path) -> None:
    launcher = make_launcher(tmp_path)
    done = installer(home, "register", "--host", str(launcher))
    assert done.returncode == 0, done.stderr
    assert json.loads((home / MANIFEST).read_text())["path"] == str(launcher)
    assert "Chromium" in done.stdout
    assert "Chrome Beta" not in done.stdout
    told = installer(home, "status", "--host", str(launcher)).stdout
    assert "Chromium" in told
    assert " registered " in told
    assert installer(home, "unregister").returncode == 0
    assert not (home / MANIFEST).parent.exists()
    assert (home / ".config" / "chromium").is_dir()
    assert installer(home, "unregister").stdout == "Nothing was registered.\n"


def test_a_launcher_that_is_not_there_is_a_usage_error(home: Path, tmp_path: Path) -> None:
    done = installer(home, "register", "--host", str(tmp_path / "nothing"))
    assert done.returncode == 2
    assert "make install" in done.stderr
    assert not (home / MANIFEST).exists()


def test_a_launcher_in_a_folder_with_spaces_is_registered_and_starts(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder, with 'spaces' – 漫画"
    folder.mkdir()
    launcher = good_host(folder)
    assert installer(home, "register", "--host", str(launcher)).returncode == 0
    assert json.loads((home / MANIFEST).read_text())["path"] == str(launcher)
    assert installer(home, "doctor", "--host", str(launcher)).returncode == 0


def test_register_says_that_it_registered_nothing(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    done = installer(tmp_path / "bare", "register", "--host", str(make_launcher(tmp_path)))
    assert done.returncode == 1
    assert "nothing was registered" in done.stdout


@pytest.mark.parametrize("strange", ["*", "a" * 31, "z" * 32, "<all_urls>", ""])
def test_what_is_no_extension_s_id_is_refused(home: Path, tmp_path: Path, strange: str) -> None:
    done = installer(home, "register", "--host", str(make_launcher(tmp_path)), "--extension-id", strange)
    assert done.returncode == 2
    assert not (home / MANIFEST).exists()


@pytest.mark.parametrize("theirs", ["host/__init__.py", "host.py", "host/paths.py", "pathlib.py", "json.py"])
def test_modules_in_the_folder_that_it_is_called_in_are_not_run(home: Path, tmp_path: Path, theirs: str) -> None:
    folder = tmp_path / "strange"
    (folder / theirs).parent.mkdir(parents=True)
    (folder / theirs).write_text("raise SystemExit('theirs was run')")
    done = installer(home, "status", within=folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_failure_in_one_browser_ends_in_status_1_with_the_others_done(home: Path, tmp_path: Path) -> None:
    (home / ".config" / "google-chrome").mkdir()
    (home / ".config" / "google-chrome" / "NativeMessagingHosts").write_text("in the way")
    done = installer(home, "register", "--host", str(make_launcher(tmp_path)))
    assert done.returncode == 1
    assert "failed" in done.stdout
    assert (home / MANIFEST).exists()


def test_dry_run_says_would(home: Path, tmp_path: Path) -> None:
    done = installer(home, "register", "--dry-run", "--host", str(make_launcher(tmp_path)))
    assert "would be registered" in done.stdout
    assert not (home / MANIFEST).exists()


@pytest.mark.parametrize("profiles", [".mozilla/firefox", ".config/mozilla/firefox"], ids=["to-146", "from-147"])
def test_one_browser_only(home: Path, tmp_path: Path, profiles: str) -> None:
    (home / profiles).mkdir(parents=True)
    before = sorted(home.rglob("*"))
    installer(home, "register", "--browser", "firefox", "--host", str(make_launcher(tmp_path)))
    assert (home / ".mozilla/native-messaging-hosts/app.irodori.host.json").exists()
    assert not (home / MANIFEST).exists()
    installer(home, "unregister", "--browser", "firefox")
    assert sorted(home.rglob("*")) == before


def test_user_data_dir_registers_only_that_profile(home: Path, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    launcher = make_launcher(tmp_path)
    assert installer(home, "register", "--user-data-dir", str(profile), "--host", str(launcher)).returncode == 0
    assert (profile / "NativeMessagingHosts/app.irodori.host.json").exists()
    assert not (home / MANIFEST).exists()


def test_a_sandboxed_browser_is_named_with_advice(home: Path, tmp_path: Path) -> None:
    (home / "snap" / "firefox").mkdir(parents=True)
    done = installer(home, "register", "--host", str(make_launcher(tmp_path)))
    assert "Firefox (Snap)" in done.stdout
    assert ".deb or .rpm" in done.stdout


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a home away")
def test_root_does_not_write_into_somebody_else_s_home(home: Path, tmp_path: Path) -> None:
    there = home / MANIFEST
    for command in (("unregister",), ("register", "--host", str(make_launcher(tmp_path)))):
        os.chown(home, 0, 0)
        installer(home, "register", "--host", str(make_launcher(tmp_path / "before")))
        before = there.read_bytes()
        os.chown(home, 12345, 12345)
        done = installer(home, *command)
        assert done.returncode == 2, command
        assert "without sudo" in done.stderr
        assert there.read_bytes() == before, command


@pytest.mark.slow
def test_doctor_names_the_first_broken_link_and_the_command_that_mends_it(home: Path, tmp_path: Path) -> None:
    missing = installer(home, "doctor", "--host", str(tmp_path / "nothing"))
    assert missing.returncode == 1
    assert missing.stdout.count("BROKEN") == 1
    assert "launcher" in missing.stdout
    assert "pip install" in missing.stdout

    launcher = good_host(tmp_path)
    launcher.chmod(0o644)
    assert f"chmod +x {launcher}" in installer(home, "doctor", "--host", str(launcher)).stdout
    launcher.chmod(0o755)
    unregistered = installer(home, "doctor", "--host", str(launcher)).stdout
    assert "registered in Chromium" in unregistered
    assert "-m installer register" in unregistered
    installer(home, "register", "--host", str(launcher))
    healthy = installer(home, "doctor", "--host", str(launcher))
    assert healthy.returncode == 0
    assert "Every link holds" in healthy.stdout


def test_doctor_hears_a_host_that_cannot_start_or_prints(home: Path, tmp_path: Path) -> None:
    launcher = script(tmp_path, "import no_such_module")
    assert "no_such_module" in installer(home, "doctor", "--host", str(launcher)).stdout
    launcher = good_host(tmp_path)
    launcher.write_text(launcher.read_text() + "\nsys.stdout.flush(); print('loading')")
    assert "stray bytes: b'loading" in installer(home, "doctor", "--host", str(launcher)).stdout


def test_doctor_notices_a_host_that_needs_its_environment(home: Path, tmp_path: Path) -> None:
    launcher = good_host(tmp_path)
    launcher.write_text(launcher.read_text().replace("import msgpack", "import msgpack; os.environ['PATH']"))
    told = installer(home, "doctor", "--host", str(launcher)).stdout
    assert "empty environment" in told
    assert "PATH" in told


def test_verbose_shows_every_link_and_still_fails(home: Path, tmp_path: Path) -> None:
    done = installer(home, "doctor", "--verbose", "--host", str(good_host(tmp_path)))
    assert done.returncode == 1
    assert done.stdout.count("ok ") >= 6
    assert done.stdout.count("BROKEN") == 1


def test_nothing_but_the_standard_library_and_the_host_s_names_is_imported(home: Path) -> None:
    code = (
        "import sys, installer.__main__\n"
        "known = sys.stdlib_module_names | {'installer', 'host', '__main__'}\n"
        "print({name.partition('.')[0] for name in sys.modules} - known - {'__mp_main__'})\n"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout == "set()\n", done.stdout + done.stderr
