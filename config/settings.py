"""The settings of one installation: environment variables `DUBAN_*`, read once (README, “Settings”)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from states.errors import Problem, Sentence
from states.names import is_case_number
from states.vocabulary import Role
from store.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BAD: Final = Sentence(
    "环境变量 {name} 的值“{value}”不可用：{reason}", "The environment variable {name} cannot be “{value}”: {reason}"
)
_NO_NUMBER: Final = Sentence("应为数字。", "it must be a number.")
_NO_WHOLE_NUMBER: Final = Sentence("应为整数。", "it must be a whole number.")
_TOO_SMALL: Final = Sentence("不能小于{least}。", "it must be at least {least}.")
_TOO_LARGE: Final = Sentence("不能大于{most}。", "it must be at most {most}.")
_NOT_ABOVE: Final = Sentence("应大于0。", "it must be above 0.")
_NO_CHOICE: Final = Sentence("应为以下之一：{words}。", "it must be one of {words}.")
_NO_WAY: Final = Sentence(
    "应写明方式和地址，例如 mail:duty@example.cn。", "it must be a way such as mail:duty@example.cn."
)
_NO_ZONE: Final = Sentence("没有这个时区。", "there is no such time zone.")
_NO_SERIES: Final = Sentence(
    "字头最多40个汉字、字母、数字、括号和横线，且能编成案件编号。",
    "a series is written with up to 40 Chinese characters, letters, digits, brackets and dashes.",
)
_NO_NETWORK: Final = Sentence("“{word}”不是网络地址或网段。", "“{word}” is no address and no network.")
_NO_ROLE: Final = Sentence("没有角色“{word}”；可用：{known}。", "there is no role {word}; write some of {known}.")
_NO_ORIGIN: Final = Sentence("不能为空，也不能含空白或加号。", "it cannot be empty, nor hold a blank or a plus sign.")

PREFIX: Final = "DUBAN_"


class BadSetting(Problem):
    """An environment variable makes no sense; `name` and `value` are those of the setting."""

    def __init__(self, name: str, value: object, reason: Sentence) -> None:
        """Say which, what it was to be, and why it cannot be that."""
        super().__init__(_BAD.fill(name=f"{PREFIX}{name.upper()}", value=str(value), reason=reason))
        self.name, self.value = name, str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What varies between installations. What varies between offices is in the policy.

    Raises:
        BadSetting: a value makes no sense; the sentence names it.
    """

    home: Path = Path("var")
    database_url: str = ""
    db_idle_seconds: float = 20.0
    db_lock_seconds: float = 30.0
    db_statement_seconds: float = 60.0
    db_peer_seconds: float = 30.0
    policy: str = "sichuan-2017"
    zone: str = "Asia/Shanghai"
    lang: Literal["zh-CN", "en"] = "zh-CN"
    web_host: str = "127.0.0.1"
    web_port: int = 8686
    prefect_api_url: str = ""
    prefect_port: int = 4286
    office: str = "中共临溪市委全面依法治市委员会办公室"
    series: str = "临法治督案"
    calendars: str = ""
    obligations: Literal["2017", "2019"] = "2017"
    """Which rule fixes the days of the yearly reports (`config.obligations`)."""
    link: str = ""
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    smtp_from: str = "duban@localhost"
    im_gateway: str = ""
    watch_address: str = ""
    watch_minutes: int = 10
    outbox_hours: int = 2
    origin: str = "duban.local/history"
    checkpoint_mail: str = ""
    checkpoint_folder: str = ""
    tsa_url: str = ""
    tsa_roots: str = ""
    hash: Literal["sha256", "sm3"] = "sha256"
    totp_roles: str = ""
    rate_api: int = 600
    rate_login: int = 30
    trusted_proxies: str = ""
    """The addresses and networks of proxies whose word on who asks is believed; separated by spaces or commas."""
    inside_hosts: str = ""
    """Hosts and networks of this machine to which messages may go all the same (`notifications.outside`)."""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_claim: str = "preferred_username"
    log: Literal["text", "json"] = "text"
    otlp_endpoint: str = ""

    def __post_init__(self) -> None:
        """Check every value that has something to be checked."""
        for name, wrong in _CHECKS.items():
            value = getattr(self, name)
            reason = wrong(value)
            if reason is not None:
                raise BadSetting(name, value, reason)

    @property
    def second_factor_for(self) -> frozenset[Role]:
        """Return the roles that need a second factor to log in."""
        return frozenset(Role(word) for word in self.totp_roles.replace(",", " ").split())

    @property
    def proxies(self) -> list[str]:
        """Return the addresses and networks of the proxies that are believed."""
        from ipaddress import ip_network  # noqa: PLC0415  # needed by few processes

        return [str(ip_network(word, strict=False)) for word in self.trusted_proxies.replace(",", " ").split()]

    @property
    def inside(self) -> tuple[str, ...]:
        """Return the hosts and networks of this machine to which messages may go: those that settings name."""
        named = self.inside_hosts.replace(",", " ").split()
        watch = self.watch_address.partition(":")[2] if self.watch_address.startswith("webhook:") else ""
        hosts = [urlsplit(address).hostname for address in (self.im_gateway, watch) if address]
        return tuple(dict.fromkeys([*named, *(host for host in hosts if host)]))

    @property
    def database(self) -> str:
        """Return the address of the database: as set, else the SQLite file in the home."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'duban.db'}"

    @property
    def database_limits(self) -> Limits:
        """Return how long the database and we wait for each other."""
        return Limits(
            idle=self.db_idle_seconds,
            lock=self.db_lock_seconds,
            statement=self.db_statement_seconds,
            peer=self.db_peer_seconds,
        )

    @property
    def tz(self) -> ZoneInfo:
        """Return the office's zone."""
        return ZoneInfo(self.zone)

    @property
    def calendar_files(self) -> list[Path]:
        """Return the office's own calendar files: those named, then those in the home, each in order."""
        named = [Path(part) for part in self.calendars.split(":") if part]
        folder = self.home / "calendars"
        return named + sorted(path for path in folder.glob("*") if path.is_file())

    @property
    def address(self) -> str:
        """Return the address that messages point to."""
        return self.link or f"http://{self.web_host}:{self.web_port}/"


