"""The settings of one installation: environment variables `DUBAN_*`, read once (README, “Settings”)."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.shapes import shape_trouble
from states.errors import Problem, Sentence
from states.names import is_case_number
from states.vocabulary import Role
from store.limits import Limits

_WANTED: Final[dict[str, Sentence]] = {
    "watch_address": Sentence("应为 mail:duty@example.cn 这样的联系方式", "write a way such as mail:duty@example.cn"),
    "zone": Sentence("没有这个时区，应如 Asia/Shanghai", "there is no such time zone; write one such as Asia/Shanghai"),
    "series": Sentence(
        "案号代字由最多40个汉字、字母、数字、括号和连字符组成",
        "a series is written with up to 40 Chinese characters, letters, digits, brackets and dashes",
    ),
    "trusted_proxies": Sentence(
        "应为网络地址，如 10.0.0.1 或 10.0.0.0/8", "write addresses of networks, as 10.0.0.1 or 10.0.0.0/8"
    ),
    "totp_roles": Sentence(
        "应为角色的代号，如 director leader administrator", "write keys of roles, as director leader administrator"
    ),
}
"""What a setting must be that has a rule of its own."""
_BAD: Final = Sentence(
    "环境变量 {name} 的值“{value}”不可用：{reason}。", "The environment variable {name} cannot be “{value}”: {reason}."
)


class BadSetting(Problem):
    """An environment variable makes no sense."""


class Settings(BaseSettings):
    """What varies between installations. What varies between offices is in the policy."""

    model_config = SettingsConfigDict(env_prefix="DUBAN_", frozen=True, extra="ignore")

    home: Path = Path("var")
    database_url: str = ""
    db_idle_seconds: float = Field(default=20, gt=0)
    db_lock_seconds: float = Field(default=30, gt=0)
    db_statement_seconds: float = Field(default=60, gt=0)
    db_peer_seconds: float = Field(default=30, gt=0)
    policy: str = "sichuan-2017"
    zone: str = "Asia/Shanghai"
    lang: Literal["zh-CN", "en"] = "zh-CN"
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8686, ge=1, le=65535)
    prefect_api_url: str = ""
    prefect_port: int = Field(default=4286, ge=1, le=65535)
    office: str = "中共临溪市委全面依法治市委员会办公室"
    series: str = "临法治督案"
    calendars: str = ""
    obligations: Literal["2017", "2019"] = "2017"
    """Which rule fixes the days of the yearly reports (`config.obligations`)."""
    link: str = ""
    smtp_host: str = ""
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    smtp_from: str = "duban@localhost"
    im_gateway: str = ""
    watch_address: str = ""
    watch_minutes: int = Field(default=10, ge=2)
    outbox_hours: int = Field(default=2, ge=1)
    origin: str = Field(default="duban.local/history", pattern=r"^[^\s+]+$")
    checkpoint_mail: str = ""
    checkpoint_folder: str = ""
    tsa_url: str = ""
    tsa_roots: str = ""
    hash: Literal["sha256", "sm3"] = "sha256"
    totp_roles: str = ""
    rate_api: int = Field(default=600, ge=0)
    rate_login: int = Field(default=30, ge=0)
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

    @field_validator("watch_address")
    @classmethod
    def _a_way(cls, value: str) -> str:
        kind, colon, address = value.partition(":")
        if value and not (kind and colon and address):
            raise ValueError("it must be a way such as mail:duty@example.cn")
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except Exception as error:
            raise ValueError(f"there is no time zone {value}") from error
        return value

    @field_validator("series")
    @classmethod
    def _numbers_cases(cls, value: str) -> str:
        if not is_case_number(f"{value}〔2026〕1号"):
            raise ValueError(
                "a series is written with up to 40 Chinese characters, letters, digits, brackets and dashes"
            )
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for word in value.replace(",", " ").split():
            ip_network(word, strict=False)  # its ValueError says what is wrong
        return value

    @field_validator("totp_roles")
    @classmethod
    def _known_roles(cls, value: str) -> str:
        known = {role.value for role in Role if role is not Role.SYSTEM}
        for word in value.replace(",", " ").split():
            if word not in known:
                raise ValueError(f"there is no role {word}; write some of {' '.join(sorted(known))}")
        return value

    @property
    def second_factor_for(self) -> frozenset[Role]:
        """Return the roles that need a second factor to log in."""
        return frozenset(Role(word) for word in self.totp_roles.replace(",", " ").split())

    @property
    def proxies(self) -> list[str]:
        """Return the addresses and networks of the proxies that are believed."""
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


CHOSEN_FILE: Final = "settings.env"
"""The file in the home that holds what was chosen in the browser on the first day."""


def read_settings() -> Settings:
    """Return the settings of this process's environment, and below them what was chosen in the browser.

    Raises:
        BadSetting: a variable makes no sense; the sentence names it.
    """
    try:
        found = Settings()
        chosen = found.home / CHOSEN_FILE
        # What the environment says counts before what was chosen in the browser (config.chosen).
        return Settings(_env_file=chosen, _env_file_encoding="utf-8") if chosen.is_file() else found
    except ValidationError as error:
        first = error.errors()[0]
        name = f"DUBAN_{str(first['loc'][0]).upper()}"
        own = _WANTED.get(str(first["loc"][0])) if first["type"] == "value_error" else None
        reason = own or shape_trouble([first])[1]
        raise BadSetting(_BAD.fill(name=name, value=first["input"], reason=reason)) from error
