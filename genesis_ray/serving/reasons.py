"""What a traceback that comes from another process says, without Ray Serve."""

import re


def reason_in(trace: str) -> str:
    """Return what the last error of ours in a traceback says, else the traceback's last line."""
    return own_reason_in(trace) or trace.strip().rpartition("\n")[2]


def own_reason_in(trace: str) -> str | None:
    """Return what the last error of ours in a traceback says, perhaps one of a group; or None."""
    ours = re.findall(r"^[ |]*genesis_ray\.errors\.\w+: (.+)$", trace, re.MULTILINE)
    return ours[-1] if ours else None
