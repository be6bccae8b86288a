"""What an idle connection costs in resident memory: many are opened, each makes a request and then says nothing."""

import contextlib
import pathlib
import resource
import select
import socket
import sys

import load
import memory
from entrants import SCHEMES, Entrant, running
from findings import Figure, Finding, Goal

CONNECTIONS = 2000
BODY = 4 * memory.KIB
GOALS_KIB = {"http": Goal(40, at_most=True), "https": Goal(100, at_most=True)}
NAMES = {"http": "Idle plain connection", "https": "Idle TLS connection"}


def open_one(client, request: bytes) -> socket.socket:
    """A connection that has had one answer."""
    connection = client.connect()
    connection.sendall(request)
    answer = b""
    while len(answer) < BODY or len(answer) < answer.find(b"\r\n\r\n") + 4 + BODY:
        piece = connection.recv(64 * memory.KIB)
        if not piece:
            sys.exit(f"bench: a connection was closed in mid-answer: {answer[:200]!r}")
        answer += piece
    return connection


def refuse_closed(connections: list[socket.socket]) -> None:
    """Idle ones have nothing to read; those that the server closed do."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, select.POLLIN)
    if closed := len(poll.poll(0)):
        sys.exit(f"bench: the server closed {closed} idle connections while they were counted")


def cost(entrant: Entrant, scheme: str) -> float:
    """KiB for each idle connection."""
    # Warm first: what the server takes once for all connections isn't any one's cost.
    load.run(entrant, scheme, container="idle", op="get", size=BODY, objects=1, connections=64, seconds=1)
    client = entrant.client(scheme)
    target = client.target("idle/0")
    request = client.head_bytes("GET", target, client.signed("GET", target))
    before = memory.at_rest(entrant.pid(scheme))
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(open_one(client, request)) for _ in range(CONNECTIONS)]
        after = memory.at_rest(entrant.pid(scheme))
        if scheme == "http":  # over TLS session tickets may wait to be read
            refuse_closed(opened)
    return (after - before) / CONNECTIONS / memory.KIB


def measure_all(folder: pathlib.Path, options, tell) -> None:
    if "idle" not in options.parts:
        return
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    for scheme in SCHEMES:  # each on a server of its own: memory that was freed would hide what the next ones take
        with running(["freehold"], folder / f"idle-{scheme}") as entrants:
            entrant = entrants["freehold"]
            entrant.make_container("idle", scheme)
            load.run(entrant, scheme, container="idle", op="put", size=BODY, objects=1, requests=1)
            kib = cost(entrant, scheme)
        tell(Finding("limit", NAMES[scheme], scheme, "KiB", {"freehold": Figure.of([kib])}, {},
                     {"freehold": GOALS_KIB[scheme]},
                     f"{CONNECTIONS:,} connections at once, each idle after one GET of 4 KiB."))
