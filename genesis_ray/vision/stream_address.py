"""The address of a live stream: whether it may be read from, and what PyAV is told to open."""

import socket
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit

from av.container import Flags

from genesis_ray.domain.streams.addresses import redacted
from genesis_ray.domain.streams.source_policy import Address, SourcePolicy
from genesis_ray.errors import ConfigurationError
from genesis_ray.vision import stream_trust

Transport = Literal["tcp", "udp"]

_MOST_ADDRESSES = 3
"""Of one host, that are tried for a connection: they share the time of one attempt."""

_PROTOCOLS = {
    "rtsp": "tcp",
    "rtsps": "tls,tcp,httpproxy",
    "http": "http,tcp",
    "https": "https,tls,tcp,httpproxy",
}
"""What FFmpeg may speak for a scheme. Without rtsp itself it follows no redirect of RTSP;
httpproxy is what TLS goes through where the environment names a proxy."""

_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
"""What FFmpeg connects to where an address names no port."""

_OVER_TLS = ("rtsps", "https")

_OVER_UDP = "tcp,udp,rtp"
_LINKED = "rtsp,rtsps,rtp,udp,http,https,httpproxy,crypto,tls,tcp"

_FORMATS = (
    "mpjpeg,mjpeg,jpeg_pipe,png_pipe,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,obu,ivf,"
    "flv,live_flv,matroska,mov,avi,asf,ogg,nut"
)
"""What may come over HTTP: all that holds pictures, and nothing that names further addresses,
as playlists and session descriptions do."""


_DEVICES = "v4l2"

_AT_ONCE = {"fflags": f"+{Flags.non_block.value}"}
"""Has a device say that it has nothing yet. Where FFmpeg waits for it instead, no time that it is
given ends that: of a camera that hangs nobody would ever hear again."""


class NotAllowedError(Exception):
    """A host that now has an address which the policy refuses."""


class Opening(NamedTuple):
    """What PyAV is given to open."""

    file: str
    format: str | None
    options: dict[str, str]

    @property
    def is_device(self) -> bool:
        """Whether it is a camera of this machine."""
        return self.format == _DEVICES


class StreamAddress:
    """Where a live stream is, and the policy that says whether it may be there.

    What a name resolves to is asked and checked anew for every connection. A connection without
    TLS is then made to the very address that was checked; with TLS FFmpeg looks the name up once
    more, because it tells servers the name it connects to and no other. There who answers has to
    have a certificate of that name.
    """

    def __init__(
        self,
        url: str,
        *,
        transport: Transport = "tcp",
        policy: SourcePolicy = SourcePolicy(),  # noqa: B008  frozen
    ) -> None:
        """Read an address; nothing is looked up yet.

        Raises:
            ConfigurationError: It is no address of a stream, or the policy refuses it already or
                names certificates that cannot be read.
        """
        self._policy = policy
        self._transport = transport
        self._scheme = url.partition(":")[0].lower()
        if self._scheme not in policy.allowed_schemes:
            raise ConfigurationError(
                f"streams over {self._scheme} are not allowed here; add {self._scheme} to "
                f"sources.allowed_schemes, or take one of: {', '.join(policy.allowed_schemes)}"
            )
        self._device = _device_of(url) if self._scheme == "device" else None
        if self._device is None:
            self._parts, self._host, self._port = _split(url)
            self._refuse_number()
        is_over_tls = self._scheme in _OVER_TLS or policy.follow_links
        self._tls = stream_trust.tls_options(policy) if is_over_tls else {}

    @property
    def is_device(self) -> bool:
        """Whether it is a camera of this machine."""
        return self._device is not None

    def openings(self) -> list[Opening]:
        """Look up where the host is now and return what to open, to be tried in turn.

        Raises:
            NotAllowedError: The policy refuses one of its addresses.
            OSError: It has none.
        """
        if self._device is not None:
            return [Opening(self._device, _DEVICES, dict(_AT_ONCE))]
        addresses = _addresses_of(self._host)
        if not all(map(self._policy.allows, addresses)):
            raise NotAllowedError
        if self._policy.follow_links or self._scheme in _OVER_TLS:
            return [self._opening(self._host)]
        return [self._opening(str(address)) for address in addresses[:_MOST_ADDRESSES]]

    def answers(self) -> bool:
        """Tell whether something takes connections there, although no picture came of one."""
        if self._device is not None:
            return Path(self._device).exists()
        places = self._places()
        return places is not None and stream_trust.answers(*places)

    def is_distrusted(self) -> bool:
        """Tell whether what answers there has a certificate that is not trusted."""
        places = self._places() if self._scheme in _OVER_TLS else None
        return places is not None and stream_trust.is_distrusted(
            *places, host=self._host, policy=self._policy
        )

    def _places(self) -> tuple[list[Address], int] | None:
        """Return where it may be looked who answers, and at which port; None: nowhere."""
        if self._device is not None:
            return None
        with suppress(OSError):
            addresses = _addresses_of(self._host)[:_MOST_ADDRESSES]
            if all(map(self._policy.allows, addresses)):
                return addresses, self._port or _PORTS[self._scheme]
        return None

    def _opening(self, host: str) -> Opening:
        user, at, _ = self._parts.netloc.rpartition("@")
        url = self._parts._replace(netloc=f"{user}{at}{_place(host, self._port)}").geturl()
        options = {"protocol_whitelist": _PROTOCOLS[self._scheme], **self._tls}
        if self._scheme in ("rtsp", "rtsps"):
            options |= {"rtsp_transport": self._transport, "fflags": "nobuffer"}
            if (self._scheme, self._transport) == ("rtsp", "udp"):
                options["protocol_whitelist"] = _OVER_UDP
        elif not self._policy.follow_links:
            options |= {"max_redirects": "0", "format_whitelist": _FORMATS}
            options["headers"] = f"Host: {_place(self._host, self._port)}\r\n"
        if self._policy.follow_links:
            options["protocol_whitelist"] = _LINKED
        return Opening(url, None, options)

    def _refuse_number(self) -> None:
        """Refuse a host given by its number, however written, before anything is connected to."""
        with suppress(OSError):  # a name
            for address in _addresses_of(self._host, socket.AI_NUMERICHOST):
                if not self._policy.allows(address):
                    raise ConfigurationError(
                        f"{self._host} is no address that cameras may have here; if one has it, "
                        f"add its network to sources.allowed_networks"
                    )


def _device_of(url: str) -> str:
    rest = url.partition(":")[2]
    device = f"/dev/video{rest}" if rest.isdecimal() else rest
    if not device.startswith("/dev/"):
        raise ConfigurationError(
            f"expected device:NUMBER or device:/dev/NAME, got device:{rest:.40}"
        )
    return device


def _split(url: str) -> tuple[SplitResult, str, int | None]:
    """Return an address in its parts, and the host and the port of these."""
    scheme = url.partition(":")[0]
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # whose message may hold a part of the password
        raise ConfigurationError(
            f"expected {scheme}://HOST:PORT/..., found something else there; in a password write "
            f"/ as %2F, ? as %3F and # as %23"
        ) from None
    if not host:
        raise ConfigurationError(f"{redacted(url)}: expected {scheme}://HOST/..., found no host")
    return parts, host, port


def _place(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"


def _addresses_of(host: str, flags: int = 0) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=flags)
    except ValueError as error:  # no name that could be looked up
        raise OSError(str(error)) from error
    return list(dict.fromkeys(ip_address(str(place[0])) for *_, place in found))
