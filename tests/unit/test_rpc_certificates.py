"""Certificates: issued for exactly the party named, and vouching for statements of it alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from symbolon.rpc import certificates
from symbolon.rpc.certificates import Authority, CertificateError
from symbolon.rpc.identity import Party

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGENCY, OTHER = Party.agency("FR-DNMS"), Party.agency("IT-DCPC")
STATEMENT = b"my key is this one"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return certificates.create_authority("Test authority", NOW)


def certified(authority: Authority, party: Party = AGENCY) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = certificates.create_key()
    issued = certificates.issue(authority, certificates.create_request(party, key), party, NOW)
    return key, certificates.load_certificate(issued)


def test_a_certificate_carries_uri_and_dns_name_and_nothing_more(authority: Authority) -> None:
    _, certificate = certified(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.UniformResourceIdentifier(AGENCY.uri), x509.DNSName(AGENCY.dns_name)]
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificates.certificate_party(certificate) == AGENCY
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc


def test_a_request_for_another_party_is_refused_and_not_corrected(authority: Authority) -> None:
    request = certificates.create_request(OTHER, certificates.create_key())
    with pytest.raises(CertificateError, match="another identity"):
        certificates.issue(authority, request, AGENCY, NOW)


def test_a_request_whose_signature_does_not_fit_is_refused(authority: Authority) -> None:
    """Somebody could otherwise have a key certified that is not in the requester's hands."""
    good = x509.load_pem_x509_csr(certificates.create_request(AGENCY, certificates.create_key()))
    spoiled = bytearray(good.public_bytes(serialization.Encoding.DER))
    spoiled[-1] ^= 1
    pem = x509.load_der_x509_csr(bytes(spoiled)).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(CertificateError, match="not signed by its own key"):
        certificates.issue(authority, pem, AGENCY, NOW)


def test_the_subject_is_the_partys_name_whatever_the_request_says(authority: Authority) -> None:
    key = certificates.create_key()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, OTHER.name)])
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(AGENCY.uri)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject).add_extension(names, critical=False)
    request = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    certificate = certificates.load_certificate(certificates.issue(authority, request, AGENCY, NOW))
    assert certificate.subject.rfc4514_string() == f"CN={AGENCY.name}"


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"]
)
def test_what_is_no_request_is_refused(authority: Authority, content: bytes) -> None:
    with pytest.raises(CertificateError, match="not a certificate signing request"):
        certificates.issue(authority, content, AGENCY, NOW)


def test_a_request_with_a_key_of_another_kind_is_refused(authority: Authority) -> None:
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(AGENCY.uri)])
    key = ed25519.Ed25519PrivateKey.generate()
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(names, critical=False)
    request = builder.sign(key, None).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(CertificateError, match="not an ECDSA key"):
        certificates.issue(authority, request, AGENCY, NOW)


def test_keys_survive_writing_and_other_keys_are_refused() -> None:
    key = certificates.create_key()
    assert certificates.load_key(certificates.key_pem(key)).private_numbers() == key.private_numbers()
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content in (b"", b"nothing", other):
        with pytest.raises(CertificateError):
            certificates.load_key(content)


def test_a_certificate_is_read_in_both_forms(authority: Authority) -> None:
    _, certificate = certified(authority)
    for encoded in (certificates.certificate_pem(certificate), certificates.certificate_der(certificate)):
        assert certificates.load_certificate(encoded) == certificate
    with pytest.raises(CertificateError):
        certificates.load_certificate(b"nothing")


def test_a_statement_is_vouched_for_by_the_certificate_whose_key_signed_it(authority: Authority) -> None:
    key, certificate = certified(authority)
    signature = certificates.sign_statement(key, STATEMENT)
    der = certificates.certificate_der(certificate)
    assert certificates.verify_statement(authority.certificate, der, STATEMENT, signature, NOW) == AGENCY


def test_a_statement_changed_or_signed_by_another_key_is_not_vouched_for(authority: Authority) -> None:
    key, certificate = certified(authority)
    other_key, _ = certified(authority, OTHER)
    der = certificates.certificate_der(certificate)
    signature = certificates.sign_statement(key, STATEMENT)
    spoiled = [
        (STATEMENT + b".", signature),
        (STATEMENT, certificates.sign_statement(other_key, STATEMENT)),
        (STATEMENT, b""),
        (STATEMENT, key.sign(STATEMENT, ec.ECDSA(hashes.SHA256()))),  # without the label, as TLS might sign
    ]
    for statement, one in spoiled:
        with pytest.raises(CertificateError, match="not signed by"):
            certificates.verify_statement(authority.certificate, der, statement, one, NOW)


@pytest.mark.parametrize("moment", [NOW - timedelta(days=1), NOW + certificates.CERTIFICATE_LIFETIME + timedelta(1)])
def test_a_certificate_out_of_its_time_vouches_for_nothing(authority: Authority, moment: datetime) -> None:
    key, certificate = certified(authority)
    signature = certificates.sign_statement(key, STATEMENT)
    der = certificates.certificate_der(certificate)
    with pytest.raises(CertificateError, match="not valid under"):
        certificates.verify_statement(authority.certificate, der, STATEMENT, signature, moment)


def test_a_certificate_of_another_authority_of_the_same_name_vouches_for_nothing(authority: Authority) -> None:
    key, certificate = certified(certificates.create_authority("Test authority", NOW))
    signature = certificates.sign_statement(key, STATEMENT)
    der = certificates.certificate_der(certificate)
    with pytest.raises(CertificateError, match="not valid under"):
        certificates.verify_statement(authority.certificate, der, STATEMENT, signature, NOW)


def test_a_party_cannot_certify_others(authority: Authority) -> None:
    key, certificate = certified(authority)
    forged_key, forged = certified(Authority(certificate, key), OTHER)
    signature = certificates.sign_statement(forged_key, STATEMENT)
    der = certificates.certificate_der(forged)
    with pytest.raises(CertificateError, match="not valid under"):
        certificates.verify_statement(authority.certificate, der, STATEMENT, signature, NOW)
