"""A hash is no key: whoever learns that of another's file cannot cite it, fetch it, or learn that it is there."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from cases import evidence
from cli.main import app as cli
from states.case import Actor
from states.command import Command
from states.errors import BadData, Problem
from states.vocabulary import Act, Role
from store import tokens
from tests.support.applications import over
from tests.support.offices import UNIT, Bench, at, day
from tests.support.runs import ENVIRON
from tests.support.visitors import Arrivals
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHER: Final = "临溪市教育局"
CONTENT: Final = "不给别人看的材料".encode()
HASH: Final = sha256(CONTENT).hexdigest()
NOWHERE: Final = "0" * 64


class Two:
    """Two units, each with a case and a head; a file in the one case, which the other head knows by its hash."""

    def __init__(self, bench: Bench, arrivals: Arrivals, folder: Path) -> None:
        self.bench, self.arrivals = bench, arrivals
        self.owner = arrivals.come("owner", Role.HEAD, UNIT)
        self.thief = arrivals.come("thief", Role.HEAD, OTHER)
        self.theirs, self.own = bench.ordered(), bench.ordered(unit=OTHER)
        scan = folder / "张三的谈话笔录.pdf"
        scan.write_bytes(CONTENT)
        bench.keep_evidence(scan, at("02-10"), "owner")
        self.report(self.theirs, "owner", UNIT, HASH)

    def report(self, case: int, user: str, unit: str, hash_: str, role: Role = Role.HEAD) -> None:
        actor = Actor(user=user, role=role, unit=unit)
        data = {"evidence": [hash_], "signed_by": "局长"}
        command = Command(act=Act.SUBMIT_REPORT, actor=actor, on=day("02-12"), data=data, case_id=case)
        self.bench.desk.do(command, at("02-12"))

    def refusal(self, hash_: str, user: str = "thief", role: Role = Role.HEAD) -> str:
        """Return what is said to who cites the hash, with the hash itself left out."""
        with pytest.raises(BadData) as refused:
            self.report(self.own, user, OTHER, hash_, role)
        return refused.value.sentence.text("zh-CN").replace(hash_, "…")


@pytest.fixture
def two(bench: Bench, tmp_path: Path) -> Iterator[Two]:
    with Arrivals(bench) as arrivals:
        yield Two(bench, arrivals, tmp_path)


def test_the_hash_of_anothers_file_is_refused_with_the_words_for_one_that_is_not_there(two: Two) -> None:
    assert two.refusal(HASH) == two.refusal(NOWHERE)
    assert "evidence" not in two.bench.history(two.own)[-1].event.data


def test_so_it_is_at_the_interface_and_at_the_pages(two: Two) -> None:
    with two.bench.office.database.transaction() as session:
        token = tokens.give(session, "thief", now(), name="测试")
    client = TestClient(over(two.bench.office), headers={"Authorization": f"Bearer {token}"})
    asked: dict[str, Any] = {"act": "submit_report", "on": "2026-02-12"}
    said = [
        client.post(f"/api/v1/cases/{two.own}/acts", json=asked | {"data": {"evidence": [hash_]}})
        for hash_ in (HASH, NOWHERE)
    ]
    assert [answer.status_code for answer in said] == [422, 422]
    assert said[0].text.replace(HASH, "…") == said[1].text.replace(NOWHERE, "…")
    client.close()
    pages = [two.thief.act(two.own, "submit_report", "2026-02-12", evidence=hash_) for hash_ in (HASH, NOWHERE)]
    told = [_without_secrets(page.text.replace(hash_, "…")) for page, hash_ in zip(pages, (HASH, NOWHERE), strict=True)]
    assert told[0] == told[1]
    assert "谈话笔录" not in told[0]


def test_a_refused_new_finding_does_not_say_what_a_hash_is_called(two: Two) -> None:
    officer = two.arrivals.come("officer", Role.HANDLER)
    told = [officer.send("/new", "/new", **{"d.evidence": hash_}).text.replace(hash_, "…") for hash_ in (HASH, NOWHERE)]
    assert "谈话笔录" not in told[0]
    assert _without_secrets(told[0]) == _without_secrets(told[1])


def _without_secrets(text: str) -> str:
    return re.sub(r'(?:name="(?:csrf|key)" value)="[^"]*"', "", text)


def test_so_it_is_for_downloads_whichever_case_is_named(two: Two) -> None:
    for case in (two.own, two.theirs, 999):
        answers = [two.thief.read(f"/cases/{case}/evidence/{hash_}") for hash_ in (HASH, NOWHERE, "x")]
        assert [answer.status_code for answer in answers] == [404] * 3
        assert len({answer.text for answer in answers}) == 1
        assert CONTENT not in answers[0].content
    assert two.owner.read(f"/cases/{two.theirs}/evidence/{HASH}").content == CONTENT


def test_so_it_is_at_the_console_in_somebodys_name(two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRON, "DUBAN_HOME", str(two.bench.settings.home))
    monkeypatch.setitem(ENVIRON, "DUBAN_DATABASE_URL", two.bench.settings.database_url)

    def act(hash_: str) -> Any:
        data = json.dumps({"evidence": [hash_]})
        return CliRunner().invoke(
            cli, ["act", str(two.own), "submit_report", "--on", "2026-02-12", "--data", data, "--as", "thief"]
        )

    said = {str(act(hash_).exception).replace(hash_, "…") for hash_ in (HASH, NOWHERE)}
    assert len(said) == 1
    assert isinstance(act(HASH).exception, Problem)
    fresh = tmp_path / "自己的.pdf"
    fresh.write_bytes(b"their own")
    kept = CliRunner().invoke(cli, ["evidence", str(fresh), "--json"])
    own = json.loads(kept.stdout)["sha256"]
    assert act(own).exit_code == 0  # what was brought at the console, and is in no case yet, is for who is named there
    assert two.bench.history(two.own)[-1].event.data["evidence"] == [own]


def test_whoever_brings_the_same_file_himself_may_cite_it_under_his_own_name_for_it(two: Two, tmp_path: Path) -> None:
    copy = tmp_path / "自己的扫描件.pdf"
    copy.write_bytes(CONTENT)
    two.bench.keep_evidence(copy, at("02-11"), "thief")
    two.report(two.own, "thief", OTHER, HASH)
    page = two.thief.read(f"/cases/{two.own}").text
    assert "自己的扫描件.pdf" in page
    assert "谈话笔录" not in page
    fetched = two.thief.read(f"/cases/{two.own}/evidence/{HASH}")
    assert fetched.content == CONTENT
    assert "%E8%B0%88%E8%AF%9D" not in fetched.headers["content-disposition"]
    assert "谈话笔录" in two.owner.read(f"/cases/{two.theirs}").text


def test_whoever_sees_the_case_may_cite_its_file_elsewhere_until_it_is_out_of_view(two: Two) -> None:
    with Arrivals(two.bench) as arrivals:
        arrivals.account("officer", Role.HANDLER)
    two.bench.act(two.own, Act.SUBMIT_REPORT, "02-12", user="thief", role=Role.HEAD)
    verify = Command(
        act=Act.VERIFY_PASS,
        actor=Actor(user="officer", role=Role.HANDLER, unit=""),
        on=day("02-13"),
        data={"verifiers": ["甲", "乙"], "evidence": [HASH]},
        case_id=two.own,
    )
    done = two.bench.desk.do(verify, at("02-13"))
    assert done.event.data["evidence"] == [HASH]


def test_what_the_unit_does_not_read_of_its_own_case_it_cannot_cite(two: Two, tmp_path: Path) -> None:
    secret = tmp_path / "移送.pdf"
    secret.write_bytes(b"handed over")
    hash_ = two.bench.keep_evidence(secret, at("02-10"), "director")
    part: dict[str, Any] = {"receiver": "市纪委监委", "partial": True, "part": "线索", "rest": "其余问题"}
    two.bench.act(two.own, Act.TRANSFER, "02-11", user="director", role=Role.DIRECTOR, evidence=[hash_], **part)
    assert two.refusal(hash_) == two.refusal(NOWHERE)


def test_a_ledger_is_read_out_only_to_who_brought_it(two: Two, tmp_path: Path) -> None:
    officer = two.arrivals.come("officer", Role.HANDLER)
    kept = tmp_path / "台账.xlsx"
    kept.write_bytes(b"not for the officer")
    foreign = two.bench.keep_evidence(kept, at("02-10"), "owner")
    said = [officer.send("/ledger", "/ledger", hash=hash_) for hash_ in (foreign, NOWHERE)]
    assert said[0].status_code == said[1].status_code == 422
    assert "找不到" in said[0].text
    assert not evidence.was_brought_by(two.bench.office.database, "officer", foreign)
