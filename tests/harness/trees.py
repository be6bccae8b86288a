"""Trees of files: making one that is hard on clients, and comparing two."""

import hashlib
import pathlib
import random

ODD_NAMES = ["empty", "with space", "plus+sign", "percent%41", "hash#tag", "amp&er=sand", "quote'single", "Grüße.txt",
             "日本語/ファイル", "emoji-🙂.bin", "deep/er/and/deep/er/leaf", "space dir/in+it/with space", "percent%20dir/a%2Fb", "dots..in..name", "tilde~", "comma,semi;colon",
             "UPPER/lower/MiXed", "brackets[1](2){3}", "star-free-@-at", "e\u0301 combining"]
EDGE_SIZES = [1, 4095, 4096, 65535, 65536, 65537, 1 << 20, (4 << 20) - 1, 4 << 20, (8 << 20) + 1]


def make_tree(folder: pathlib.Path, *, seed: int, small: int = 300, big_bytes: int = 30_000_000) -> pathlib.Path:
    """Odd names, sizes on the edges of pages and chunks, many small files and a big one. The same for the same seed."""
    rng = random.Random(seed)
    folder.mkdir(parents=True)
    sizes = {f"odd/{name}": rng.randrange(1, 3000) for name in ODD_NAMES}
    sizes["odd/empty"] = 0
    sizes |= {f"edges/{size}.bin": size for size in EDGE_SIZES}
    sizes |= {f"many/{index % 7}/{index:05d}.txt": rng.randrange(0, 20_000) for index in range(small)}
    sizes["big/film.bin"] = big_bytes
    for name, size in sizes.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rng.randbytes(size))
    return folder


def change_tree(folder: pathlib.Path, *, seed: int) -> None:
    """What a day of work does: some files changed, some gone, some new."""
    rng = random.Random(seed)
    for path in sorted((folder / "many").rglob("*.txt"))[:40]:
        if rng.random() < 0.5:
            path.unlink()
        else:
            path.write_bytes(rng.randbytes(5000))
    (folder / "new").mkdir(exist_ok=True)
    for index in range(10):
        (folder / "new" / f"{index}.bin").write_bytes(rng.randbytes(70_000))


def digests(folder: pathlib.Path) -> dict[str, str]:
    """Path -> SHA-256 of each file."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}
