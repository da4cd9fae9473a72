"""Commands for the installation: migrating, running, policies, calendars, people, and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from accounts import console
from cli.console import Json, now, office, say
from config.home import FIRST_PASSWORD, narrowed
from config.policy import find_policy, read_policy
from config.settings import read_settings
from operations.diagnosis import differences_of, door_of, examined, home_of, password_of, rows_of
from operations.prefect_server import answers_anybody, api_of
from states.diagram import mermaid
from states.errors import Sentence
from states.terms import date_text, parse_date
from states.vocabulary import RUNGS, Role, name
from store import tokens
from store.backup import copy_to, restore_from

users = typer.Typer(no_args_is_help=True, help="People who may act. 用户。")
policies = typer.Typer(no_args_is_help=True, help="Policies. 政策。")
calendars = typer.Typer(no_args_is_help=True, help="Working-day calendars. 日历。")
contacts = typer.Typer(no_args_is_help=True, help="Ways to reach a post. 联系方式。")

LOOKED_THROUGH: Final = 50_000
"""Up to how many events `duban doctor` compares the rows with their events itself; it takes a second or two."""
_SOUND: Final = Sentence("政策 {name} 没有问题，哈希 {hash}。", "The policy {name} is sound; its hash is {hash}.")
_MIGRATED: Final = Sentence("数据库已是最新结构：{url}", "The database has the newest schema: {url}")
_COPIED: Final = Sentence("已备份到 {path}（{size} 字节）。", "Copied to {path} ({size} bytes).")
_RESTORED: Final = Sentence(
    "已恢复并校验通过：{n}条事件。原数据库保留为 .before 文件。",
    "Restored and verified: {n} events. The database that was there is kept as .before.",
)
_NOT_SOUND: Final = Sentence("已恢复，但校验不通过：{wrong}", "Restored, but not verified: {wrong}")
_NO_FILES: Final = Sentence(
    "以下{count}件佐证材料不在证据目录中，请从文件备份恢复：{names}",
    "{count} piece(s) of evidence are not in the folder of evidence; restore them from the backup of files: {names}",
)
_ADDED: Final = Sentence("已添加用户 {name}（{role}）。", "Added the user {name} ({role}).")
_DISABLED: Final = Sentence("用户 {name} 已停用。", "The user {name} is disabled.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(up)
    app.command()(migrate)
    app.command()(doctor)
    app.command()(backup)
    app.command()(restore)
    app.add_typer(users, name="user")
    app.add_typer(policies, name="policy")
    app.add_typer(calendars, name="calendar")
    app.add_typer(contacts, name="contact")


def up() -> None:
    """Run everything in one supervised tree: web, Prefect server, flows. 启动全部服务。"""
    from cli.up import run  # noqa: PLC0415  # the supervisor is needed by this command alone

    raise typer.Exit(run(read_settings()))


def migrate(
    adopt: Annotated[
        list[str] | None,
        typer.Option(help="A setting that has really changed: home, office, series, zone, … 确已变更的设置。"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring the database to the newest schema. 升级数据库结构。"""
    with office(compared=False) as here:
        here.installation.prepare(now(), adopt or ())
        url = here.database.url.render_as_string(hide_password=True)
        say({"migrated": True, "database": url}, _MIGRATED.fill(url=url).text(here.settings.lang), as_json=as_json)


def backup(file: Annotated[Path, typer.Argument(help="A new file. 备份文件。")], as_json: Json = False) -> None:
    """Write a consistent copy of the database while it is in use. 在线备份。"""
    with office() as here:
        here.database.require_current()
        size = copy_to(here.database, file)
        text = _COPIED.fill(path=file, size=size).text(here.settings.lang)
        say({"file": str(file), "bytes": size}, text, as_json=as_json)


def restore(file: Annotated[Path, typer.Argument(help="A copy. 备份文件。")], as_json: Json = False) -> None:
    """Put a copy back, and verify its history; what was there is kept beside it. 恢复备份并校验。"""
    from cli.up import alone  # noqa: PLC0415  # the supervisor is needed by few commands

    settings = read_settings()
    with alone(settings.home):
        with office(settings, compared=False) as here:
            restore_from(here.database, file)
        with office(settings, compared=False) as here:
            here.installation.prepare(now())
            verdict = here.proofs.verify()
            missing = here.proofs.missing_evidence()
    lang = settings.lang
    text = (_RESTORED if verdict.ok else _NOT_SOUND).fill(n=verdict.events, wrong=verdict.first_wrong).text(lang)
    if missing:
        text += "\n" + _NO_FILES.fill(count=len(missing), names="、".join(missing)).text(lang)
    document: dict[str, Any] = {"ok": verdict.ok, "events": verdict.events, "first_wrong": verdict.first_wrong}
    if missing:
        document["missing_evidence"] = missing
    say(document, text, as_json=as_json)
    if not verdict.ok:
        raise typer.Exit(1)


