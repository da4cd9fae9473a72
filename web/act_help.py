"""What each act does and on what it rests: one sentence beside its form, in the words of the field.

Source: docs/domain.md §2 to §4.2; 《办法》 is 川委办〔2017〕15号, whose text is in `config/duties.yaml`. Where no
article says how, the sentence says that it is the practice of such offices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.errors import Sentence
from states.vocabulary import Act

if TYPE_CHECKING:
    from collections.abc import Mapping

_HELP: Final[Mapping[Act, tuple[str, str]]] = {
    Act.REGISTER_FINDING: (
        "登记检查中发现的问题，案件由此开始，并起算决定期限。依据：《办法》第九条（定期检查、专项督查、实地暗访）。",
        "Opens the case with what an inspection found; the term for deciding starts. Basis: Measures, article 9.",
    ),
    Act.DISMISS: (
        "经核实问题不成立，案件以“查否”办结，须写明理由。依据：督查工作惯例。",
        "Ends the case because the finding proved groundless; say why. Basis: practice of inspection.",
    ),
    Act.WITHDRAW: (
        "登记有误且尚未送达时撤回登记，记录仍保留。依据：督查工作惯例。",
        "Takes back a finding entered by mistake before anything was served; the record stays. Basis: practice.",
    ),
    Act.MERGE_INTO: (
        "同一单位同一事实的案件并入另一在办案件，本案办结。依据：督查工作惯例。",
        "Merges the case into another open one of the same unit and facts. Basis: practice.",
    ),
    Act.TRANSFER: (
        "把违纪、职务违法或犯罪线索移送有权机关；移送后内容立即封存，不告知单位。依据：《办法》第九条、《监察法》。",
        (
            "Hands a clue to the competent organ; the content is sealed at once and the unit is not told. "
            "Basis: Measures, article 9; Supervision Law."
        ),
    ),
    Act.SERVE_ORDER: (
        "送达责令整改通知，自送达次日起算整改期限和报送方案期限。依据：《办法》第九条（责令整改）；期限按《民法典》第二百零一条。",
        "Serves the order; terms run from the day after. Basis: Measures, article 9; Civil Code, article 201.",
    ),
    Act.SUBMIT_PLAN: (
        "报送整改方案，逐项写明措施、责任人、时限和验收标准，由责任领导签字。依据：整改台账销号制惯例。",
        "Hands in the plan, item by item, signed by the head. Basis: practice of itemised rectification.",
    ),
    Act.ACCEPT_PLAN: (
        "认可整改方案；整改期限不变。依据：整改台账销号制惯例。",
        "Accepts the plan; the term for putting right stays. Basis: practice.",
    ),
    Act.RETURN_PLAN: (
        "退回方案并写明不足，重新起算报送期限；整改期限不变。依据：整改台账销号制惯例。",
        "Returns the plan with what is lacking; its own term starts anew. Basis: practice.",
    ),
    Act.SUBMIT_REPORT: (
        "报送整改报告和佐证材料，由责任领导签字；案件转入核查。依据：《办法》第九条、整改销号惯例。",
        "Hands in the report with its evidence, signed by the head; verification begins. Basis: Measures, article 9.",
    ),
    Act.VERIFY_PASS: (
        "两名以上核查人员现场核查合格；参加过帮助指导的人员不得核查。依据：“谁验收、谁负责”惯例。",
        "Two or more verifiers found it put right on the spot; who helped may not verify. Basis: practice.",
    ),
    Act.VERIFY_FAIL: (
        "核查不合格，退回继续整改；虚假整改须勾选，可据此直接通报。依据：《办法》第九条。",
        "Verification failed; a false report is ground for public criticism. Basis: Measures, article 9.",
    ),
    Act.APPROVE_CLOSURE: (
        "核查通过且无未决事项时批准销号，并安排回头看。依据：整改台账销号制惯例。",
        "Closes the case once it is verified and nothing is pending; a look-back is planned. Basis: practice.",
    ),
    Act.PUBLISH_CRITICISM: (
        "未整改或者整改不力的，印发并送达通报批评，起算第二次整改期限。依据：《办法》第九条（通报批评）。",
        (
            "Publishes and serves the criticism after no or poor rectification; the second term runs. "
            "Basis: Measures, article 9."
        ),
    ),
    Act.RECORD_HELP: (
        "记录通报后的帮助指导：谁、何时、做了什么；没有帮助记录不得约谈。依据：《办法》第九条（帮助指导整改）。",
        "Records help given after the criticism; without it no interview. Basis: Measures, article 9.",
    ),
    Act.HOLD_INTERVIEW: (
        "登记已实施的约谈；通知须提前送达，记录人两名，本人到场。依据：《办法》第九条（约谈）、约谈程序惯例。",
        "Records that the interview was held, after timely notice and with two recorders. Basis: Measures, article 9.",
    ),
    Act.ISSUE_MINUTES: (
        "印发约谈纪要，自送达起算第三次整改期限。依据：约谈程序惯例。",
        "Issues the minutes; the third term runs from their service. Basis: practice of interviews.",
    ),
    Act.PROPOSE_ACCOUNTABILITY: (
        "向有管理权限的党组织提出问责建议，只附事实，不建议问责方式。依据：《办法》第九条、《问责条例》第九条。",
        (
            "Proposes accountability to the body that manages the cadre: facts only, no form of it. "
            "Basis: Measures, article 9; Accountability Regulations, article 9."
        ),
    ),
    Act.RECORD_ACCOUNTABILITY: (
        "登记有权机关的问责决定文号，须第二人确认，并起算申诉期。依据：《问责条例》第十二条、第二十条。",
        (
            "Records the number of the decision, confirmed by a second person; the appeal runs. "
            "Basis: Accountability Regulations, articles 12 and 20."
        ),
    ),
    Act.REQUEST_EXTENSION: (
        "期限届满前书面申请延期，写明理由和进展，由责任领导签字。依据：督办惯例，参照《信访工作条例》第三十四条。",
        (
            "Asks for more time before the term ends, with reasons, signed by the head. Basis: practice; cf. Petition "
            "Regulations, article 34."
        ),
    ),
    Act.APPROVE_EXTENSION: (
        "批准延期，自原期限届满起续算；不得超过政策规定的上限。依据：督办惯例，参照《信访工作条例》第三十四条。",
        "Grants more time within the policy's limit. Basis: practice; cf. Petition Regulations, article 34.",
    ),
    Act.REFUSE_EXTENSION: (
        "不予延期，须写明理由，原期限不变。依据：督办惯例。",
        "Refuses more time, with the reason; the term stays. Basis: practice.",
    ),
    Act.SUSPEND: (
        "因灾害、法律问题待决等中止办理，期限停止计算，定期复查事由。依据：参照《行政复议法》第三十九条。",
        (
            "Stops the clock for a disaster, a pending legal question and the like. Basis: cf. Administrative "
            "Reconsideration Law, article 39."
        ),
    ),
    Act.RESUME: (
        "中止事由消除，期限按剩余工作日继续计算。依据：参照《行政复议法》第三十九条。",
        "Starts the clock again with the working days that were left. Basis: cf. the same article.",
    ),
    Act.FILE_OBJECTION: (
        "对认定的事实提出异议；复核期间停止通报，不停止整改。依据：《政府督查工作条例》（收到结论后30日内）。",
        (
            "Objects to the facts within 30 days; criticism waits, rectification does not. Basis: Supervision "
            "Regulations."
        ),
    ),
    Act.DECIDE_REVIEW: (
        "维持、变更或撤销；参与过原决定的人员不得作出。依据：《政府督查工作条例》（30日内复核）。",
        "Upholds, amends or revokes; nobody decides who took part before. Basis: Government Supervision Regulations.",
    ),
    Act.REQUEST_TOLERANCE: (
        "申请按“三个区分开来”认定容错免责。依据：《办法》第九条、《问责条例》第十七条。",
        "Asks for tolerance of an honest error. Basis: Measures, article 9; Accountability Regulations, article 17.",
    ),
    Act.ACCEPT_TOLERANCE: (
        "受理容错申请，起算认定期限。依据：《问责条例》第十七条、容错纠错惯例。",
        "Accepts the request; the term for deciding runs. Basis: Accountability Regulations, article 17.",
    ),
    Act.DECIDE_TOLERANCE: (
        "征求组织部门和纪检机关书面意见后认定；同意的，案件以“容错免责”办结。依据：《问责条例》第十七条。",
        (
            "Decides after written views were asked for; granted, the case ends. Basis: Accountability Regulations, "
            "article 17."
        ),
    ),
    Act.FILE_APPEAL: (
        "收到问责决定一个月内申诉，不停止执行。依据：《问责条例》第二十条。",
        "Appeals within one month; it stands meanwhile. Basis: Accountability Regulations, article 20.",
    ),
    Act.DECIDE_APPEAL: (
        "登记有权机关的申诉决定。依据：《问责条例》第二十条、第二十一条。",
        "Records how the appeal was decided. Basis: Accountability Regulations, articles 20 and 21.",
    ),
    Act.LOOK_BACK_PASS: (
        "回头看未发现反弹。依据：回头看工作惯例。",
        "The look-back found no relapse. Basis: practice.",
    ),
    Act.REOPEN: (
        "发现反弹或者虚假整改，重新立案整改。依据：《办法》第九条、回头看工作惯例。",
        "Opens the case again after a relapse or a false rectification. Basis: Measures, article 9; practice.",
    ),
    Act.START_RANKING_INTERVIEW: (
        "按经批准的排序对末位单位启动约谈。依据：《办法》第九条（排序、末位约谈）。",
        "Starts the interview of the last in an approved ranking. Basis: Measures, article 9.",
    ),
    Act.LIST_CASE: (
        "挂牌督办，另定期限；须领导批准。依据：《信访工作条例》第三十九条、挂牌督办惯例。",
        "Lists the case for special supervision with a term of its own. Basis: Petition Regulations, 39; practice.",
    ),
    Act.DELIST_CASE: ("验收合格后摘牌。依据：挂牌督办惯例。", "Takes the case off the list. Basis: practice."),
    Act.APPROVE_ESCALATION: (
        "同意系统提出的升级建议；升级事项仍须由承办人办理。依据：《办法》第九条逐级推进。",
        "Agrees with the proposed step; it still has to be carried out. Basis: Measures, article 9, rung by rung.",
    ),
    Act.REJECT_ESCALATION: (
        "不同意升级建议，或者不放行因时钟异常扣住的升级，须写明理由；案件留在原状态，灯和期限照常。依据：《办法》第九条。",
        "Refuses a proposed step, or one that the clock held, with a reason; the case stays. Basis: Measures, art. 9.",
    ),
    Act.ACKNOWLEDGE: (
        "签收送达的文书；不填序号即签收最近一项。依据：机关公文签收惯例。",
        "Signs for what was served; without a number, for the latest. Basis: practice of official documents.",
    ),
    Act.CORRECT_EVENT: (
        "更正某一事项的记录，须第二人确认；原记录永久保留。依据：档案形成过程可追溯的要求（《档案法实施条例》）。",
        "Corrects a record with a second person; the original stays for ever. Basis: Archives Law, implementing rules.",
    ),
    Act.MARK_CONFIDENTIALITY: (
        "更改密级标注并写明理由；工作秘密只有经办人、督查机构负责人、上级主要负责人、本单位和审计人员可见。依据：《保密法》第六十四条。",
        "Changes the mark; a work secret is for who takes part, director, leader, the unit, auditors. Basis: art. 64.",
    ),
    Act.APPROVE_ORDER: (
        "批准发出责令整改通知；对下级党委或政府，写明“经……同意”。承办人凭此送达。依据：办法第九条第二款。",
        "Approves the order before the case handler serves it. Basis: Measures, article 9(2).",
    ),
    Act.APPROVE_CRITICISM: (
        "批准印发通报批评；批准后由承办人印发并送达。期满升级的案件，通报仍须批准后才能印发。依据：办法第九条第二款。",
        "Approves the circular; the case handler then publishes and serves it. Basis: Measures, article 9(2).",
    ),
    Act.APPROVE_INTERVIEW: (
        "批准约谈并确定被约谈人；此前须已印发通报并记录帮助指导。依据：办法第九条第二款。",
        "Approves the interview; the circular and the help must be recorded before. Basis: Measures, article 9(2).",
    ),
    Act.SERVE_INTERVIEW_NOTICE: (
        "送达约谈通知，写明约谈日期、地点和被约谈人；至少提前3个工作日。依据：惯例。",
        "Serves the interview notice with day, place and interviewee, at least 3 working days ahead. Basis: practice.",
    ),
    Act.RECORD_ABSENCE: (
        "记录被约谈人缺席。首次缺席须再次送达通知；两次无故缺席视为拒绝约谈，可以提出问责建议。依据：惯例。",
        "Records an absence; after a second one without reason the interview counts as refused. Basis: practice.",
    ),
    Act.RECORD_INQUIRY: (
        "登记受理机关的文号，不记录内容。依据：《中国共产党问责条例》第十条。",
        "Records the number of the organ's letter, and nothing of its content. Basis: Accountability Regulations, 10.",
    ),
    Act.RECORD_NO_ACCOUNTABILITY: (
        "登记不予问责的决定；整改仍继续。予以容错免责的，案件终结。依据：《中国共产党问责条例》第十七条。",
        "Records that nobody is held accountable; the rectification goes on. Basis: Accountability Regulations, 17.",
    ),
    Act.REPORT_PROGRESS: (
        "逐项报告整改进展，不影响期限。依据：惯例（按月）。",
        "Reports progress item by item; terms stay as they are. Basis: practice (monthly).",
    ),
    Act.URGE: (
        "向联络员和主要负责人发出催办，间隔按政策设定。依据：惯例。",
        "Urges the liaison and the head, not more often than the policy allows. Basis: practice.",
    ),
    Act.ASSIGN: (
        "指派承办人，可同时指定代办人和代办期限。依据：惯例（交办）。",
        "Assigns the case handler, and who stands in until when. Basis: practice.",
    ),
    Act.DECIDE_LATE_ENTRY: (
        "补录的案件在决定前不计灯、不升级、不通知：可自今日起算，可认可既往的报告或销号，也可按原期限处理。依据：惯例。",
        (
            "What was entered late waits: count from today, take over what happened, or let the ladder "
            "act. Basis: practice."
        ),
    ),
    Act.RELEASE_ESCALATION: (
        "系统停运或时钟异常后暂缓的升级，由有权的人放行后方才进行。依据：惯例。",
        "Releases an escalation that waited because the clock was implausible. Basis: practice.",
    ),
    Act.COUNTERSIGN: (
        "以另一个账号登录，确认同事录入的事项属实；会签后才生效。依据：核查、登记须两人的规定。",
        (
            "Signs what a colleague has entered, with a login of one's own; only then does it take "
            "effect. Basis: two must verify and record."
        ),
    ),
    Act.REFUSE_COUNTERSIGN: (
        "不同意同事录入的事项并写明理由；该事项不生效，记录保留。依据：核查、登记须两人的规定。",
        (
            "Refuses to sign what a colleague has entered, with the reason; it never takes effect. "
            "Basis: two must verify and record."
        ),
    ),
}


def help_of(act: Act) -> Sentence:
    """Return what the act does and on what it rests."""
    return Sentence(*_HELP[act])
