"""One installation, one truth: the settings that every process has to share, compared before it does anything.

A process with another office, zone or policy, or with a home that holds other evidence, would enter acts that no other
process would have. The first process writes down what it was started with; whoever comes with something else is refused
with the name of the setting, until the office says that it has changed (`duban migrate --adopt`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from config import home as private
from states.errors import BadData, Conflict, Problem, Sentence, Unavailable
from store import installation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from config.rulebook import Rulebook
    from config.settings import Settings
    from store.database import Database

FILE: Final = "installation"
"""The file in the home that says to which installation its evidence and keys belong."""
VARIABLES: Final = {
    "home": "DUBAN_HOME",
    "office": "DUBAN_OFFICE",
    "series": "DUBAN_SERIES",
    "zone": "DUBAN_ZONE",
    "policy": "DUBAN_POLICY",
    "calendar": "DUBAN_CALENDARS",
    "origin": "DUBAN_ORIGIN",
}
"""What is compared, and the setting that decides it."""
SHOWN: Final = 40

_OTHER: Final = Sentence(
    "{variable} 与本安装不一致：数据库中为“{theirs}”，本进程为“{ours}”。请改正该设置；如确已变更，请运行 "
    "duban migrate --adopt {name}。",
    "{variable} is not this installation's: the database says “{theirs}”, this process “{ours}”. Mend the setting, or "
    "if it has really changed, run `duban migrate --adopt {name}`.",
)
_OTHER_HOME: Final = Sentence(
    "DUBAN_HOME（{path}）中的佐证材料和密钥不属于此数据库：请改正 DUBAN_HOME 或 DUBAN_DATABASE_URL；如确已更换，"
    "请运行 duban migrate --adopt home。",
    "The evidence and keys in DUBAN_HOME ({path}) do not belong to this database: mend DUBAN_HOME or "
    "DUBAN_DATABASE_URL; if the home was really replaced, run `duban migrate --adopt home`.",
)
_OTHER_HASH: Final = Sentence(
    "DUBAN_HASH={wanted}，但现有历史已用{found}封存，不能更换；请改回{found}，或新建数据库。",
    "DUBAN_HASH={wanted}, but the history is sealed with {found}; set {found}, or begin a new database.",
)
_NOT_EMPTY: Final = Sentence(
    "已有案件登记，名称、案号字头和时区不能在这里更改。",
    "Cases were registered already; office, series and zone are not changed here any more.",
)
_NO_SUCH: Final = Sentence("没有“{name}”这一项；可用的有：{known}。", "There is no “{name}”; there are: {known}.")


class OtherInstallation(Unavailable):
    """This process is not of the installation whose database it would use."""


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """A setting in which this process is not of the installation."""

    name: str
    theirs: str
    ours: str

    def sentence(self, settings: Settings) -> Sentence:
        """Return what to tell, with the name of the setting."""
        if self.name == "home":
            return _OTHER_HOME.fill(path=settings.home.resolve())
        shown = {"theirs": self.theirs[:SHOWN], "ours": self.ours[:SHOWN]}
        return _OTHER.fill(variable=VARIABLES[self.name], name=self.name, **shown)


def fingerprint(settings: Settings) -> dict[str, str]:
    """Return what this process brings: its settings, its own calendar files, and to whom its home belongs.

    A policy of ours goes by its name, because its text may change with a release; one of the office's own by its text.

    Raises:
        BadPolicy: the policy that the settings name makes no sense.
        BadCalendar: a calendar file makes no sense.
    """
    file = settings.home / FILE
    return {
        "home": file.read_text("utf-8").strip() if file.exists() else "",
        "office": settings.office,
        "series": settings.series,
        "zone": settings.zone,
        "policy": _policy(settings.policy),
        "calendar": own_calendar(settings.calendar_files),
        "origin": settings.origin,
    }


def _policy(wanted: str) -> str:
    if not Path(wanted).is_file():
        return wanted  # one that is shipped; that there is none of this name is said by whoever reads it
    from config.policy import read_policy  # noqa: PLC0415  # the strict reader takes long to load

    return f"{Path(wanted).stem} {read_policy(Path(wanted)).hash}"


def own_calendar(files: Sequence[Path]) -> str:
    """Return the hash of what the office's own calendar files say; nothing where there are none.

    Raises:
        BadCalendar: a file cannot be read or makes no sense.
    """
    if not files:
        return ""
    from config.calendars import own_hash  # noqa: PLC0415  # the library's table of days takes long to load

    return own_hash(files)


def compared(session: Session, settings: Settings) -> list[SettingDifference]:
    """Return in what this process is not of the installation; nothing before the first process has settled."""
    theirs = installation.settings_of(session)
    ours = fingerprint(settings)
    return [
        SettingDifference(name, theirs[name], ours[name])
        for name in VARIABLES
        if theirs.get(name, ours[name]) != ours[name]
    ]


def require_same(session: Session, settings: Settings) -> None:
    """Refuse to go on as a process of another installation.

    Raises:
        OtherInstallation: a setting differs; the sentence names it.
    """
    for difference in compared(session, settings):
        raise OtherInstallation(difference.sentence(settings))


def settle(session: Session, settings: Settings, rulebook: Rulebook, now: datetime, adopt: Iterable[str] = ()) -> None:
    """Write down what this process brings where nothing is known yet, and put its calendar and policy in force.

    `adopt` names what has changed because the office has decided so.

    Raises:
        BadData: there is no such name.
        OtherInstallation: something else differs; nothing was written.
    """
    wanted = set(adopt)
    for name in wanted - VARIABLES.keys():
        raise BadData(_NO_SUCH.fill(name=name, known="、".join(VARIABLES)))
    theirs = installation.settings_of(session)
    ours = fingerprint(settings)
    if not ours["home"] and ("home" in wanted or not theirs.get("home")):
        # A new name: the home that it takes the place of is no longer of this installation.
        ours["home"] = token_hex(16)
        private.keep(settings.home / FILE, ours["home"])
    installation.adopt(session, {name: ours[name] for name in wanted})
    installation.agree(session, ours)
    require_same(session, settings)
    rulebook.reread()
    rulebook.put_in_force(session, now)


class Installation:
    """Brings an installation about, and sees that a process belongs to it."""

    def __init__(self, database: Database, settings: Settings, rulebook: Rulebook) -> None:
        """Work on this database, by these settings."""
        self.database = database
        self.settings = settings
        self.rulebook = rulebook
        self._is_same = False

    def require_same(self) -> None:
        """Refuse to work as a process of another installation, if there is a database that says which it is.

        One that does not answer yet says so to whoever needs it.

        Raises:
            OtherInstallation: a setting differs from what the installation has agreed about; the sentence names it.
        """
        try:
            if self.database.exists():  # and one that has not been migrated has no such table, which is no difference
                with self.database.reading() as session:
                    self.up_to_date(session)
        except OtherInstallation:
            raise
        except Problem:
            return

    def up_to_date(self, session: Session) -> None:
        """Go by the calendar and the policy in force; the first time, see that this process is of the installation.

        Raises:
            OtherInstallation: it is not; the sentence names the setting.
        """
        if not self._is_same:
            require_same(session, self.settings)
            self._is_same = True
        self.rulebook.refresh(session)

    def reopen(self, settings: Settings, at: datetime) -> None:
        """Go by other settings of office, series and zone, which were chosen before anything was entered.

        Raises:
            Conflict: a case was registered already; from then on these settings change by `duban migrate --adopt`.
        """
        from store import cases, organisation  # noqa: PLC0415  # what only belongs to an installation needs none of them

        with self.database.transaction() as session:
            theirs = installation.settings_of(session)
            changed = {name for name, value in fingerprint(settings).items() if theirs.get(name, value) != value}
            if changed and any(cases.counts(session).values()):
                raise Conflict(_NOT_EMPTY)
            settle(session, settings, self.rulebook, at, changed - {"home"})
            organisation.rename_office(session, settings.office)
        self.settings, self._is_same = settings, False

    def prepare(self, at: datetime, adopt: Iterable[str] = ()) -> None:
        """Bring the database to the newest schema, make the office's own posts, and put its rules in force.

        `adopt` names settings that have changed because the office has decided so.

        Raises:
            Unavailable: the home or the database cannot be used, or a setting is not the installation's.
        """
        from store import events, health, unit_posts  # noqa: PLC0415  # as above

        private.made(self.settings.home)
        is_older = not self.database.is_current()
        self.database.migrate()
        with self.database.transaction() as session:
            if is_older:
                health.forget(session, "redating")  # a newer release may have other timers for a case
            settle(session, self.settings, self.rulebook, at, adopt)
            unit_posts.ensure_office(session, self.settings.office)
            sealed_with = events.choose_algorithm(session, self.settings.hash)
        if sealed_with != self.settings.hash:
            raise BadData(_OTHER_HASH.fill(wanted=self.settings.hash, found=sealed_with))
