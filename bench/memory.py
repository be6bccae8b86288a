"""How much memory a process has resident, once it has come to rest."""

import pathlib
import time

KIB, MIB = 1 << 10, 1 << 20
REST_SECONDS = 3     # so long it must stay the same ...
NOISE_BYTES = 1 << 20  # ... but for so much
PATIENCE_SECONDS = 60


def resident(pid: int) -> int:
    """Bytes: VmRSS, so with what of the program's own file is mapped and touched."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * KIB
    raise ProcessLookupError(pid)


def at_rest(pid: int) -> int:
    """What is resident when it has stopped changing; or after PATIENCE_SECONDS, whatever it is then."""
    begun = since = time.monotonic()
    value = resident(pid)
    while time.monotonic() - since < REST_SECONDS and time.monotonic() - begun < PATIENCE_SECONDS:
        time.sleep(0.1)
        now = resident(pid)
        if abs(now - value) > NOISE_BYTES:
            value, since = now, time.monotonic()
    return resident(pid)
