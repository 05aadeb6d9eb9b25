"""TLS contexts for both ends, and what their failures mean in words. Opens no connection.

A client context costs about 20 ms and reads the whole trust store: make one for each `verify` and share it.
"""

import ssl
from pathlib import Path

_ALPN = ["http/1.1"]  # the only protocol spoken here; a peer that also knows h2 must not choose it
_UNKNOWN_ISSUER = frozenset({18, 19, 20, 21})  # X509_V_ERR_*: self-signed, or no issuer in the trust store


def client_context(verify: bool | str) -> ssl.SSLContext:
    """True trusts the system's authorities, a path only those in that PEM file, False trusts anybody."""
    if isinstance(verify, str):
        context = _context_of_authorities(Path(verify))
    else:
        context = ssl.create_default_context()
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(_ALPN)
    return context


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server's context from PEM files, the certificate with its chain. Raises ValueError that names the file."""
    for what, path in (("certificate", certificate), ("key", key)):
        _check_readable(what, path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(_ALPN)
    try:
        # Without a callback OpenSSL would ask for the password on the terminal, and a service would hang there.
        context.load_cert_chain(certificate, key, password=lambda: _refuse_password(key))
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            remedy = "the file must begin with the server's own certificate"
            raise ValueError(f"the key {key} does not belong to the certificate {certificate}; {remedy}") from error
        raise ValueError(f"cannot load {certificate} with {key} ({error.reason}); both must be PEM files") from error
    return context


def explain_handshake(error: OSError) -> str:
    """Why a handshake failed, in an operator's words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = " (trust its issuer by a CA file)" if error.verify_code in _UNKNOWN_ISSUER else ""
        return f"certificate verify failed: {error.verify_message}{hint}"
    if isinstance(error, ssl.SSLEOFError) or not isinstance(error, ssl.SSLError):
        return "the peer closed the connection during the TLS handshake"
    hint = " (the peer may speak plain http)" if error.reason == "WRONG_VERSION_NUMBER" else ""
    return f"TLS handshake failed: {(error.reason or str(error)).replace('_', ' ').lower()}{hint}"


def _context_of_authorities(path: Path) -> ssl.SSLContext:
    _check_readable("CA file", path)
    try:
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        raise ValueError(f"the CA file {path} holds no certificate ({error.reason}); it must be a PEM file") from error


def _check_readable(what: str, path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise ValueError(f"cannot read the {what} {path}: {error.strerror}") from error


def _refuse_password(key: Path) -> bytes:
    raise ValueError(f"the key {key} is encrypted; take the password off (openssl pkey -in {key} -out plain.pem)")
