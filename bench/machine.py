"""What was measured on, and with which versions: a snapshot for the page."""

import datetime
import pathlib
import platform
import subprocess


def first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except OSError:
        return "unknown"
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].strip() if lines else "unknown"


def processors() -> str:
    info = pathlib.Path("/proc/cpuinfo").read_text()
    models = [each.partition(":")[2].strip() for each in info.splitlines() if each.startswith("model name")]
    return f"{len(models)} x {models[0] if models else platform.machine()}"


def describe() -> dict:
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) / (1 << 20)
    return {
        "date": datetime.date.today().isoformat(),
        "commit": first_line("git", "rev-parse", "--short", "HEAD"),
        "hardware": f"{processors()}, {memory:.0f} GiB of memory, "
                    f"{first_line('findmnt', '--noheadings', '--output', 'FSTYPE', '--target', '.')} file system, "
                    f"Linux {platform.release()}",
        "versions": f"{first_line('nginx', '-v')}, node {first_line('node', '--version')}, "
                    f"{first_line('fio', '--version')}, azurite as pinned in `bench/package-lock.json`",
    }
