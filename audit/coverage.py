"""What verification does not look at, said in one line each, so that nobody takes it for covered.

`UNCOVERED` names tables, columns as `table.column`, and removals as `table:delete`; a test changes everything in every
table and wants each change found or named here.
"""

from __future__ import annotations

from typing import Final

from states.errors import Sentence

UNCOVERED: Final[dict[Sentence, tuple[str, ...]]] = {
    Sentence(
        "最近一个存放在本单位之外的检查点之后的记录：同时掌握数据库和签名密钥的人可以改写。",
        "What came after the last checkpoint that is kept outside the office: whoever has both the database and the "
        "signing key can write it anew.",
    ): (),
    Sentence(
        "数据库中的检查点本身是否被取走、何时签发、送达何处：请以存放在外的检查点（--checkpoint）、见证签名或时间戳为准。",
        "Whether checkpoints were taken out of the database, when they were signed, where they were sent: go by those "
        "kept outside (--checkpoint), by witnesses and by timestamps.",
    ): ("checkpoints:delete", "checkpoints.signed_at", "checkpoints.sent_to", "checkpoints.timestamp"),
    Sentence(
        "登录会话、单点登录、恢复码、口令错误次数和锁定时间、令牌和验证码的最近使用。",
        "Sessions, single sign-on, recovery codes, counts of wrong passwords, locks, the last use of tokens and codes.",
    ): (
        "sessions",
        "foreign_logins",
        "recovery_codes",
        "login_attempts",
        "people.failures",
        "people.locked_until",
        "people.totp_step",
        "api_tokens.used_at",
    ),
    Sentence(
        "待发通知的重试安排（何时再试、已试次数、失败原因）；是否应发、是否发出、每次尝试均已校验。",
        "When a waiting message is tried again, how often it was, and why it failed last; whether it was owed, and "
        "sent, and every attempt are verified.",
    ): (
        "outbox.not_before",
        "outbox.attempts",
        "outbox.leased_until",
        "outbox.message_id",
        "outbox.reason",
        "outbox.trace",
        "outbox.id",
    ),
    Sentence(
        "定时事项的暂缓安排；每案应有哪些定时事项、何时到期均已校验。",
        "How timers that could not be fired are put off; which timers a case has, and when they are due, is verified.",
    ): (
        "obligations.held_until",
        "timers.held_until",
        "timers.failures",
        "timers.reason",
        "timers.unit_id",
        "timers.id",
    ),
    Sentence(
        "重复请求的登记、台账行的指纹、案号的取号序列、运行心跳、数据库结构版本。",
        "Requests that are not repeated, marks of ledger rows, the last numbers of series, heartbeats, the schema's "
        "version.",
    ): ("requests", "cases.fingerprint", "series", "heartbeats", "schema_marks", "alembic_version"),
    Sentence(
        "谁上传了尚未被事项引用的材料；引用它的事项说明由谁引用，材料本身已校验。",
        "Who brought a file of evidence before an event cited it; the event says who cites it; the file is verified.",
    ): ("evidence_uploads",),
    Sentence(
        "留存的日历和政策中何者现行有效：duban doctor 与文件核对。",
        "Which of the calendars and policies that are kept are in force: `duban doctor` compares them with the files.",
    ): ("log_head.calendar_hash", "log_head.policy_hash"),
    Sentence(
        "个人保存的案件视图，以及名单排序所用的最近办理日；案件各事项的日期均已校验。",
        "The lists that people keep under a name, and the day of the last event by which lists are put in order; the "
        "days of all events are verified.",
    ): ("saved_views", "cases.last_on"),
    Sentence(
        "从其他系统导入的历史：请与原文件的 SHA-256 核对。",
        "Histories imported from other systems: compare them with the SHA-256 of their files.",
    ): ("foreign_logs", "foreign_events"),
}
"""What is not covered: for people in words, and for the tests by table, or table and column."""

NOT_COVERED: Final = tuple(UNCOVERED)