@policies.command("check")
def policy_check(
    which: Annotated[str, typer.Argument(help="A name or a file. 名称或文件。")] = "", as_json: Json = False
) -> None:
    """Say whether a policy file is sound. 检查政策文件。"""
    settings = read_settings()
    policy = read_policy(find_policy(which or settings.policy))
    text = _SOUND.fill(name=policy.name, hash=policy.hash[:12]).text(settings.lang)
    say({"ok": True, "name": policy.name, "hash": policy.hash}, text, as_json=as_json)


@policies.command("show")
def policy_show(
    which: Annotated[str, typer.Argument(help="A name or a file. 名称或文件。")] = "", as_json: Json = False
) -> None:
    """Show a policy's ladder. 查看政策。"""
    settings = read_settings()
    policy = read_policy(find_policy(which or settings.policy))
    lang = settings.lang
    rungs = []
    title = policy.title_en if lang.startswith("en") else policy.title_zh
    lines = [f"{policy.name}  {title}  {policy.hash[:12]}"]
    for state in RUNGS:
        rung = policy.rungs[state]
        follow = rung.on_missed
        rungs.append(
            {
                "state": state.value,
                "term": str(rung.term),
                "basis": rung.basis,
                "reminders": [line.days_before for line in rung.reminders],
                "yellow": rung.yellow,
                "red": rung.red,
                "on_missed": {"after": follow.after, "move": follow.move.value, "mode": follow.mode.value}
                if follow
                else None,
            }
        )
        after = f"→ +{follow.after}wd {name(follow.move).text(lang)} ({follow.mode.value})" if follow else ""
        reminders = " ".join(f"T-{line.days_before}" for line in rung.reminders)
        lines.append(
            f"{name(state).text(lang)}\t{rung.term.text(lang)}\t{reminders}\t+{rung.yellow} +{rung.red}\t{after}"
        )
    limits = {word: str(limit.term) for word, limit in policy.limits.items()}
    say({"name": policy.name, "hash": policy.hash, "rungs": rungs, "limits": limits}, "\n".join(lines), as_json=as_json)


@policies.command("diagram")
def policy_diagram(as_json: Json = False) -> None:
    """Draw the lifecycle as a Mermaid diagram. 生命周期图。"""
    say({"mermaid": mermaid()}, mermaid(), as_json=as_json)


@calendars.command("show")
def calendar_show(
    year: Annotated[int, typer.Argument(help="Which year. 年份。", min=1990, max=2100)], as_json: Json = False
) -> None:
    """Show the days of a year that differ from their weekday. 查看某年的放假与补班。"""
    with office() as here:
        calendar, lang = here.rulebook.calendar, here.settings.lang
        known = year in calendar.known_years
        days = [
            {"day": day.isoformat(), "works": rule.works, "label": calendar.label(day, lang)}
            for day, rule in sorted(calendar.exceptions.items())
            if day.year == year
        ]
        text = (
            [f"{year}: " + ("known" if known else "provisional")]
            if lang == "en"
            else [f"{year}年：" + ("已公布" if known else "暂定")]
        )
        text += [f"{date_text(parse_date(str(line['day'])), lang)}\t{line['label']}" for line in days]
        say({"year": year, "known": known, "hash": calendar.hash, "days": days}, "\n".join(text), as_json=as_json)


@users.command("confirm")
def user_confirm(
    username: Annotated[str, typer.Argument(help="The user name. 用户名。")], as_json: Json = False
) -> None:
    """Release an account, where no security administrator can: the first one's own. 确认账号。"""
    with office() as here:
        console.confirm(here.database, username, now())
        say({"username": username, "confirmed": True}, f"{username} ✓", as_json=as_json)


