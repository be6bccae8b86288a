"""Side: one of the two servers, and what its answers were so far."""

import base64
import hashlib
import re
import urllib.parse

from harness import signer
from harness.blob_client import BlobClient, Response

ELSEWHERE = "d3JvbmcgZGVjaWRlZGx5IHdyb25nIQ=="  # a key that isn't the account's


class Side:
    """Sends rows of the table, one after the other, to one server; one thread."""

    def __init__(self, account: str, key: str, port: int):
        self.account = account
        self.key = key
        self.client = BlobClient(account, key, http_port=port)
        self.url = f"http://127.0.0.1:{port}/{account}"
        self.variables = {}
        self._group = None

    def send(self, row) -> Response:
        if row.group != self._group:
            self._begin(row.group)
        body = self._body(row)
        target, headers = self._request(row, body)
        answer = self.client.send(row.method, target, headers, body)
        for variable, header in row.saves.items():
            self.variables[variable] = answer.headers.get(header, "missing")
        return answer

    def _begin(self, group: str) -> None:
        self._group = group
        self.variables = {"c": group, "url": self.url, "account": self.account, "host": self.url.split("/")[2],
                          "now": signer.http_date(),
                          "past": signer.http_date(-86400), "future": signer.http_date(86400),
                          "sas": signer.account_sas(self.account, self.key, "rwdlact"),
                          "iso-past": signer.sas_time(-3600), "iso-future": signer.sas_time(3600)}
        self.client.create_container(group)

    def _fill(self, text: str, quoted: bool = False) -> str:
        if many := re.fullmatch(r"(\d+)\*(.)", text):
            return many[2] * int(many[1])

        def value(found):
            text = self.variables[found[1]]
            return urllib.parse.quote(text, safe="/:") if quoted else text
        return re.sub(r"\{([a-z0-9-]+)\}", value, text)

    def _body(self, row) -> bytes:
        return self._fill(row.body).replace("\\n", "\r\n").encode()

    # --- who asks ----------------------------------------------------------------------------------------------------

    def _request(self, row, body: bytes) -> tuple[str, dict]:
        target = "/" + self.account + self._fill(row.target, quoted=True)
        headers = {"Host": self.variables["host"], "x-ms-date": signer.http_date(), "x-ms-version": signer.VERSION}
        if body or row.method in ("PUT", "POST"):
            headers["Content-Length"] = str(len(body))
        headers.update({name: self._digest(self._fill(value), body) for name, value in row.headers.items()})
        headers = {name: value for name, value in headers.items() if name.lower() not in row.left_out}
        caller, _, settings = row.caller.rstrip(")").partition("(")
        settings = dict(setting.split("=", 1) for setting in self._fill(settings).split(",") if setting)
        if caller in ("key", "wrong-key"):
            key = self.key if caller == "key" else ELSEWHERE
            headers["Authorization"] = signer.authorization(self.account, key, row.method, target, headers)
        elif caller == "lite":
            headers["Authorization"] = self._lite(row.method, target, headers)
        elif caller in ("sas", "account-sas"):
            sas = self._sas(target, settings) if caller == "sas" else self._account_sas(settings)
            target += ("&" if "?" in target else "?") + sas
        elif caller != "nobody":
            raise ValueError(f"{row.id}: who is '{row.caller}'?")
        return target, headers

    @staticmethod
    def _digest(value: str, body: bytes) -> str:
        """`(md5)` in a header stands for the MD5 of the body."""
        return base64.b64encode(hashlib.md5(body).digest()).decode() if value == "(md5)" else value

    def _lite(self, method: str, target: str, headers: dict) -> str:
        """ "Authorize with Shared Key": the Lite form for the Blob service."""
        lower = {name.lower(): value for name, value in headers.items()}
        path, _, query = target.partition("?")
        comp = dict(urllib.parse.parse_qsl(query)).get("comp")
        lines = [method, lower.get("content-md5", ""), lower.get("content-type", ""),
                 "" if "x-ms-date" in lower else lower.get("date", "")]
        lines += [f"{name}:{lower[name]}" for name in sorted(lower) if name.startswith("x-ms-")]
        lines += [f"/{self.account}{path}" + (f"?comp={comp}" if comp else "")]
        return f"SharedKeyLite {self.account}:{signer.hmac_base64(self.key, chr(10).join(lines))}"

    def _account_sas(self, settings: dict) -> str:
        return signer.account_sas(
            self.account, ELSEWHERE if "forged" in settings else self.key, settings.get("sp", "r"),
            services=settings.get("ss", "b"), resource_types=settings.get("srt", "sco"), start=settings.get("st", ""),
            expiry=settings.get("se"), ip=settings.get("sip", ""), protocol=settings.get("spr", ""))

    def _sas(self, target: str, settings: dict) -> str:
        """ "Create a service SAS", version 2020-12-06 and later: the order in which fields are signed."""
        container, _, blob = target.partition("?")[0].removeprefix(f"/{self.account}/").partition("/")
        blob = urllib.parse.unquote(settings.pop("of", blob))
        forged = settings.pop("forged", None)
        fields = {"sr": "b", "sv": signer.VERSION, **settings}
        if "si" not in fields:
            fields = {"sp": "r", "se": signer.sas_time(3600), **fields}
        query = dict(urllib.parse.parse_qsl(target.partition("?")[2]))
        snapshot = query.get("snapshot", "") if fields["sr"] == "bs" else ""
        resource = f"/blob/{self.account}/{container}" + (f"/{blob}" if fields["sr"] != "c" else "")
        of = [fields.get(name, "") for name in ("sp", "st", "se")] + [resource]
        of += [fields.get(name, "") for name in ("si", "sip", "spr", "sv", "sr")] + [snapshot]
        of += [fields.get(name, "") for name in ("ses", "rscc", "rscd", "rsce", "rscl", "rsct")]
        key = ELSEWHERE if forged else self.key
        return urllib.parse.urlencode({**fields, "sig": signer.hmac_base64(key, "\n".join(of))})


def part_lines(answer: Response) -> list[str]:
    """The parts of a batch's answer: id and status of each."""
    lines = []
    for part in re.split(rb"--batchresponse_[\w-]*\w\r\n", answer.body)[1:]:
        text = part.decode(errors="replace")
        number = re.search(r"content-id: *(\S+)", text, re.IGNORECASE)
        status = re.search(r"HTTP/1.1 (\d+)", text)
        code = re.search(r"x-ms-error-code: *(\S+)", text, re.IGNORECASE)
        lines.append(" ".join(found[1] if found else "?" for found in (number, status, code)).removesuffix(" ?"))
    return lines
