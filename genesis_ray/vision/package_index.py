"""The package indexes this user's pip and uv would ask."""

import configparser
import logging
import os
import ssl
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from unearth import PackageFinder
from unearth.auth import MultiDomainBasicAuth
from unearth.fetchers import PyPIClient

from genesis_ray.errors import ModelError

# A host that does not answer is given up soon, a slow one is waited for.
_TIMEOUT = httpx2.Timeout(30, connect=5)


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Where packages come from, as pip and uv are told by variables and files.

    Whose setting it is does not matter here: everything taken from an index is
    checked by its digest, so both tools' indexes are asked.

    Attributes:
        index_urls: Take the place of the default index; () keeps it.
        extra_index_urls: Are asked after it.
        find_links: Folders, pages or archives.
        trusted_hosts: Are reached without checking their certificate.
        ca_file: Certificates to trust in place of the system's.
        offline: No index may be asked, only `find_links`.
    """

    index_urls: tuple[str, ...] = ()
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    ca_file: str | None = None
    offline: bool = False

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "IndexSettings":
        """Read variables and configuration files; a variable wins over a file."""
        pip = _pip_file_options(environ) | _environment("PIP_", environ)
        uv = _uv_file_options(environ) | _environment("UV_", environ)

        def both(pip_option: str, *uv_options: str) -> tuple[str, ...]:
            listed = pip.get(pip_option, "").split()
            for option in uv_options:
                listed += uv.get(option, "").replace(",", " ").split()
            return tuple(dict.fromkeys(_without_name(entry) for entry in listed))

        return cls(
            index_urls=both("index-url", "default-index", "index-url"),
            extra_index_urls=both("extra-index-url", "index", "extra-index-url"),
            find_links=both("find-links", "find-links"),
            trusted_hosts=both("trusted-host", "allow-insecure-host", "insecure-host"),
            ca_file=pip.get("cert") or None,
            offline=any(
                options.get(name, "").lower() in {"1", "true", "yes", "on"}
                for options, name in ((pip, "no-index"), (uv, "no-index"), (uv, "offline"))
            ),
        )


def web_client(settings: IndexSettings) -> PyPIClient:
    """Return a client that trusts what the settings trust, and reads file:// as well.

    Raises ModelError where the certificates that pip is told to use cannot be read.
    """
    try:
        verify = ssl.create_default_context(cafile=settings.ca_file) if settings.ca_file else True
    except OSError as error:
        raise ModelError(
            f"cannot read the certificates in {settings.ca_file}, which pip is told to use; "
            f"correct its option `cert`: {error}"
        ) from error
    client = PyPIClient(
        trusted_hosts=settings.trusted_hosts,
        verify=verify,
        timeout=_TIMEOUT,
        follow_redirects=True,
    )
    client.auth = MultiDomainBasicAuth(
        prompting=False, index_urls=[*settings.index_urls, *settings.extra_index_urls]
    )
    return client


def finders(client: PyPIClient, settings: IndexSettings) -> Iterator[PackageFinder]:
    """Yield a finder for each place that packages come from, in the order of asking.

    One place each, so that a broken one hides no other.
    """
    # unearth warns of every index that lacks a project; that is no news to the user.
    logging.getLogger("unearth").setLevel(logging.ERROR)

    def finder(**place: tuple[str, ...]) -> PackageFinder:
        return PackageFinder(session=client, ignore_compatibility=True, **place)

    for link in settings.find_links:
        yield finder(find_links=(link,))
    if settings.offline:
        return
    if not settings.index_urls:
        yield finder()  # the library's default index
    for url in (*settings.index_urls, *settings.extra_index_urls):
        yield finder(index_urls=(url,))


def _environment(prefix: str, environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(prefix).lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith(prefix) and value
    }


def _pip_file_options(environ: Mapping[str, str]) -> dict[str, str]:
    """Read pip's configuration files, the weakest first (pip's documentation, "Location")."""
    home = Path.home()
    config_home = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    if sys.platform == "darwin":
        folders = [Path("/Library/Application Support/pip"), home / ".pip"]
        folders += [config_home / "pip", home / "Library/Application Support/pip"]
    else:
        folders = [Path(d) / "pip" for d in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
        folders += [Path("/etc"), home / ".pip", config_home / "pip"]
    files = [folder / "pip.conf" for folder in (*folders, Path(sys.prefix))]
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return {}
    if named:
        files.append(Path(named))

    options: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip itself reports its broken files
        for section in ("global", "download", "install"):
            if parser.has_section(section):
                options |= {name.replace("_", "-"): value for name, value in parser.items(section)}
    return options


def _uv_file_options(environ: Mapping[str, str]) -> dict[str, str]:
    """Read uv's system and user configuration, or the file that UV_CONFIG_FILE names."""
    config_home = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    files = [Path("/etc/uv/uv.toml"), config_home / "uv/uv.toml"]
    if named := environ.get("UV_CONFIG_FILE"):
        files = [Path(named)]

    options: dict[str, str] = {}
    for file in files:
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # most have none, and uv itself reports its broken files
        options |= _flat(content) | _flat(content.get("pip", {}))
    return options


def _flat(table: Mapping[str, Any]) -> dict[str, str]:
    """Return a table of uv's settings in the form of its environment variables."""
    options: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            options[name] = " ".join(value)
        elif isinstance(value, (str, bool)):
            options[name] = str(value)
    for index in table.get("index", []):
        kind = "default-index" if index.get("default") else "index"
        options[kind] = f"{options.get(kind, '')} {index.get('url', '')}".strip()
    return options


def _without_name(entry: str) -> str:
    """Drop uv's `name=` in front of an index address."""
    name, equals, url = entry.partition("=")
    return url if equals and "/" not in name else entry
