"""Certificates with which the listener speaks TLS: files of the user's, or those of Home Assistant itself."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
import ssl
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from homeassistant.core import HomeAssistant

from ..const import CONF_CERTIFICATE, CONF_KEY, CONF_TLS

# A chain with all its texts has some 10 kB; whatever is much larger is another file.
MAX_PEM_BYTES = 1024 * 1024
# Terminals are built to last longer than what is thought safe: TLS 1.2 and the ciphers of its time are allowed, those
# that keep what was said from whoever gets the key later first.
OLDEST_TLS = ssl.TLSVersion.TLSv1_2
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:DHE+AES:RSA+AESGCM:RSA+AES:!aNULL:!aDSS:!AESCCM"


class TlsMode(StrEnum):
    """Whose certificate the listener shows."""

    OFF = "off"
    HOME_ASSISTANT = "home_assistant"
    FILES = "files"


class CertificateProblem(StrEnum):
    """Why a certificate cannot be used: translation keys of form errors."""

    KEY_ENCRYPTED = "key_encrypted"
    KEY_MISMATCH = "key_mismatch"
    NOT_A_CERTIFICATE = "not_a_certificate"
    NOT_A_KEY = "not_a_key"
    NOT_FOUND = "file_not_found"
    NOT_READABLE = "file_not_readable"
    NO_OWN_CERTIFICATE = "no_own_certificate"
    UNUSABLE = "certificate_unusable"


class CertificateInvalid(Exception):
    """A certificate or its key cannot be used; `field` is the one of the form that is to blame."""

    def __init__(self, field: str, problem: CertificateProblem) -> None:
        """Remember what is wrong with what."""
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


async def async_tls_context(hass: HomeAssistant, options: Mapping[str, Any]) -> ssl.SSLContext | None:
    """Return how to speak TLS, read anew from the files; None without TLS. Raises `CertificateInvalid`."""
    mode = TlsMode(options.get(CONF_TLS, TlsMode.OFF))
    if mode is TlsMode.OFF:
        return None
    if mode is TlsMode.FILES:
        return await hass.async_add_executor_job(_load, options[CONF_CERTIFICATE], options[CONF_KEY])
    if not hass.http.ssl_certificate or not hass.http.ssl_key:
        raise CertificateInvalid(CONF_TLS, CertificateProblem.NO_OWN_CERTIFICATE)
    try:
        return await hass.async_add_executor_job(_load, hass.http.ssl_certificate, hass.http.ssl_key)
    except CertificateInvalid as err:
        raise CertificateInvalid(CONF_TLS, err.problem) from err


def _load(certificate: str, key: str) -> ssl.SSLContext:
    """Load a certificate and its key, and find out which of them is to blame if they cannot be used."""
    try:
        x509.load_pem_x509_certificates(_read(CONF_CERTIFICATE, certificate))
    except ValueError as err:
        raise CertificateInvalid(CONF_CERTIFICATE, CertificateProblem.NOT_A_CERTIFICATE) from err
    try:
        load_pem_private_key(_read(CONF_KEY, key), password=None)
    except TypeError as err:
        raise CertificateInvalid(CONF_KEY, CertificateProblem.KEY_ENCRYPTED) from err
    except (UnsupportedAlgorithm, ValueError) as err:
        raise CertificateInvalid(CONF_KEY, CertificateProblem.NOT_A_KEY) from err
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = OLDEST_TLS
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_COMPRESSION
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as err:
        mismatch = err.reason in {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"}
        raise CertificateInvalid(
            CONF_KEY if mismatch else CONF_CERTIFICATE,
            CertificateProblem.KEY_MISMATCH if mismatch else CertificateProblem.UNUSABLE,
        ) from err
    return context


def _read(field: str, path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_PEM_BYTES)
    except FileNotFoundError as err:
        raise CertificateInvalid(field, CertificateProblem.NOT_FOUND) from err
    except (OSError, ValueError) as err:
        raise CertificateInvalid(field, CertificateProblem.NOT_READABLE) from err
