from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from cases.case_overview import overview
from states.command import Command
from states.errors import BadData
from states.vocabulary import Act, Role
from store.evidence import place_of
from tests.support.days import day
from tests.support.offices import Bench, at

if TYPE_CHECKING:
    from pathlib import Path


def test_a_report_names_the_hash_of_a_file_that_is_kept(bench: Bench, tmp_path: Path) -> None:
    case = bench.ordered()
    scan = tmp_path / "整改报告.pdf"
    scan.write_bytes(b"%PDF evidence")
    kept = bench.keep_evidence(scan, at("02-10"))
    assert kept == bench.keep_evidence(scan, at("02-11")) == sha256(b"%PDF evidence").hexdigest()
    assert place_of(bench.settings.home, kept).read_bytes() == b"%PDF evidence"
    done = bench.act(case, Act.SUBMIT_REPORT, "02-12", evidence=[kept])
    assert done.event.data["evidence"] == [kept]


def test_the_files_of_single_answers_stand_in_the_event_though_the_answers_are_sealed(
    bench: Bench, tmp_path: Path
) -> None:
    case = bench.ordered(
        items=[{"fact": "未列入年度计划", "criterion": "列入"}, {"fact": "未部署", "criterion": "部署"}]
    )
    kept = []
    for name in ("计划.txt", "纪要.txt"):
        (tmp_path / name).write_text(name, "utf-8")
        kept.append(bench.keep_evidence(tmp_path / name, at("02-10")))
    answers = [{"item": 1, "answer": "已列入", "evidence": kept}, {"item": 2, "answer": "已部署", "evidence": kept[1:]}]
    done = bench.act(case, Act.SUBMIT_REPORT, "02-12", answers=answers)
    assert done.event.data["evidence"] == kept
    asker = Command(act=Act.ACKNOWLEDGE, actor=bench.actor(Role.DIRECTOR), on=day("02-12"), data={}, case_id=case)
    shown = overview(bench.desk, bench.office.rulebook, bench.reader(Role.DIRECTOR), asker, case)
    assert set(shown.files) == set(kept)
    assert bench.office.proofs.verify().ok


@pytest.mark.parametrize("hash_", ["0" * 64, "report.pdf", "../../etc/passwd"])
def test_evidence_that_is_not_kept_is_refused(bench: Bench, hash_: str) -> None:
    case = bench.ordered()
    with pytest.raises(BadData, match="SHA-256"):
        bench.act(case, Act.SUBMIT_REPORT, "02-12", evidence=[hash_])


def test_a_file_that_is_not_there_is_one_sentence(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(BadData, match="读不出"):
        bench.keep_evidence(tmp_path / "nothing", at("02-10"))
