"""Keys whose private numbers a test knows, and every form in which their bytes might be found somewhere."""

import base64
import subprocess

from . import paths

WINDOW = 16  # bytes: enough to be found by no accident, short enough for what was cut


def forms_of(name: str, raw: bytes) -> dict[bytes, str]:
    """Needle -> what it is, for both ends of `raw`: as they are, turned round (numbers of OpenSSL), in hex, base64 and
    base64url at every alignment."""
    found = {}
    for place, at in (("begin", 0), ("end", len(raw) - WINDOW)):
        piece = raw[at:at + WINDOW]
        forms = {"as it is": piece, "reversed": piece[::-1], "hex": piece.hex().encode(), "HEX": piece.hex().upper().encode()}
        for shift in range(3):
            # Only the characters that the piece alone decides.
            text = base64.b64encode(b"\0" * shift + piece)[(shift * 8 + 5) // 6:(shift + WINDOW) * 8 // 6]
            forms |= {f"base64+{shift}": text, f"base64url+{shift}": text.replace(b"+", b"-").replace(b"/", b"_")}
        found |= {form: f"{name}, {place}, {kind}" for kind, form in forms.items()}
    return found


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _element(der: bytes, at: int) -> tuple[int, bytes, int]:
    """Tag, content, and where the next begins."""
    tag, size, at = der[at], der[at + 1], at + 2
    if size & 0x80:
        digits = size & 0x7F
        size, at = int.from_bytes(der[at:at + digits], "big"), at + digits
    return tag, der[at:at + size], at + size


def _elements(der: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(der):
        tag, content, at = _element(der, at)
        found.append((tag, content))
    return found


def _openssl(*args: str, text: bytes = b"") -> bytes:
    return subprocess.run([paths.needs("openssl"), *args], input=text, check=True, capture_output=True).stdout


def rsa_numbers(pem: bytes) -> dict[str, bytes]:
    """The JWK's members of a private key. RFC 8017, appendix A.1.2."""
    der = _openssl("rsa", "-traditional", "-outform", "der", text=pem)
    numbers = [content.lstrip(b"\0") for _, content in _elements(_element(der, 0)[1])]
    return dict(zip(("n", "e", "d", "p", "q", "dp", "dq", "qi"), numbers[1:]))


def rsa_pem() -> bytes:
    return _openssl("genrsa", "2048")


def ec_numbers() -> dict:
    """The JWK's members of a new P-256 key. RFC 5915."""
    der = _openssl("ec", "-outform", "der", text=_openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"))
    parts = dict(_elements(_element(der, 0)[1]))
    point = _element(parts[0xA1], 0)[1][2:]  # behind the count of unused bits and the form
    return {"crv": "P-256", "d": parts[4], "x": point[:32], "y": point[32:]}


def jwk(kty: str, numbers: dict) -> dict:
    return {"kty": kty, **{name: base64url(value) if isinstance(value, bytes) else value for name, value in numbers.items()}}


def certificate_pfx(folder, pem: bytes) -> bytes:
    """A bundle of that key and a certificate for it, without a password."""
    key, own, pfx = folder / "key.pem", folder / "own.pem", folder / "own.pfx"
    key.write_bytes(pem)
    _openssl("req", "-x509", "-key", str(key), "-out", str(own), "-days", "9", "-subj", "/CN=scanned")
    _openssl("pkcs12", "-export", "-inkey", str(key), "-in", str(own), "-out", str(pfx), "-passout", "pass:")
    key.unlink()
    return pfx.read_bytes()
