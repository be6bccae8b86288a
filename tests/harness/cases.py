"""Base classes of the tests: they own servers, and show what a server said when a test fails."""

import os
import sys
import unittest

from . import paths
from .server import Server


class ServerCase(unittest.TestCase):
    """A test that starts servers of its own with self.serve()."""

    def run(self, result=None):
        self.servers = []
        before = _troubles(result)
        super().run(result)
        if _troubles(result) > before:
            for server in [*self.servers, *_class_servers(self)]:
                _show(self, server)
        return result

    def server_at(self, data=None, **options) -> Server:
        """A server that isn't started yet; killed at the end if it still runs."""
        server = Server(data or paths.temporary_folder(self) / "data", **options)
        self.servers.append(server)
        self.addCleanup(self._put_away, server)
        return server

    def serve(self, data=None, **options) -> Server:
        return self.server_at(data, **options).start()

    @staticmethod
    def _put_away(server: Server) -> None:
        server.last_log = server.log()
        server.kill()


class SharedServerCase(ServerCase):
    """All tests of the class share one server (or the peer named by FREEHOLD_TEST_PEER, to try the tests themselves)."""

    options: dict = {"emulator": True}
    server = None

    @classmethod
    def setUpClass(cls):
        folder = paths.temporary_folder(cls)
        if os.environ.get("FREEHOLD_TEST_PEER") == "azurite":
            from .azurite import Azurite
            cls.server = Azurite(folder / "data", **cls.options)
        else:
            cls.server = Server(folder / "data", **cls.options)
        cls.addClassCleanup(cls._stop)
        cls.server.start()

    @classmethod
    def _stop(cls):
        try:
            cls.server.stop()
        finally:
            cls.server.kill()


def _troubles(result) -> int:
    return 0 if result is None else len(result.failures) + len(result.errors)


def _class_servers(case) -> list:
    server = getattr(type(case), "server", None)
    return [server] if server is not None else []


def _show(case, server) -> None:
    text = server.log() or getattr(server, "last_log", "")
    print(f"--- {case.id()}: what the server said (last 60 lines)", file=sys.stderr)
    print("\n".join(text.splitlines()[-60:]), file=sys.stderr)