def _one_of(*words: str) -> Callable[[str], Sentence | None]:
    return lambda value: None if value in words else _NO_CHOICE.fill(words="、".join(words))


def _between(least: int, most: int | None = None) -> Callable[[int], Sentence | None]:
    def wrong(value: int) -> Sentence | None:
        if value < least:
            return _TOO_SMALL.fill(least=least)
        return _TOO_LARGE.fill(most=most) if most is not None and value > most else None

    return wrong


def _not_above_zero(value: float) -> Sentence | None:
    return None if value > 0 else _NOT_ABOVE


def _no_way(value: str) -> Sentence | None:
    kind, colon, address = value.partition(":")
    return _NO_WAY if value and not (kind and colon and address) else None


def _no_zone(value: str) -> Sentence | None:
    try:
        ZoneInfo(value)
    except Exception:  # noqa: BLE001  # whatever an odd name makes of the search for its file, it is no zone
        return _NO_ZONE
    return None


def _no_series(value: str) -> Sentence | None:
    return None if is_case_number(f"{value}〔2026〕1号") else _NO_SERIES


def _no_origin(value: str) -> Sentence | None:
    return None if re.fullmatch(r"[^\s+]+", value) else _NO_ORIGIN


def _no_networks(value: str) -> Sentence | None:
    words = value.replace(",", " ").split()
    if not words:
        return None
    from ipaddress import ip_network  # noqa: PLC0415  # needed by few processes

    for word in words:
        try:
            ip_network(word, strict=False)
        except ValueError:
            return _NO_NETWORK.fill(word=word)
    return None


def _no_roles(value: str) -> Sentence | None:
    known = {role.value for role in Role if role is not Role.SYSTEM}
    unknown = next((word for word in value.replace(",", " ").split() if word not in known), None)
    return None if unknown is None else _NO_ROLE.fill(word=unknown, known=" ".join(sorted(known)))


_CHECKS: Final[Mapping[str, Callable[[Any], Sentence | None]]] = {
    **dict.fromkeys(("db_idle_seconds", "db_lock_seconds", "db_statement_seconds", "db_peer_seconds"), _not_above_zero),
    "zone": _no_zone,
    "lang": _one_of("zh-CN", "en"),
    **dict.fromkeys(("web_port", "prefect_port", "smtp_port"), _between(1, 65535)),
    "series": _no_series,
    "obligations": _one_of("2017", "2019"),
    "smtp_tls": _one_of("none", "starttls", "tls"),
    "watch_address": _no_way,
    "watch_minutes": _between(2),
    "outbox_hours": _between(1),
    "origin": _no_origin,
    "hash": _one_of("sha256", "sm3"),
    "totp_roles": _no_roles,
    **dict.fromkeys(("rate_api", "rate_login"), _between(0)),
    "trusted_proxies": _no_networks,
    "log": _one_of("text", "json"),
}
"""What is checked of each setting: returns why the value cannot be used, or nothing."""

NAMES: Final = tuple(field.name for field in fields(Settings))
CHOSEN_FILE: Final = "settings.env"
"""The file in the home that holds what was chosen in the browser on the first day."""


def with_texts(settings: Settings, texts: Mapping[str, str]) -> Settings:
    """Return the settings with what these texts say, by the names of the settings.

    Raises:
        BadSetting: one of them makes no sense; the sentence names it.
    """
    said: dict[str, Any] = {}
    for name, text in texts.items():
        before = getattr(settings, name)
        try:
            said[name] = Path(text) if isinstance(before, Path) else type(before)(text)
        except ValueError as error:
            reason = _NO_WHOLE_NUMBER if isinstance(before, int) else _NO_NUMBER
            raise BadSetting(name, text, reason) from error
    return replace(settings, **said)


def read_settings() -> Settings:
    """Return the settings of this process's environment, and below them what was chosen in the browser.

    Raises:
        BadSetting: a variable makes no sense; the sentence names it.
    """
    standard, said = Settings(), _named(os.environ)  # noqa: TID251  # this is where they are read
    found = with_texts(standard, said)
    chosen = found.home / CHOSEN_FILE
    if not chosen.is_file():
        return found
    from dotenv import dotenv_values  # noqa: PLC0415  # needed where something was chosen

    # What the environment says counts before what was chosen in the browser (config.chosen).
    return with_texts(standard, _named(dotenv_values(chosen, encoding="utf-8")) | said)


def is_home_named() -> bool:
    """Say whether the environment names a home, so that the standard one is not meant."""
    return "home" in _named(os.environ)  # noqa: TID251  # this is where settings are read


def _named(variables: Mapping[str, str | None]) -> dict[str, str]:
    """Return what variables say of settings; how their names are written in upper and lower case does not matter."""
    upper = {key.upper(): value for key, value in variables.items() if value is not None}
    return {name: upper[f"{PREFIX}{name.upper()}"] for name in NAMES if f"{PREFIX}{name.upper()}" in upper}
