"""Whom a connection with TLS trusts."""

import ssl
from pathlib import Path

from genesis_ray.errors import ConfigurationError


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Return what checks certificates and names, by an own authority or those of the web.

    Raises:
        ConfigurationError: The file has no certificates.
    """
    try:
        return ssl.create_default_context(cafile=ca_file and str(ca_file))
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(
            f"ca_file {ca_file}: {error.strerror or error}; expected certificates in PEM"
        ) from error
