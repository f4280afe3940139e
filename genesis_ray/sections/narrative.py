"""What an operator can set of summaries that a language model writes, see docs/report.md."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from genesis_ray.sections.types import Section


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address or parts.scheme not in ("https", "http"):
        raise ValueError("expected an address like http://localhost:11434/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("expected an address alone; the key is api_key")
    return url.rstrip("/")


class NarrativeSettings(Section):
    """A language model that puts the figures of a report into sentences."""

    url: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None,
        description="Where a server speaks the protocol of OpenAI, as http://localhost:11434/v1 "
        "of Ollama: it is sent the figures of reports. Unset: nothing is sent anywhere",
    )
    model: str = Field(default="llama3.2", min_length=1, description="As the server calls it")
    api_key: SecretStr | None = Field(
        default=None, description="Set it as GENESIS_NARRATIVE__API_KEY, not in a file"
    )
    timeout_s: float = Field(default=60.0, gt=0, le=600, description="For the whole answer")
