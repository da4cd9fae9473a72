"""A scanner of web applications (wapiti) walks our pages as an officer and finds nothing worth a note."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.runs import FULL

if TYPE_CHECKING:
    from tests.support.sites import Site

WAPITI: Final = Path(".venv-scanners/bin/wapiti")
MODULES: Final = (
    "cookieflags,csp,http_headers,csrf,exec,file,redirect,sql,xss,permanentxss,ssrf,crlf,xxe,methods,upload"
)
SECONDS: Final = 1800 if FULL else 40
FORGED_LOGIN: Final = ("Cross Site Request Forgery", "/login")
"""Nobody has a session yet whose secret could stand in the form; a login that another site sends is refused by what the
browser says of where it comes from (tests/web/test_people.py)."""
PLAIN_HTTP: Final = "Secure"
"""On this machine the pages are served without TLS; the cookie and header that need it are set where there is TLS."""


@pytest.mark.skipif(not WAPITI.exists(), reason="`make scanners` brings the scanner")
def test_a_scanner_finds_no_hole(site: Site, looked_at: dict[str, list[str]], tmp_path: Path) -> None:
    page = site.page("officer")
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
    report = tmp_path / "report.json"
    command = [str(WAPITI), "-u", f"{site.address}/", "--scope", "folder", "-m", MODULES, "--flush-session"]
    command += ["-x", f"{site.address}/logout", "-H", f"Cookie: {cookies}", "--drop-set-cookie", "--no-bugreport"]
    command += [part for path in looked_at["officer"] for part in ("-s", site.address + path)]
    command += ["--max-scan-time", str(SECONDS), "--max-attack-time", str(SECONDS // 4), "--tasks", "4", "-d", "3"]
    command += ["--store-session", str(tmp_path), "--store-config", str(tmp_path), "-f", "json", "-o", str(report)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS * 3 + 120)
    assert report.exists(), done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(report.read_text("utf-8"))
    assert found["infos"]["crawled_pages_nbr"] > 7, done.stdout[-1500:]
    wrong = [
        f"{kind}: {item['method']} {item['path']} {item['info']}"
        for kinds in (found["vulnerabilities"], found["anomalies"])
        for kind, items in kinds.items()
        for item in items
        if (kind, item["path"]) != FORGED_LOGIN
        and PLAIN_HTTP not in item["info"]
        and "Strict-Transport-Security" not in item["info"]
    ]
    assert not wrong, "\n".join(wrong)
