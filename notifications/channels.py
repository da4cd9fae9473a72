"""The channels: the only module that knows Apprise, and the only one that talks to the world.

One `Apprise()` for one address and one message, because an aggregate says False if any of its services fails, and a
retry would then repeat the others. Every channel is an Apprise plugin of ours, because theirs (2.0.1, measured) cannot
keep what we promise: mail gets a fresh Message-ID each time, beside the one that we ask for, so that a repeat is not
recognised; and the robots of WeCom, DingTalk and Feishu count as told when the server answers 200, while these servers
answer 200 to a wrong key too and say so only in the body (ADR 0010).
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from apprise import Apprise, AppriseAsset, NotifyFormat
from apprise.plugins import NotifyBase

from notifications import at_work, outside
from notifications.addresses import APPRISE, KIND_WORDS, WHY, is_url, masked, what_is_wrong
from notifications.mail import send_mail
from notifications.robots import ROBOTS, shortened
from notifications.servers import Message, Outcome, Servers
from states.address_groups import group_of, untagged
from states.errors import BadData, Sentence

_LONGEST_ANSWER: Final = (
    64,
    1024,
)  # so many pieces of so many bytes are read of an answer; a robot's is a few dozen bytes
_GONE: Final = frozenset({404, 410})
_BAD_ADDRESS: Final = Sentence("“{address}”作为{kind}不可用：{why}", "“{address}” cannot be used as {kind}: {why}")
_BAD_SENDER: Final = Sentence("发件地址“{address}”不可用：{why}", "The sender “{address}” cannot be used: {why}")
_BAD_GATEWAY: Final = Sentence("网关“{address}”不可用：{why}", "The gateway “{address}” cannot be used: {why}")
_OF_THIS_MACHINE: Final = frozenset(
    (
        *("dbus", "qt", "kde", "glib", "gio", "gnome", "windows", "macosx", "syslog", "rsyslog", "blink1"),
        *("deltachat", "deltachats", "xmpp", "xmpps", "file", "exec"),
    )
)
"""Services of Apprise that show or do something on the machine itself, or work in a thread that nobody watches."""

# At their lower levels both write addresses with the robots' keys, and Apprise whole messages. What happened to a
# message is in the table of deliveries; a log is read by too many.
logging.getLogger("apprise").setLevel(logging.CRITICAL)
logging.getLogger("urllib3").setLevel(logging.ERROR)


def check_address(kind: str, address: str) -> None:
    """Do nothing if messages can be addressed so.

    Raises:
        BadData: the kind is unknown, or the address is not of the kind.
    """
    why = what_is_wrong(kind, address)
    if not why and kind == APPRISE and not group_of(address) and _service(untagged(address)) is None:
        why = APPRISE
    if why:
        raise BadData(
            _BAD_ADDRESS.fill(
                address=address if kind == "mail" else masked(address), kind=KIND_WORDS.get(kind, kind), why=WHY[why]
            )
        )


def check_servers(servers: Servers) -> None:
    """Do nothing if messages can leave as these servers say.

    Raises:
        BadData: the sender is no address to which a mail server answers, or the gateway is no address of the web.
    """
    why = what_is_wrong("mail", servers.sender)
    if why:
        raise BadData(_BAD_SENDER.fill(address=servers.sender, why=WHY[why]))
    if servers.im_gateway and not is_url(servers.im_gateway):
        raise BadData(_BAD_GATEWAY.fill(address=masked(servers.im_gateway), why=WHY["webhook"]))


def _service(address: str) -> Any:  # noqa: ANN401  # Apprise has no types
    """Return Apprise's own service for an address; nothing if it knows none, or it would act on this machine alone."""
    with suppress(Exception):  # whatever a plugin of theirs makes of an odd address, it is no address
        found = Apprise.instantiate(address, suppress_exceptions=True)
        return None if found is None or urlsplit(address).scheme.lower() in _OF_THIS_MACHINE else found
    return None


