"""Where a webhook may point: in production nowhere inside, so that nobody reaches our own network through us."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from api.settings import Settings


class AddressRefused(Exception):  # noqa: N818 - what happened to it
    """The address may not be used; the text says why."""


def refuse_bad_address(settings: Settings, url: str) -> str | None:
    """Checks a webhook's address and finds the IP to connect to.

    Returns:
        In production one public IP of the host, for the connection to go to: asking again could give another. Elsewhere
        None: wherever the name leads.

    Raises:
        AddressRefused: no host, credentials in it; in production also not https, or not public.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressRefused(f"is no address: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise AddressRefused("must be http://… or https://… with a host")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("must not hold a user name or password; deliveries are signed")
    if settings.environment != "production":
        return None
    if parts.scheme != "https":
        raise AddressRefused("must be https")
    return _public_ip(host, port or 443)


def _public_ip(host: str, port: int) -> str:
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise AddressRefused(f"the host {host!r} cannot be found: {error}") from None
    inside = [ip for ip in found if not _is_public(ip)]
    if inside or not found:
        raise AddressRefused(
            f"the host {host!r} is not publicly reachable ({', '.join(sorted(inside)) or 'no address'})"
        )
    return min(found, key=lambda ip: (":" in ip, ip))  # IPv4 first: not every server has IPv6


def _is_public(text: str) -> bool:
    ip = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        for inner in (ip.ipv4_mapped, ip.sixtofour, ip.teredo and ip.teredo[1]):
            if inner:
                return _is_public(str(inner))
    return ip.is_global and not ip.is_multicast
