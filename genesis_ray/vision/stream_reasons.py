"""Why a live stream cannot be watched, as codes, and what to do about each."""

import errno

import av

from genesis_ray.domain.streams.stream_health import StreamState
from genesis_ray.vision.stream_address import NotAllowedError


class NoVideoError(Exception):
    """A stream that carries no pictures.

    Attributes:
        has_sound: Whether it carries sound.
    """

    def __init__(self, *, has_sound: bool) -> None:
        super().__init__("no pictures")
        self.has_sound = has_sound


_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (NotAllowedError, "not_allowed"),
    (av.error.HTTPUnauthorizedError, "unauthorised"),
    (av.error.HTTPForbiddenError, "unauthorised"),
    (av.error.HTTPNotFoundError, "not_found"),
    (av.error.HTTPTooManyRequestsError, "in_use"),
    (av.error.HTTPClientError, "bad_request"),  # any other
    (av.error.HTTPServerError, "server_error"),
    (av.error.ConnectionRefusedError, "refused"),
    (TimeoutError, "timed_out"),
    (av.error.ExitError, "timed_out"),
    (av.error.FileNotFoundError, "not_found"),
    (av.error.PermissionError, "not_permitted"),
    (av.error.InvalidDataError, "not_a_video"),
    (av.error.ArgumentError, "not_a_video"),  # a kind or a redirect that is not followed
)

_BY_NUMBER = {
    errno.EBUSY: "in_use",
    errno.ENODEV: "not_found",
    errno.ENXIO: "not_found",
    errno.ENOTTY: "no_camera",
}
"""By the number of an error that has no class of its own; devices have them."""

_REMEDIES = {
    "unauthorised": "correct the user and password in its address",
    "not_found": "correct the path behind its host",
    "refused": "switch it on, or correct the port in its address",
    "in_use": "close what else shows it: it serves so many viewers at once",
    "bad_request": "correct the path and the query in its address: it does not take them so",
    "server_error": "restart it, or look at its own log: it answers with an error of its own",
    "timed_out": "check its cable, the network and the firewall: nothing answers there",
    "not_permitted": "let this user read it",
    "not_a_video": "correct the address: what answers there sends no video that can be decoded, or "
    "names another address, which is followed with sources.follow_links alone",
    "not_allowed": "correct its address, or add its network to sources.allowed_networks: its "
    "host's name leads to where no camera may be",
    "untrusted": "add its certificate, or its authority's, to the file sources.ca_file: what is "
    "there is expired, of another host or signed by nobody who is trusted",
    "no_pictures": "correct the address: what answers there sends sound alone",
    "nothing_sent": "correct the address: what answers there sends neither pictures nor sound",
    "no_frames": "restart it: it takes connections and sends no picture",
    "unreachable": "check its host's name and the network; an address that redirects is followed "
    "with sources.follow_links alone",
    "ended": "look whether the camera serves somebody else already: it ended at once",
}

_REMEDIES_OF_DEVICES = {
    "not_found": "correct the device's number, of those at /dev/video*: of two that one camera "
    "has, one gives no pictures",
    "in_use": "close what else shows it: a device serves one program",
    "timed_out": "unplug it and plug it in again: its driver does not answer",
    "not_permitted": "let this user read it, as a member of the group video",
    "not_a_video": "take another camera: this one's pictures are in no format that can be decoded",
    "no_camera": "correct the device: what is there is no camera that this machine can use",
    "no_frames": "unplug it and plug it in again: it can be opened and gives no picture",
    "unreachable": "unplug it and plug it in again: it cannot be opened",
    "ended": "look whether it was unplugged: it ended at once",
}


STATE_REMEDIES: dict[StreamState, str] = {
    "connecting": "look at its network and its power: it goes away and comes back",
    "stalled": "restart it, a device by its plug: it is connected to and sends no picture",
    "frozen": "restart it: it sends the same picture again and again",
    "black": "look whether its lens is covered, or its scene dark",
    "white": "look whether something shines into it, or correct its exposure",
    "behind": "use its second, smaller stream, or lower its rate or its size in the camera",
    "too_fast": "set a lower rate in the camera; what is looked at is set by process_fps",
    "clock_skewed": "set its clock by NTP, and this machine's",
    "decoding_errors": "check its cable and network; with transport: udp, take tcp. If it says "
    "decoder_failed, the log says of what",
}
"""What to do about a stream that is connected to and ill, by its state."""


def remedy_of(state: StreamState, reason: str, *, has_shown: bool, is_device: bool = False) -> str:
    """Return what to do about a stream, "" where that is nothing, or not known.

    `has_shown` tells whether it gave pictures before, and so did not end at once, `is_device`
    whether it is a camera of this machine, which has neither host nor address.
    """
    if state == "connecting" and not (has_shown and reason == "ended"):
        return (_REMEDIES_OF_DEVICES if is_device else _REMEDIES).get(reason, "")
    return STATE_REMEDIES.get(state, "")


def reason_of(error: Exception, *, is_device: bool = False) -> str:
    """Return the code of why a connection failed; never the address, which may hold a password."""
    if isinstance(error, NoVideoError):
        return "no_pictures" if error.has_sound else "nothing_sent"
    if is_device and isinstance(error, av.error.ArgumentError):
        return "no_camera"
    known = next((code for kind, code in _REASONS if isinstance(error, kind)), None)
    number = error.errno if isinstance(error, OSError) else None
    return known or _BY_NUMBER.get(number or 0, "unreachable")
