"""SharedKey and account SAS, written from Azure's documentation and from nothing of Freehold's own code.

"Authorize with Shared Key" (2015-02-21 and later) and "Create an account SAS" (2020-12-06 and later).
"""

import base64
import datetime
import email.utils
import hashlib
import hmac
import time
import urllib.parse

VERSION = "2021-12-02"
# In the order in which they stand in the string to sign.
SIGNED_HEADERS = ["content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
                  "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"]


def hmac_base64(key: str, text: str) -> str:
    digest = hmac.new(base64.b64decode(key), text.encode("utf-8"), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def http_date(seconds_from_now: float = 0) -> str:
    return email.utils.formatdate(time.time() + seconds_from_now, usegmt=True)


def string_to_sign(account: str, method: str, target: str, headers: dict) -> str:
    """`target` is path and query as they stand in the request line."""
    lower = {name.lower(): " ".join(str(value).split()) for name, value in headers.items()}
    if lower.get("content-length") == "0":
        lower["content-length"] = ""
    lines = [method] + [lower.get(name, "") for name in SIGNED_HEADERS]
    if "x-ms-date" in lower:
        lines[1 + SIGNED_HEADERS.index("date")] = ""
    lines += [f"{name}:{lower[name]}" for name in sorted(lower) if name.startswith("x-ms-")]
    path, _, query = target.partition("?")
    resource = "/" + account + path
    values = {}
    for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
        values.setdefault(name.lower(), []).append(value)
    for name in sorted(values):
        resource += f"\n{name}:{','.join(sorted(values[name]))}"
    return "\n".join(lines) + "\n" + resource


def authorization(account: str, key: str, method: str, target: str, headers: dict) -> str:
    return f"SharedKey {account}:{hmac_base64(key, string_to_sign(account, method, target, headers))}"


def sas_time(seconds_from_now: float) -> str:
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds_from_now)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def account_sas(account: str, key: str, permissions: str, *, services="b", resource_types="sco", start="", expiry=None,
                ip="", protocol="", version=VERSION) -> str:
    """The query string of an account SAS, without a question mark."""
    expiry = expiry or sas_time(3600)
    text = "\n".join([account, permissions, services, resource_types, start, expiry, ip, protocol, version, "", ""])
    parameters = {"sv": version, "ss": services, "srt": resource_types, "sp": permissions, "st": start, "se": expiry,
                  "sip": ip, "spr": protocol, "sig": hmac_base64(key, text)}
    return urllib.parse.urlencode({name: value for name, value in parameters.items() if value})
