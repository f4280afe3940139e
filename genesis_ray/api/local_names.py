"""Names under which a browser reaches this machine."""

_NAMES = ("localhost", "127.0.0.1", "[::1]")


def is_local(host: str) -> bool:
    """Tell whether a Host header names this machine.

    A web page can point a name of its own at 127.0.0.1, and the browser of somebody on this machine
    takes it there; in the header stands that name.
    """
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name.lower() in _NAMES
