"""``python3 run.py bundle``: one zip with wheels, built client and demo, for a computer with Python and no network."""

from __future__ import annotations

import argparse
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import sys_tags

#: What the target machine says of itself, for the requirements' markers.
_SYSTEMS = {
    "win": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
    "macosx": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
}
#: pip matches tags exactly: a wheel may be built for an older base than the target has.
_LINUX_TAGS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_24", "manylinux_2_17", "manylinux2014", "manylinux_2_5",
               "manylinux1")  # fmt: skip

START_SH = """#!/bin/sh
cd "$(dirname "$0")" && exec python3 run.py "$@"
"""
# cmd.exe reads its own code page; ASCII alone is safe in every one of them.
START_BAT = "@echo off\r\ncd /d %~dp0\r\nwhere py >nul 2>nul && (py -3 run.py %*) || (python run.py %*)\r\npause\r\n"


def main() -> None:
    """Download the wheels of the target, then pack them with the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--platform", default=next(iter(sys_tags())).platform)
    parser.add_argument("--python", default="{}.{}".format(*sys.version_info[:2]))
    arguments = parser.parse_args()
    root: Path = arguments.root
    out = root / "dist" / f"geoapp-{version('geoapp')}-{arguments.platform}-py{arguments.python}.zip"
    wheels = out.parent / out.stem
    wheels.mkdir(parents=True, exist_ok=True)
    wanted = out.parent / f"{wheels.name}.txt"
    text = (root / "requirements.txt").read_text(encoding="utf-8")
    wanted.write_text(select(text, arguments.platform, arguments.python), encoding="utf-8")
    download(wanted, wheels, arguments.platform, arguments.python)
    pack(root, wheels, wanted, out)
    print(f"geoapp: {out.relative_to(root)}  {out.stat().st_size / 2**20:.0f} MiB")


def select(text: str, platform: str, python: str) -> str:
    """The blocks of a hashed requirements file that hold on the target, their markers taken off."""
    environment = dict(_system(platform))
    environment |= {"python_version": python, "python_full_version": f"{python}.0"}
    environment |= {"implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": ""}
    kept = []
    for block in text.replace("\\\n", "").splitlines():
        head, *hashes = block.split(" --hash=")
        if not head.strip() or head.startswith("#"):
            continue
        requirement = Requirement(head)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            pinned = f"{requirement.name}{requirement.specifier}"
            kept.append(" ".join([pinned, *(f"--hash={each.strip()}" for each in hashes)]))
    return "\n".join(kept) + "\n"


def _system(platform: str) -> dict[str, str]:
    for prefix, values in _SYSTEMS.items():
        if platform.removeprefix("many").startswith(prefix):
            return values
    raise SystemExit(f"geoapp: unknown platform {platform}; try win_amd64, macosx_11_0_arm64 or manylinux_2_28_x86_64")


def download(wanted: Path, wheels: Path, platform: str, python: str) -> None:
    """Fetch one wheel per line of ``wanted``; a package without a wheel for the target is an error of pip's."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "-r", str(wanted), "-d", str(wheels)]
    command += ["--python-version", python, "--implementation", "cp"]
    for tag in platform_tags(platform):
        command += ["--platform", tag]
    subprocess.run(command, check=True)  # noqa: S603


def platform_tags(platform: str) -> list[str]:
    """Tags that run on ``platform``: on Linux also those of older bases."""
    if not platform.startswith(("manylinux", "linux")):
        return [platform]
    machine = platform.split("_", 1)[1] if platform.startswith("linux") else platform.split("_", 3)[-1]
    return [f"{tag}_{machine}" for tag in _LINUX_TAGS]


def pack(root: Path, wheels: Path, wanted: Path, out: Path) -> None:
    """Write the zip: tracked files, the built client, wheels, the target's requirements and a start file."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)  # noqa: S607
    names = [
        name for name in listed.stdout.split("\0") if name and not name.startswith(("tests/", "benchmarks/", ".ci"))
    ]
    static = root / "geoapp" / "web" / "static"
    names += [path.relative_to(root).as_posix() for path in sorted(static.rglob("*")) if path.is_file()]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in names:
            if name != "requirements.txt":
                bundle.write(root / name, f"geoapp/{name}")
        bundle.write(wanted, "geoapp/requirements.txt")
        for wheel in sorted(wheels.iterdir()):
            # Wheels are compressed already.
            bundle.write(wheel, f"geoapp/wheels/{wheel.name}", compress_type=zipfile.ZIP_STORED)
        start = zipfile.ZipInfo("geoapp/start.sh")
        start.external_attr = 0o755 << 16
        bundle.writestr(start, START_SH)
        bundle.writestr("geoapp/启动.bat", START_BAT)


if __name__ == "__main__":
    main()