@users.command("add")
def user_add(
    username: Annotated[str, typer.Argument(help="The user name. 用户名。")],
    role: Annotated[Role, typer.Option(help="In which role. 角色。")],
    unit: Annotated[str, typer.Option(help="Of which unit; the office if not given. 单位。")] = "",
    called: Annotated[str, typer.Option("--name", help="What people call him or her. 姓名。")] = "",
    as_json: Json = False,
) -> None:
    """Add somebody who may act. 添加用户。"""
    with office() as here:
        here.database.require_current()
        console.add(here.database, username, called, role, unit, here.settings.office, now())
        text = _ADDED.fill(name=username, role=name(role)).text(here.settings.lang)
        say({"username": username, "role": role.value}, text, as_json=as_json)


@users.command("list")
def user_list(as_json: Json = False) -> None:
    """List everybody. 用户列表。"""
    with office() as here:
        everybody = console.everybody(here.database)
        shapes: list[dict[str, Any]] = [
            {"username": p.username, "name": p.name, "role": p.role.value, "unit": p.unit, "disabled": p.disabled}
            for p in everybody
        ]
        lines = [
            f"{p.username}\t{name(p.role).text(here.settings.lang)}\t{p.unit}{' ✗' if p.disabled else ''}"
            for p in everybody
        ]
        say({"users": shapes}, "\n".join(lines) or "—", as_json=as_json)


@users.command("disable")
def user_disable(
    username: Annotated[str, typer.Argument(help="The user name. 用户名。")], as_json: Json = False
) -> None:
    """Let somebody act no longer. 停用用户。"""
    with office() as here:
        console.disable(here.database, username, now())
        say(
            {"username": username, "disabled": True},
            _DISABLED.fill(name=username).text(here.settings.lang),
            as_json=as_json,
        )


@users.command("token")
def user_token(
    username: Annotated[str, typer.Argument(help="The user name. 用户名。")],
    scope: Annotated[
        list[str] | None, typer.Option(help="What it is for: read, act, audit; all if not given. 权限范围。")
    ] = None,
    days: Annotated[int, typer.Option(help="For how many days it is valid. 有效天数。")] = tokens.DAYS,
    called: Annotated[str, typer.Option("--name", help="What it is used for, in words. 用途。")] = "",
    as_json: Json = False,
) -> None:
    """Make another token for the HTTP interface; only its hash is kept. 生成接口令牌。"""
    with office() as here:
        scopes = scope or list(tokens.SCOPES)
        token = console.give_token(here.database, username, now(), name=called, scopes=scopes, days=days)
        say({"username": username, "token": token}, token, as_json=as_json)


@users.command("password")
def user_password(
    username: Annotated[str, typer.Argument(help="The user name. 用户名。")], as_json: Json = False
) -> None:
    """Give somebody a one-time password for the pages. 生成一次性口令。"""
    with office() as here:
        here.database.require_current()
        password = console.give_password(here.database, username, now())
        say({"username": username, "password": password}, password, as_json=as_json)


@contacts.command("set")
def contact_set(
    unit: Annotated[str, typer.Argument(help="The unit. 单位。")],
    post: Annotated[str, typer.Argument(help="The post, by name or role such as head, liaison. 职务。")],
    ways: Annotated[
        list[str], typer.Argument(help="Ways in the order in which they are tried, as mail:name@host. 渠道。")
    ],
    as_json: Json = False,
) -> None:
    """Say how a post is reached. 设置职务的联系方式。"""
    with office() as here:
        at = now()
        here.database.require_current()
        n = console.set_contacts(here.database, unit, post, ways, here.channels, here.today(at), at)
        say({"unit": unit, "post": post, "ways": n}, f"{unit} {post}: {n}", as_json=as_json)


def doctor(as_json: Json = False) -> None:
    """Say what is wrong, and what to do. 体检。"""
    settings = read_settings()
    lang, api, home = settings.lang, api_of(settings), settings.home.resolve()
    found = [home_of(len(narrowed(home)), home), door_of(answers_anybody(api), api)]
    found += [line for line in [password_of(home / FIRST_PASSWORD)] if line is not None]
    with office(settings, compared=False) as here:
        at = now()
        found += examined(here.overview.vitals(at), settings, at)
        found += differences_of(here.database, settings)
        if here.overview.vitals(at).events <= LOOKED_THROUGH:
            found.append(rows_of(len(here.proofs.differing())))
    ok = all(line.good for line in found)
    findings = [{"ok": line.good, "name": line.name, "text": line.sentence.text(lang)} for line in found]
    say(
        {"ok": ok, "findings": findings},
        "\n".join(f"{'✓' if line['ok'] else '✗'} {line['text']}" for line in findings),
        as_json=as_json,
    )
    if not ok:
        raise typer.Exit(1)
