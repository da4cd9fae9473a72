"""Messages go out of the machine: an address that leads into it, or to what serves only machines, is refused.

Whoever may set where a post is reached could else make the installation talk to whatever listens on its own host, such
as a scheduler or a cloud's metadata service (CWE-918). The name is looked up once, all it stands for is judged, and the
connection is made to exactly that: a name that stands for another address a moment later (DNS rebinding) changes
nothing. An office's own network (10/8, 172.16/12, 192.168/16) is where its messengers live, and stays allowed.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from states.errors import BadData, Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

METADATA: Final = tuple(
    map(
        ip_network,
        ("100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32", "fd00:ec2::254/128", "fd20:ce::254/128"),
    )
)
"""Where clouds tell a machine its secrets beside 169.254.169.254: Alibaba, Oracle, Azure, AWS, Google."""
_NAT64: Final = ip_network("64:ff9b::/96")
INSIDE: Final = Sentence(
    "该地址指向本机或仅供机器使用的网段，不能用作联系方式；确有需要的，由安装人员在 DUBAN_INSIDE_HOSTS 中列明。",
    "The address leads into this machine, or to what serves only machines; if it must, whoever runs the installation "
    "lists it in DUBAN_INSIDE_HOSTS.",
)


class LeadsInside(Exception):  # noqa: N818  # says what the name does, as all errors here
    """The name stands for an address of this machine, or for one that serves only machines."""


def is_inside(address: IPv4Address | IPv6Address) -> bool:
    """Say whether an address is this machine's own, link-local, a group's, or a cloud's metadata service."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_inside(address.ipv4_mapped)
        if address.sixtofour is not None and is_inside(address.sixtofour):
            return True
        if address in _NAT64:
            return is_inside(IPv4Address(int(address) & 0xFFFFFFFF))
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or (isinstance(address, IPv4Address) and address in ip_network("0.0.0.0/8"))
        or any(address in network for network in METADATA if network.version == address.version)
    )


def resolved(host: str, port: int, allowed: Sequence[str], *, looks_up: bool = True) -> list[str]:
    """Return the addresses for which a name stands; `allowed` are hosts and networks that may lead inside.

    Without `looks_up` only what is an address already stands for one; no server of names is asked.

    Raises:
        LeadsInside: one of them leads inside, and neither it nor the name is allowed.
        OSError: the name cannot be looked up.
    """
    name = host.rstrip(".").strip("[]")
    flags = 0 if looks_up or name.lower() == "localhost" else socket.AI_NUMERICHOST
    found = [str(info[4][0]) for info in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)]
    if name not in allowed and not all(_may_be_reached(address, allowed) for address in found):
        raise LeadsInside
    return found


def _may_be_reached(text: str, allowed: Sequence[str]) -> bool:
    address = ip_address(text.partition("%")[0])
    return not is_inside(address) or any(_is_in(address, word) for word in allowed)


def _is_in(address: IPv4Address | IPv6Address, word: str) -> bool:
    try:
        network = ip_network(word, strict=False)
    except ValueError:
        return False  # a name; names were compared before
    return network.version == address.version and address in network


def require_outside(host: str, port: int, allowed: Sequence[str], *, looks_up: bool = True) -> None:
    """Do nothing if the name does not lead inside; one that cannot be looked up is judged when something is sent.

    Raises:
        BadData: it leads inside.
    """
    try:
        resolved(host, port, allowed, looks_up=looks_up)
    except LeadsInside as error:
        raise BadData(INSIDE) from error
    except (OSError, UnicodeError, ValueError):
        return


class Outside(HTTPAdapter):
    """The transport of `requests` that connects to nothing inside."""

    def __init__(self, allowed: Sequence[str]) -> None:
        """Let only `allowed` lead inside."""
        self._allowed = allowed
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # as in requests
        """Connect by classes of ours."""
        super().init_poolmanager(*args, **kwargs)
        allowed = self._allowed

        def pinned(connection: HTTPConnection) -> None:
            # What was judged is what is connected to: the first address, and not the name again. The name stays what
            # the certificate must be for.
            connection._dns_host = resolved(connection._dns_host, connection.port or 0, allowed)[0]  # noqa: SLF001  # urllib3's own place for it

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                pinned(self)
                return super()._new_conn()

        class Encrypted(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                pinned(self)
                return super()._new_conn()

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401  # as in requests
        """Send, through the office's proxy if it has one: then the name is judged here, and reached by the proxy."""
        proxies = kwargs.get("proxies") or {}
        parts = requests.compat.urlparse(request.url or "")
        if select_proxy(request.url or "", proxies):
            resolved(parts.hostname or "", parts.port or 0, self._allowed)
        return super().send(request, *args, **kwargs)


def session(allowed: Sequence[str]) -> requests.Session:
    """Return what sends requests to the outside alone."""
    found = requests.Session()
    for scheme in ("http://", "https://"):
        found.mount(scheme, Outside(allowed))
    return found
