"""Write the templates of official documents that Duban ships: `python -m scripts.document_templates`.

The files in `config/documents/` are the product; an office changes its own copies in Word. This script rebuilds ours,
byte for byte, when a measure or a wording changes. The wording follows docs/domain.md §2.5, §2.6, §4.2.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from documents.kinds import KINDS, DocumentKind, Layout
from scripts.document_paper import CENTRE, LEFT, Paper

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER: Final = Path(__file__).parent.parent / "config" / "documents"
BASIS: Final = "《四川省党政主要负责人履行推进法治建设第一责任人职责实施办法》"
PROBLEMS: Final = (
    ("序号", "{{问题.序号}}", 0.08),
    ("事实", "{{问题.事实}}", 0.44),
    ("验收标准", "{{问题.标准}}", 0.33),
    ("时限", "{{问题.时限}}", 0.15),
)
CONSENT: Final = "{% if 授权说明 %}{{授权说明}}，{% endif %}"
LIST: Final = "{{% for 一项 in {field} %}}{{{{一项}}}}{{% if not loop.last %}}、{{% endif %}}{{% endfor %}}"


def listed(field: str) -> str:
    """Return the text that names all entries of a field of texts."""
    return LIST.format(field=field)


def points(paper: Paper, field: str) -> None:
    """Print each entry of a field of texts as a paragraph of its own, numbered 1. 2. 3."""
    paper.paragraph(f"{{%p for 一项 in {field} %}}")
    paper.body("{{loop.index}}.{{一项}}")
    paper.paragraph("{%p endfor %}")


def order(paper: Paper) -> None:
    paper.body(
        CONSENT + "现就有关问题通知如下。",
        "我办于{{发现日期}}对你单位开展{% if 检查方式 %}{{检查方式}}{% else %}检查{% endif %}，发现：{{问题描述}}。",
        f"上述情形不符合{BASIS}{{{{职责条款}}}}。根据该办法第九条第二款，责令限期整改。",
    )
    paper.first_level("一、整改要求。", "对照附件所列问题，逐项制定措施，明确责任人和完成日期，整改到位。")
    points(paper, "整改要求")
    paper.first_level("二、验收标准。", "{% if 验收标准 %}{{验收标准}}{% else %}见附件逐项所列标准{% endif %}。")
    paper.first_level(
        "三、整改期限。",
        "自签收次日起{{期限}}内完成；{{拟送达日期}}签收的，{{届满日期}}届满。自签收次日起{{方案期限}}内报送整改方案，"
        "整改完成后报送整改报告和佐证材料，由你单位主要负责人签字。期限届满前3个工作日，可以书面申请延期。",
    )
    with paper.only_if("帮助联系人"):
        paper.first_level("四、帮助指导。", "整改中遇到困难，可以联系{{帮助联系人}}。")
    paper.body("如对事实有异议，可以自收到本通知之日起30日内书面申请复核，复核期间整改不停止。")
    paper.annexes("问题清单")


def problems(paper: Paper) -> None:
    paper.annex("问题清单")
    paper.rows("问题清单", "问题", PROBLEMS)


def criticism(paper: Paper) -> None:
    paper.body(
        "{{发现日期}}，我办在"
        "{% if 检查方式 %}{{检查方式}}{% else %}检查{% endif %}中发现{{单位}}存在以下问题：{{问题描述}}。"
        "{% if 责令整改日期 %}{{责令整改日期}}，依法责令其限期整改。{% endif %}",
        f"{{{{理由}}}}。上述情形不符合{BASIS}{{{{职责条款}}}}。根据该办法第九条第二款，现予以通报批评。",
    )
    with paper.only_if("听取意见情况"):
        paper.body("印发本通报前听取了该单位的意见：{{听取意见情况}}。")
    paper.first_level(
        "一、继续整改。",
        "{{单位}}应当{% if 拟送达日期 %}自收到本通报次日起{{期限}}内完成整改；{{拟送达日期}}收到的，{{届满日期}}届满。"
        "{% else %}于{{届满日期}}届满前完成整改（第二次整改期限{{期限}}）。{% endif %}"
        "整改报告由主要负责人签字后报送我办。",
    )
    points(paper, "整改要求")
    paper.first_level("二、帮助指导。", "我办将对整改给予帮助指导；经帮助仍整改不到位的，依照该办法约谈有关负责人。")
    paper.body("对通报所述事实有异议的，可以自收到本通报之日起30日内书面申请复核。")
    with paper.only_if("通报范围"):
        paper.body("（本通报发至：" + listed("通报范围") + "）")


def interview_notice(paper: Paper) -> None:
    paper.body(CONSENT + "因{{理由}}，根据" + BASIS + "第九条第二款，决定约谈{{被约谈人}}。现将有关事项通知如下。")
    paper.first_level("一、时间。", "{{约谈时间}}{{约谈时刻}}。")
    paper.first_level("二、地点。", "{{约谈地点}}。")
    paper.first_level("三、主持人。", "{{主持人}}。")
    paper.first_level(
        "四、参加人员。",
        "{{被约谈人}}须本人到场，不得委托他人{% if 参加人员 %}；另请" + listed("参加人员") + "参加{% endif %}。",
    )
    paper.first_level("五、准备材料。", "书面报告问题产生的原因、整改情况和下一步措施，以及相关佐证材料。")
    points(paper, "整改要求")
    paper.body("无正当理由不到场的，记录在案，再次通知后仍不到场的，视为拒绝约谈。")
    with paper.only_if("帮助联系人"):
        paper.body("联系人：{{帮助联系人}}。")


def minutes(paper: Paper) -> None:
    paper.paragraph("")
    paper.body("{{约谈时间}}{{约谈时刻}}，{{主持人}}在{{约谈地点}}主持约谈{{被约谈人}}。纪要如下。")
    paper.first_level("一、约谈事由。", "{{理由}}。")
    paper.first_level("二、单位说明。", "{{单位说明}}。")
    paper.first_level("三、整改要求。", "会议要求：")
    points(paper, "整改要求")
    paper.first_level("四、单位承诺。", "{{单位承诺}}。")
    paper.first_level(
        "五、整改期限。",
        "{% if 拟送达日期 %}自收到本纪要次日起{{期限}}内完成整改；{{拟送达日期}}收到的，{{届满日期}}届满。"
        "{% else %}{{届满日期}}届满前完成整改（第三次整改期限{{期限}}）。{% endif %}期满由主持人组织核查。",
    )
    for heading, field in (("出席：", "参加人员"), ("列席：", "列席人员"), ("记录：", "记录人")):
        with paper.only_if(field):
            paper.first_level(heading, listed(field))


def extension(paper: Paper) -> None:
    paper.body(
        CONSENT + "你单位{{申请日期}}关于延长整改期限的申请收悉。经研究，{{结果}}。",
        "{% if 期限 %}整改期限延长{{期限}}，由{{原届满日期}}延至{{届满日期}}。"
        "{% else %}整改期限仍为{{届满日期}}届满。{% endif %}",
    )
    with paper.only_if("理由"):
        paper.body("理由：{{理由}}。")
    paper.body("请在期限内完成整改，并报送整改报告。")


def suspension(paper: Paper) -> None:
    paper.body(
        CONSENT + "因{{理由}}，决定自{{拟送达日期}}起{{结果}}计算你单位的整改期限，剩余{{剩余期限}}。",
        "{% if 届满日期 %}整改期限届满日期为{{届满日期}}。{% else %}恢复计算的日期另行通知。{% endif %}"
        "中止期间，必要的安全和应急措施不停止。",
    )


def review(paper: Paper) -> None:
    paper.body(
        CONSENT + "你单位{{申请日期}}的复核申请收悉。申请复核的事项：{{复核事项}}。",
        "原承办人员回避。经复核：{{理由}}。",
        "决定：{{结果}}。{% if 届满日期 %}整改期限届满日期为{{届满日期}}。{% endif %}",
    )


def accountability_proposal(paper: Paper) -> None:
    paper.body(
        "{{单位}}（责任领导：{{责任领导}}）在履行推进法治建设职责中存在以下问题：{{问题描述}}。",
        "经责令整改、通报批评、帮助指导和约谈，{{理由}}。办理经过见附件1，案卷文书见附件2。",
        f"根据{BASIS}第九条第四款，建议你机关依照管理权限和程序研究是否启动问责。是否问责、采取何种方式，由你机关决定。"
        "决定作出后，请将决定的文号和日期函告我办。问责不替代整改，我办将继续督促整改。",
    )
    paper.annexes("办理经过", "案卷文书清单")


def proposal_annexes(paper: Paper) -> None:
    paper.annex("办理经过", place="1")
    paper.rows(
        "办理经过",
        "经过",
        (("序号", "{{经过.序号}}", 0.1), ("日期", "{{经过.日期}}", 0.3), ("事项", "{{经过.事项}}", 0.6)),
    )
    paper.annex("案卷文书清单", place="2")
    file_list(paper)


def file_list(paper: Paper) -> None:
    """List the documents by title and day; their numbers stand on the copies."""
    paper.rows(
        "文书目录",
        "文书",
        (("序号", "{{文书.序号}}", 0.1), ("文书题名", "{{文书.题名}}", 0.6), ("日期", "{{文书.日期}}", 0.3)),
    )


def transfer(paper: Paper) -> None:
    paper.body(
        "我办在督察中发现有关问题线索，属于你机关管辖，现依照规定移送。",
        "线索情况：{{线索情况}}。",
        "随函移送材料见附件。请在收到后出具回执，并于{{回复期限}}前将办理情况函告我办。本函内容请按规定控制知悉范围。",
    )
    with paper.only_if("帮助联系人"):
        paper.body("联系人：{{帮助联系人}}。")
    paper.annexes("移送材料清单")


def transfer_list(paper: Paper) -> None:
    paper.annex("移送材料清单")
    file_list(paper)


def tolerance(paper: Paper) -> None:
    paper.body(
        CONSENT + "{{单位}}{{申请日期}}申请容错认定。申请的情形：{{容错情形}}。",
        "书面征求了有关部门意见：",
    )
    points(paper, "书面意见")
    paper.body(
        "经研究：{{理由}}。",
        f"根据{BASIS}第九条第五款和“三个区分开来”的要求，认定：{{{{结果}}}}。容错不免除整改；予以容错的，不作负面评价。",
    )


def closure(paper: Paper) -> None:
    paper.body(
        CONSENT + "你单位{% if 责令整改日期 %}{{责令整改日期}}被责令整改的问题，{% endif %}{{报告日期}}报送整改报告，"
        "{{核查日期}}经两名核查人员逐项核查，整改到位。现予以销号。",
        "请巩固整改成果，防止反弹。{% if 回头看期限 %}我办将于{{回头看期限}}前开展回头看。{% endif %}",
    )


def commendation(paper: Paper) -> None:
    whom = "{% if 责任领导 %}{{责任领导}}{% else %}{{单位}}{% endif %}"
    paper.body(
        whom + "在履行推进法治建设职责中成效突出：{{理由}}。",
        f"根据{BASIS}第九条第五款，经研究，决定对{whom}予以通报表扬，并记入法治档案。",
        "希望受到表扬的单位和负责同志珍惜荣誉，再接再厉；各有关单位学习借鉴，依法履职，推进法治建设各项任务落实。",
    )
    with paper.only_if("通报范围"):
        paper.body("（本通报发至：" + listed("通报范围") + "）")


NOTICES: Final[dict[str, tuple[Callable[[Paper], None], Callable[[Paper], None] | None]]] = {
    "order": (order, problems),
    "criticism": (criticism, None),
    "interview_notice": (interview_notice, None),
    "minutes": (minutes, None),
    "extension": (extension, None),
    "suspension": (suspension, None),
    "review": (review, None),
    "accountability_proposal": (accountability_proposal, proposal_annexes),
    "transfer": (transfer, transfer_list),
    "tolerance": (tolerance, None),
    "closure": (closure, None),
    "commendation": (commendation, None),
}

Line = list[tuple[str, str]]
NUMBERED: Final = ("order", "receipt")
SIGN: Final = "（签字）　　　　　　　　年　　月　　日"
CASE: Line = [("单位", "{{单位}}"), ("案号", "{{案号}}")]
ITEMS: Final = {
    "plan": (
        ("措施", "{{问题.措施}}", 0.3),
        ("责任人", "{{问题.责任人}}", 0.14),
        ("完成日期", "{{问题.完成日期}}", 0.16),
    ),
    "report": (("整改情况", "{{问题.整改情况}}", 0.4), ("佐证", "{{问题.佐证}}", 0.2)),
    "verification": (
        ("验收标准", "{{问题.标准}}", 0.24),
        ("整改情况", "{{问题.整改情况}}", 0.22),
        ("结论", "{{问题.结论}}", 0.14),
    ),
    "closure_approval": (("验收标准", "{{问题.标准}}", 0.4), ("结论", "{{问题.结论}}", 0.2)),
    "look_back": (("验收标准", "{{问题.标准}}", 0.4), ("结论", "{{问题.结论}}", 0.2)),
}
FORMS: Final[dict[str, tuple[list[Line], list[Line]]]] = {
    "receipt": (
        [
            [("受送达单位", "{{单位}}")],
            [("送达文书", "{{送达文书}}"), ("文号", "{{发文字号}}")],
            [("送达方式", "{{送达方式}}"), ("送达人", "{{送达人}}")],
            [("送达日期", "{{送达日期}}"), ("签收人", "{{签收人}}")],
        ],
        [[("签收栏", SIGN)], [("拒收或未签收", "{{理由}}")]],
    ),
    "plan": (
        [
            CASE,
            [("责令整改", "{{责令整改日期}}"), ("届满日期", "{{届满日期}}")],
            [("报送日期", "{{报送日期}}"), ("签字人", "{{签收人}}")],
        ],
        [[("主要负责人", SIGN)]],
    ),
    "report": (
        [
            CASE,
            [("责令整改", "{{责令整改日期}}"), ("届满日期", "{{届满日期}}")],
            [("报送日期", "{{报送日期}}"), ("签字人", "{{签收人}}")],
        ],
        [[("主要负责人", SIGN)]],
    ),
    "urge": (
        [
            CASE,
            [("责任领导", "{{责任领导}}"), ("灯色", "{{灯色}}")],
            [
                ("届满日期", "{{届满日期}}"),
                ("逾期", "{% if 逾期工作日 %}{{逾期工作日}}个工作日{% else %}未逾期{% endif %}"),
            ],
            [("督办要求", listed("整改要求"))],
            [("回复期限", "{{回复期限}}"), ("签发日期", "{{成文日期}}")],
        ],
        [[("签发", SIGN)], [("单位回复", "")]],
    ),
    "verification": (
        [CASE, [("报告日期", "{{报告日期}}"), ("核查日期", "{{核查日期}}")], [("问题描述", "{{问题描述}}")]],
        [
            [("总结论", "{{结果}}{% if 理由 %}：{{理由}}{% endif %}")],
            [("核查人员", listed("核查人员"))],
            [("签字（一）", SIGN)],
            [("签字（二）", SIGN)],
        ],
    ),
    "help": (
        [
            CASE,
            [("帮扶日期", "{{帮扶日期}}"), ("帮扶人员", listed("帮扶人员"))],
            [("通报批评", "{{通报批评日期}}"), ("届满日期", "{{届满日期}}")],
            [("帮助内容", "{{帮助内容}}")],
        ],
        [[("帮扶人员", SIGN)], [("单位", SIGN)]],
    ),
    "interview_approval": (
        [
            CASE,
            [("被约谈人", "{{被约谈人}}")],
            [("主持人", "{{主持人}}")],
            [("约谈时间", "{{约谈时间}}"), ("地点", "{{约谈地点}}")],
            [("参加人员", listed("参加人员"))],
            [("约谈事由", "{{理由}}")],
        ],
        [[("承办人意见", SIGN)], [("审核意见", SIGN)], [("批准意见", SIGN)]],
    ),
    "attendance": (
        [
            CASE,
            [("时间", "{{约谈时间}}"), ("地点", "{{约谈地点}}")],
            [("主持人", "{{主持人}}")],
            [("被约谈人", "{{被约谈人}}")],
            [("参加人员", listed("参加人员"))],
            [("列席人员", listed("列席人员"))],
            [("记录人", listed("记录人"))],
        ],
        [[("主持人", SIGN)], [("被约谈人", SIGN)], [("其他人员", "")], [("记录人", SIGN)]],
    ),
    "closure_approval": (
        [
            CASE,
            [("责令整改", "{{责令整改日期}}"), ("届满日期", "{{届满日期}}")],
            [("报告日期", "{{报告日期}}"), ("核查日期", "{{核查日期}}")],
            [("问题描述", "{{问题描述}}")],
        ],
        [[("核查结论", "{{结果}}")], [("核查人员", listed("核查人员"))], [("承办人意见", SIGN)], [("批准意见", SIGN)]],
    ),
    "look_back": (
        [CASE, [("销号日期", "{{办结日期}}"), ("回头看日期", "{{回头看日期}}")]],
        [
            [("结论", "{{结果}}{% if 理由 %}：{{理由}}{% endif %}")],
            [("核查人员", listed("核查人员"))],
            [("签字（一）", SIGN)],
            [("签字（二）", SIGN)],
        ],
    ),
    "correction": (
        [
            CASE,
            [("更正事项", "{{更正事项}}")],
            [("更正内容", "{{更正内容}}")],
            [("更正理由", "{{理由}}")],
            [("更正日期", "{{成文日期}}"), ("复核确认", "{{复核确认人}}")],
        ],
        [[("更正人", SIGN)], [("复核确认人", SIGN)]],
    ),
}
TALL: Final = frozenset(
    {
        "主要负责人",
        "承办人意见",
        "审核意见",
        "批准意见",
        "单位回复",
        "其他人员",
        "督办要求",
        "帮助内容",
        "约谈事由",
        "更正内容",
    }
)


def form(kind: DocumentKind) -> Paper:
    paper = Paper()
    paper.page_numbers()
    paper.paragraph("{{发文机关简称}}", align=CENTRE)
    paper.title(before=0)
    paper.paragraph("")
    before, after = FORMS[kind.name]
    paper.form(before, tall=tuple(TALL))
    if kind.name in ITEMS:
        said = ITEMS[kind.name]
        rest = 1 - 0.08 - sum(width for _heading, _text, width in said)
        paper.rows("问题清单", "问题", (("序号", "{{问题.序号}}", 0.08), ("问题", "{{问题.事实}}", rest), *said))
    paper.form(after, tall=tuple(TALL))
    paper.paragraph("")
    return paper


def paper_for(kind: DocumentKind, template: str) -> Paper:
    paper = Paper()
    text, annex = NOTICES[kind.name]
    letter = template != kind.name or kind.layout is Layout.LETTER
    if letter:
        paper.letter_head()
    else:
        paper.page_numbers()
        paper.notice_head()
    paper.title()
    if kind.layout is not Layout.MINUTES:
        paper.addressee("受文机关" if "receiver" in kind.required else "主送机关")
    text(paper)
    if kind.layout is not Layout.MINUTES:
        paper.signature()
    if annex is not None:
        annex(paper)
    paper.imprint(printed=not letter)
    return paper


def case_file() -> Paper:
    """The cover, the catalogue and the 备考表 of a case file; its documents go between them."""
    paper = Paper()
    paper.page_numbers()
    paper.paragraph("{{发文机关}}", align=CENTRE, before=1)
    paper.title(before=3)
    paper.paragraph("", before=2)
    paper.form(
        [
            [("案号", "{{案号}}")],
            [("单位", "{{单位}}")],
            [("职责条款", "{{职责条款}}")],
            [("立卷日期", "{{立卷日期}}"), ("办结日期", "{{办结日期}}")],
            [("文书件数", "{{文书件数}}"), ("总页数", "{{总页数}}")],
            [("保管期限", "{{保管期限}}"), ("案件状态", "{{案件状态}}")],
        ]
    )
    paper.annex("卷内文书目录", place=None)
    paper.rows(
        "文书目录",
        "文书",
        (
            ("序号", "{{文书.序号}}", 0.08),
            ("题名", "{{文书.题名}}", 0.25),
            ("文号", "{{文书.文号}}", 0.32),
            ("日期", "{{文书.日期}}", 0.26),
            ("页数", "{{文书.页数}}", 0.09),
        ),
    )
    paper.annex("卷内备考表", place=None)
    paper.form(
        [
            [("本卷情况", "本卷共{{文书件数}}件文书{% if 总页数 %}，{{总页数}}页{% endif %}。")],
            [("说明", "{{备考说明}}")],
            [("立卷人", SIGN)],
            [("检查人", SIGN)],
        ],
        tall=("说明",),
    )
    paper.paragraph("", align=LEFT)
    return paper


def record() -> Paper:
    """An empty sheet with the styles, the page and its numbers: files of heads and reports are set on it."""
    paper = Paper()
    paper.page_numbers()
    return paper


def templates() -> dict[str, bytes]:
    """Return every shipped template by the name of its file."""
    found: dict[str, bytes] = {"record.docx": record().bytes()}
    for kind in KINDS.values():
        for template in kind.templates:
            if kind.name == "case_file":
                paper = case_file()
            elif kind.name in FORMS:
                paper = form(kind)
            else:
                paper = paper_for(kind, template)
            found[f"{template}.docx"] = paper.bytes()
    return found


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, data in templates().items():
        (FOLDER / name).write_bytes(data)
        print(name, len(data))


if __name__ == "__main__":
    main()
