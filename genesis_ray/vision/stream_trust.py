"""Who may answer for a stream over TLS, and who did where FFmpeg only says that it failed."""

import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

from genesis_ray.domain.streams.source_policy import Address, SourcePolicy
from genesis_ray.errors import ConfigurationError

_WITHIN_S = 2.0
"""For a look at who answers: what answers at all does so within a fraction of that."""

_OF_THE_WEB = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine, macOS
)
"""Where systems keep the authorities that browsers trust. The FFmpeg of PyAV looks where Red Hat
had them, and finds none anywhere else."""


def tls_options(policy: SourcePolicy) -> dict[str, str]:
    """Return what FFmpeg is told of TLS.

    Raises:
        ConfigurationError: The file of certificates to trust has none.
    """
    if not policy.verify_tls:
        return {"tls_verify": "0"}
    if policy.ca_file:
        _context(policy.ca_file)
        return {"tls_verify": "1", "ca_file": str(policy.ca_file)}
    own = ssl.get_default_verify_paths().cafile
    kept = next((path for path in (own, *_OF_THE_WEB) if path and Path(path).is_file()), None)
    return {"tls_verify": "1"} | ({"ca_file": kept} if kept else {})


def answers(addresses: Sequence[Address], port: int) -> bool:
    """Tell whether something takes connections at one of these."""
    for address in addresses:
        try:
            socket.create_connection((str(address), port), _WITHIN_S).close()
        except OSError:
            continue
        return True
    return False


def is_distrusted(
    addresses: Sequence[Address], port: int, *, host: str, policy: SourcePolicy
) -> bool:
    """Tell whether what answers at one of these has a certificate that is not trusted.

    FFmpeg has one error for that and all else that fails.
    """
    if not policy.verify_tls:
        return False
    context = _context(policy.ca_file)
    for address in addresses:
        try:
            with socket.create_connection((str(address), port), _WITHIN_S) as connection:
                context.wrap_socket(connection, server_hostname=host).close()
        except ssl.SSLCertVerificationError:
            return True
        except OSError:
            continue
    return False


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file and str(ca_file))
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(
            f"sources.ca_file {ca_file}: {error.strerror or error}; expected certificates in PEM"
        ) from error
