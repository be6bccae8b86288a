"""More than there is room for: idle connections cost little, and load beyond the limits is told to come back."""

import pathlib
import resource
import socket

from harness import paths
from harness.blob_client import BlobClient
from harness.cases import ServerCase
from harness.waiting import wait_until

IDLE = 10_000
IDLE_BYTES_EACH = 32 * 1024


def resident_bytes(pid: int) -> int:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) * 1024


class Load(ServerCase):
    def test_ten_thousand_idle_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = IDLE + 200
        if hard != resource.RLIM_INFINITY and hard < wanted:
            self.skipTest(f"this shell may open only {hard} files: ulimit -Hn")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

        process = self.serve(emulator=True)
        client = BlobClient.of(process, emulator=True)
        self.addCleanup(client.close)
        self.assertEqual(client.create_container("load").status, 201)
        before = resident_bytes(process.pid)
        idle = []
        self.addCleanup(lambda: [connection.close() for connection in idle])
        for _ in range(IDLE):
            connection = socket.create_connection(("127.0.0.1", process.http_port), timeout=10)
            connection.send(b"GET /")  # half a request line
            idle.append(connection)
        for number in range(100):
            self.assertEqual(client.put(f"load/{number}", b"x" * 4096).status, 201)
        grown = resident_bytes(process.pid) - before
        self.assertLess(grown, IDLE * IDLE_BYTES_EACH, f"{grown / IDLE:.0f} bytes for each idle connection")
        for connection in idle[10:]:
            connection.close()
        process.stop()  # ten that never finish their request must not hold it up

    def test_load_beyond_the_limit_is_told_to_come_back(self):
        config = paths.temporary_folder(self) / "small.toml"
        config.write_text("[limits]\nrunning_requests = 16\n")
        process = self.serve(emulator=True, args=["--config", str(config)])
        client = BlobClient.of(process, emulator=True)
        self.addCleanup(client.close)
        self.assertEqual(client.create_container("load").status, 201)
        held = []
        for number in range(24):  # each keeps a place inside by sending only half of its body
            target = client.target(f"load/held-{number}")
            connection = client.connect()
            self.addCleanup(connection.close)
            headers = client.signed("PUT", target, {"x-ms-blob-type": "BlockBlob"}, 200_000)
            connection.sendall(client.head_bytes("PUT", target, headers) + bytes(100_000))
            held.append(connection)
        reply = wait_until(lambda: (lambda r: r if r.status == 503 else None)(client.get("load/x")), 10,
                           "a refusal when every place is taken")
        self.assertEqual(reply.code, "ServerBusy")
        self.assertGreater(int(reply.headers["retry-after"]), 0)
        for connection in held:
            connection.close()
        wait_until(lambda: client.put("load/after", b"room again").status == 201, 20, "room when the others have left")
        process.stop()
