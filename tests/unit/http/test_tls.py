"""Contexts from files, and what is said of files that are no use."""

import ssl

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from gossamer.http.tls import client_context, server_context


@pytest.fixture(scope="module")
def issued():
    return trustme.CA().issue_cert("localhost")


@pytest.fixture
def certificate(tmp_path, issued):
    path = tmp_path / "chain.pem"
    path.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    return path


@pytest.fixture
def key(tmp_path, issued):
    path = tmp_path / "key.pem"
    path.write_bytes(issued.private_key_pem.bytes())
    return path


def test_a_certificate_and_its_key_make_a_server(certificate, key):
    assert server_context(certificate, key).minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("missing", ["certificate", "key"])
def test_a_missing_file_is_named(certificate, key, missing):
    {"certificate": certificate, "key": key}[missing].unlink()
    with pytest.raises(ValueError, match=rf"cannot read the {missing} .*\.pem: No such file"):
        server_context(certificate, key)


def test_the_key_of_another_certificate_is_refused(certificate, key):
    key.write_bytes(trustme.CA().issue_cert("localhost").private_key_pem.bytes())
    with pytest.raises(ValueError, match="does not belong to the certificate"):
        server_context(certificate, key)


def test_what_is_no_pem_is_refused(certificate, key):
    certificate.write_text("hello")
    with pytest.raises(ValueError, match="both must be PEM files"):
        server_context(certificate, key)


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_a_password(certificate, key):
    plain = load_pem_private_key(key.read_bytes(), password=None)
    key.write_bytes(plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    with pytest.raises(ValueError, match="is encrypted; take the password off"):
        server_context(certificate, key)


def test_a_client_verifies_by_default_and_only_then():
    assert client_context(verify=True).verify_mode == ssl.CERT_REQUIRED
    assert client_context(verify=True).check_hostname
    assert client_context(verify=False).verify_mode == ssl.CERT_NONE


def test_a_ca_file_is_trusted_and_nothing_else(tmp_path):
    path = tmp_path / "ca.pem"
    path.write_bytes(trustme.CA(organization_name="The House").cert_pem.bytes())
    trusted = client_context(verify=str(path)).get_ca_certs()
    assert ["The House" in str(authority["subject"]) for authority in trusted] == [True]


@pytest.mark.parametrize(("content", "says"), [(None, "cannot read the CA file"), ("hello", "holds no certificate")])
def test_a_ca_file_that_is_no_use_is_refused(tmp_path, content, says):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=says):
        client_context(verify=str(path))