class _Ours(NotifyBase):  # type: ignore[misc]  # Apprise has no types
    """What our plugins share: no throttling, no decoration, and the outcome of the attempt kept aside."""

    app_desc = "Duban"
    service_name = "Duban"
    protocol = "duban"
    request_rate_per_sec = 0
    notify_format = NotifyFormat.TEXT
    title_maxlen = 500
    body_maxlen = 10_000_000  # a channel that has a limit of its own shortens, and never splits

    def __init__(self, servers: Servers, kind: str, address: str, message: Message, **kwargs: Any) -> None:  # noqa: ANN401  # Apprise's own
        super().__init__(**kwargs)
        self.servers, self.kind, self.address_, self.message = servers, kind, address, message
        self.outcome = Outcome(ok=False, reason="not attempted")

    def url(self, *_args: object, **_kwargs: object) -> str:
        """Return what Apprise may log."""
        return "duban://"

    def send(self, body: str, title: str = "", **_kwargs: object) -> bool:
        """Attempt the delivery and keep its outcome."""
        self.outcome = self.attempt(title, body)
        return self.outcome.ok

    def attempt(self, subject: str, body: str) -> Outcome:
        """Deliver once."""
        raise NotImplementedError


class _Mail(_Ours):
    def attempt(self, subject: str, body: str) -> Outcome:
        return send_mail(self.servers, self.address_, self.message, subject, body)


class _Webhook(_Ours):
    """Any address that takes JSON."""

    is_own_address = True
    """Whether the whole address is the recipient's, so that a 404 means that the recipient is gone."""

    def request(self, subject: str, body: str) -> tuple[str, dict[str, Any]]:
        return self.address_, {"id": self.message.message_id, "title": subject, "message": body, "type": "info"}

    def attempt(self, subject: str, body: str) -> Outcome:
        address, content = self.request(subject, body)
        timeout = self.servers.timeout
        try:
            with (
                outside.session(self.servers.may_lead_inside) as client,
                client.post(
                    address,
                    json=content,
                    headers={"Idempotency-Key": self.message.message_id},
                    timeout=timeout,
                    allow_redirects=False,
                    stream=True,
                ) as answer,
            ):
                if not answer.ok or answer.is_redirect:
                    permanent = answer.status_code in _GONE and self.is_own_address
                    return Outcome(ok=False, permanent=permanent, reason=f"the address answered {answer.status_code}")
                return self.judged(answer)
        except outside.LeadsInside:
            return Outcome(ok=False, permanent=True, reason="the address leads into this machine")
        except (requests.RequestException, OSError, ValueError) as error:
            return Outcome(ok=False, reason=f"the address does not answer ({type(error).__name__})")

    def judged(self, _answer: requests.Response) -> Outcome:
        return Outcome(ok=True)


class _Robot(_Webhook):
    """A robot in a group of a messenger. It says in the body of its answer whether it took the message."""

    is_own_address = False

    def request(self, subject: str, body: str) -> tuple[str, dict[str, Any]]:
        dialect = ROBOTS[self.kind]
        # The id stands in the text: a group shows no headers, and a repeat must be recognisable.
        text = shortened(f"{subject}\n{body.rstrip()}\n#{self.message.message_id}", dialect.longest)
        at = self.message.created_at
        return dialect.address(self.servers.base(self.kind), self.address_, at), dialect.content(
            text, self.address_, at
        )

    def attempt(self, subject: str, body: str) -> Outcome:
        if not self.servers.base(self.kind):
            return Outcome(ok=False, reason="no gateway is set (DUBAN_IM_GATEWAY)")
        return super().attempt(subject, body)

    def judged(self, answer: requests.Response) -> Outcome:
        dialect, (pieces, size) = ROBOTS[self.kind], _LONGEST_ANSWER
        said = b"".join(islice(answer.iter_content(size), pieces))
        try:
            code = dialect.code(json.loads(said))
        except (ValueError, TypeError, RecursionError):
            return Outcome(ok=False, reason=f"the answer of {dialect.name} cannot be read")
        if code == 0:
            return Outcome(ok=True)
        return Outcome(ok=False, permanent=code in dialect.unknown_key, reason=f"{dialect.name} answered code {code}")


_PLUGINS: Final[dict[str, type[_Ours]]] = {"mail": _Mail, "webhook": _Webhook} | dict.fromkeys(ROBOTS, _Robot)


