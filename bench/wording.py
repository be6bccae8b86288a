"""Names and figures as the table and the chart both write them."""

from findings import Finding

NAMES = {"freehold": "Freehold", "no-audit": "without audit", "azurite": "Azurite", "nginx": "nginx",
         "disk": "the disk (fio)", "few": "few", "barbican": "Barbican", "openssl-rsa": "openssl speed", "openssl-ec": "openssl speed",
         **dict.fromkeys(("token-rsa", "token-ec", "token-raw"), "SoftHSM2 by itself"),
         "service-key": "service's key"}


def name_of(finding: Finding, contestant: str) -> str:
    return "many" if finding.kind == "growth" and contestant == "freehold" else NAMES[contestant]


def title_of(finding: Finding) -> str:
    return finding.title + (f", {finding.scheme}" if finding.kind == "race" else "")


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
