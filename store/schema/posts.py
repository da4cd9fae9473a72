"""Posts of units, who holds them and stands in, and how they are reached."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.schema.base import Base


class PostRow(Base):
    """A post in a unit. Cases and messages address posts; people come and go (`AppointmentRow`)."""

    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("unit_id", "name"), Index("ix_posts_unit_role", "unit_id", "role"))

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    name: Mapped[str]
    role: Mapped[str]


class AppointmentRow(Base):
    """Who held which post from when to when, both days inclusive; `until_on` is empty while it lasts."""

    __tablename__ = "appointments"
    __table_args__ = (Index("ix_appointments_post", "post_id", "from_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]


class ContactRow(Base):
    """A way to reach a post or a person, tried in the order of `position`.

    Kept apart from the posts because addresses are personal data with their own readers and their own retention.
    """

    __tablename__ = "contacts"
    __table_args__ = (Index("ix_contacts_post", "post_id"), Index("ix_contacts_person", "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]
    address: Mapped[str]
    position: Mapped[int]
    lang: Mapped[str] = mapped_column(server_default="zh-CN")


class AppointmentKindRow(Base):
    """How somebody holds a post who was not appointed to it in full: 主持工作 (`presiding`) or 代理 (`acting`).

    A table of its own, so that what the log says of appointments of earlier releases stays what it was.
    """

    __tablename__ = "appointment_kinds"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str]


class DeputyRow(Base):
    """Who is written to when somebody cannot be reached, from when to when, both days inclusive."""

    __tablename__ = "deputies"
    __table_args__ = (Index("ix_deputies_person", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    deputy_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
