"""Waiting without sleeping on faith: poll a condition until it holds or a deadline passes."""

import socket
import time


def wait_until(condition, seconds: float, what: str, every: float = 0.02):
    """Returns the first true value of condition(); raises TimeoutError that names `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(every)


def port_is_taken(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def free_port() -> int:
    """A port that was free a moment ago, for peers that can't be told 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