class Channels:
    """Ways out of the building."""

    def __init__(self, servers: Servers) -> None:
        """Use these servers. Nothing is opened before something is sent."""
        self.servers = servers
        # Nothing of a message may stay on disk. Apprise's own time limit would give an attempt up while it goes on in
        # a thread behind our back; ours end the attempt itself.
        self._asset = AppriseAsset(storage_mode="memory", secure_logging=True, async_mode=False, service_timeout=0)

    def require_outside(self, kind: str, address: str, *, looks_up: bool = True) -> None:
        """Do nothing if messages may go to this address; where they go is judged again when one is sent.

        Without `looks_up` no name is looked up: only what is written as an address of a network is judged.

        Raises:
            BadData: it leads into this machine, or to what serves only machines.
        """
        if kind == APPRISE:
            service = _service(untagged(address))
            # In the place of a host many services have a key, which is no name of any machine.
            for name in ("host", "smtp_host"):
                host = str(getattr(service, name, None) or "")
                outside.require_outside(host, 443, self.servers.may_lead_inside, looks_up=looks_up)
        if kind == "webhook":
            parts = urlsplit(address)
            host, port = parts.hostname or "", parts.port or 443
            outside.require_outside(host, port, self.servers.may_lead_inside, looks_up=looks_up)

    def send(self, kind: str, address: str, message: Message) -> Outcome:
        """Deliver one message to one address, once, and say how it ended. Never raises for a failed delivery."""
        try:
            check_address(kind, address.partition("\n")[0])
        except BadData as error:
            why = error.sentence.params.get("why")
            return Outcome(ok=False, permanent=True, reason=f"bad address: {why}")
        if kind == APPRISE:
            return self._by_apprise(address, message)
        plugin = _PLUGINS[kind](self.servers, kind, address, message, asset=self._asset)
        apprise = Apprise(asset=self._asset)
        apprise.add(plugin)
        apprise.notify(body=message.body, title=message.subject, body_format=NotifyFormat.TEXT)
        return plugin.outcome

    def _by_apprise(self, address: str, message: Message) -> Outcome:
        """Deliver by services of Apprise's own; how it ended is Apprise's word of each: yes or no, without a reason.

        A group comes as `tag:…` with the addresses that carry the tag below it. It is told when one of them is: a
        repeat would tell those again that were told already. How many were not is said all the same.
        """
        group, *members = address.split("\n")
        outcomes = [self._by_service(untagged(one), message) for one in (members if group_of(group) else [group])]
        if not outcomes:
            return Outcome(ok=False, reason="no address carries the tag")
        missed = [one for one in outcomes if not one.ok]
        if len(missed) < len(outcomes):
            told = f"{len(outcomes) - len(missed)} of {len(outcomes)} services took it"
            return Outcome(ok=True, reason=told if missed else "")
        return Outcome(
            ok=False,
            permanent=all(one.permanent for one in missed),
            reason="; ".join(dict.fromkeys(one.reason for one in missed)),
        )

    def _by_service(self, address: str, message: Message) -> Outcome:
        try:
            self.require_outside(APPRISE, address)
        except BadData:
            return Outcome(ok=False, permanent=True, reason="the address leads into this machine")
        service = Apprise.instantiate(address, asset=self._asset, suppress_exceptions=True)
        if service is None:
            return Outcome(ok=False, permanent=True, reason="Apprise knows no such service")
        service.socket_connect_timeout = service.socket_read_timeout = self.servers.timeout
        service.request_rate_per_sec = 0
        service.redirects = False  # whatever the address says: what is told to one host is not for another
        apprise = Apprise(asset=self._asset)
        apprise.add(service)
        text = f"{message.body.rstrip()}\n#{message.message_id}"
        with at_work.only_outside(self.servers.may_lead_inside) as watched:
            taken = apprise.notify(body=text, title=message.subject, body_format=NotifyFormat.TEXT)
        if not taken and watched.refused:
            return Outcome(ok=False, permanent=True, reason="the address leads into this machine")
        return Outcome(ok=True) if taken else Outcome(ok=False, reason=f"{service.service_name} did not take it")
