"""Content to lose and find again: blobs of every kind of length, and what a reader must get for them."""

import random

from harness.blob_client import BlobClient

SIZES = [0, 1, 4096, 65_535, 65_536, 65_537, 500_000, 4 << 20, (8 << 20) + 5, 20_000_000]


class Content:
    """Remembers what it wrote; the emulator's account is used, because plain http is quick."""

    def __init__(self, container: str, seed: int):
        self.container = container
        self.rng = random.Random(seed)
        self.blobs: dict[str, bytes] = {}

    def write(self, case, server, names: int = 1) -> None:
        client = BlobClient.of(server, emulator=True)
        case.assertIn(client.create_container(self.container).status, (201, 409))
        for round_number in range(names):
            for size in SIZES:
                name = f"{self.container}/{len(self.blobs)}-{size}"
                body = self.rng.randbytes(size)
                reply = client.put(name, body, {"x-ms-meta-size": str(size)})
                case.assertEqual(reply.status, 201, reply.body)
                self.blobs[name] = body
        client.close()

    def verify(self, case, server) -> None:
        client = BlobClient.of(server, emulator=True)
        for name, body in self.blobs.items():
            reply = client.get(name)
            case.assertEqual(reply.status, 200, f"{name}: {reply.code}")
            case.assertTrue(reply.body == body, f"{name} came back wrong")
            case.assertEqual(reply.headers.get("x-ms-meta-size"), str(len(body)))
        listed = client.listing(self.container)
        for name in self.blobs:
            case.assertIn(f"<Name>{name.partition('/')[2]}</Name>".encode(), listed)
        client.close()
