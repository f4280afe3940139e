"""The summary of a report by a language model, where one is set, and checked.

It is asked through the protocol of OpenAI, which Ollama and others speak too, and given aggregates
alone. What it writes is used only where every number in it stands in them.
"""

import json
import re
import time
from typing import Any

import httpx2

from genesis_ray.analytics.reports.contents import Report, Summary
from genesis_ray.analytics.reports.facts import facts_of
from genesis_ray.analytics.reports.summary import summarise
from genesis_ray.domain.figures.stated_numbers import invented
from genesis_ray.errors import GenesisError
from genesis_ray.sections.narrative import NarrativeSettings

_TASK = (
    "You write the summary of a report on the visitors of a place, for its manager. You are given "
    "its figures as JSON. Write three to five plain sentences in English, without headings, lists "
    "or markup. Begin with how many people came and how that compares with the period before. "
    "Take every number from the figures as it stands there; work out no new one, and name no "
    "reasons that are not given. A change that is within chance is no change."
)
_MOST_BYTES = 1_000_000
_MOST_CHARACTERS = 2_000
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_INSTEAD = "The sentences above were put together from the figures without it."


class _NoAnswerError(GenesisError):
    """The language model gave no text."""


def summary_of(report: Report, settings: NarrativeSettings) -> Summary:
    """Return the report in a few sentences: the model's, if one is set and what it says holds."""
    if settings.url is None:
        return summarise(report)
    facts = facts_of(report)
    try:
        text = _asked(facts.data, settings.url, settings)
    except _NoAnswerError as error:
        return _without(report, f"The language model was not used: {error}.")
    if strange := invented(text, facts.known):
        stated = ", ".join(dict.fromkeys(strange))
        return _without(
            report,
            f"What the language model wrote was not used, because it stated what does not stand "
            f"in the figures: {stated:.200}.",
        )
    return Summary(
        text,
        f"Written by the language model {settings.model}; every number was looked up in the "
        f"figures below.",
    )


def _without(report: Report, why: str) -> Summary:
    return Summary(summarise(report).text, f"{why} {_INSTEAD}")


def _asked(data: object, url: str, settings: NarrativeSettings) -> str:
    """Return what the model writes.

    Only the address that is set is asked: redirects are not followed, and proxies and passwords
    of the environment not used.
    """
    headers = {}
    if settings.api_key:
        headers["Authorization"] = f"Bearer {settings.api_key.get_secret_value()}"
    request = {
        "model": settings.model,
        "messages": [
            {"role": "system", "content": _TASK},
            {"role": "user", "content": json.dumps(data, ensure_ascii=False)},
        ],
        "temperature": 0,
        "stream": False,
    }
    deadline = time.monotonic() + settings.timeout_s
    try:
        with (
            httpx2.Client(
                trust_env=False, follow_redirects=False, timeout=settings.timeout_s
            ) as client,
            client.stream(
                "POST", f"{url}/chat/completions", json=request, headers=headers
            ) as response,
        ):
            if not response.is_success:
                raise _NoAnswerError(f"{url} answered with HTTP {response.status_code}")
            content = _read(response, deadline, settings.timeout_s)
    except httpx2.TimeoutException as error:
        raise _NoAnswerError(f"no answer within {settings.timeout_s:g} s") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _NoAnswerError(f"{url} cannot be reached ({type(error).__name__})") from error
    return _text_in(content, url)


def _read(response: httpx2.Response, deadline: float, timeout_s: float) -> bytes:
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > _MOST_BYTES:
            raise _NoAnswerError("its answer is too long")
        if time.monotonic() > deadline:
            raise _NoAnswerError(f"no answer within {timeout_s:g} s")
    return bytes(content)


def _text_in(content: bytes, url: str) -> str:
    try:
        answer: Any = json.loads(content)
        written = answer["choices"][0]["message"]["content"]
        if not isinstance(written, str):
            raise TypeError(type(written))
    except (ValueError, LookupError, TypeError) as error:
        raise _NoAnswerError(f"{url} does not speak the protocol of OpenAI") from error
    text = " ".join(_THOUGHT.sub("", written).split())
    if not text:
        raise _NoAnswerError("its answer is empty")
    if len(text) > _MOST_CHARACTERS:
        raise _NoAnswerError("its answer is too long")
    return text
