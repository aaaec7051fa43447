"""X.509 certificates of parties and of their systems: requests, issuing, checking that one vouches for a statement.

The authority here is the federation's *development and small-federation* authority: a self-signed root that signs
requests on paper-and-telephone trust. An agency with a PKI of its own signs the same requests there instead; all that
Symbolon asks of a certificate is the URI and DNS name of `symbolon.rpc.identity`. Keys are ECDSA P-256 (RFC 5480).

The same code makes the small authority by which a node lets its agency's systems in (`node.systems`): what that one
signs is good for a client alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from symbolon.rpc.identity import Caller, IdentityError, Party, System, parse_caller

AUTHORITY_LIFETIME = timedelta(days=3650)
CERTIFICATE_LIFETIME = timedelta(days=397)
_BACKDATE = timedelta(minutes=5)  # clocks of agencies differ; a certificate must be good at once
_STATEMENT_LABEL = b"symbolon/v1/certified-statement\x00"


class CertificateError(ValueError):
    """A certificate, request or statement does not verify; the message says which check failed."""


@dataclass(frozen=True)
class Authority:
    """A certificate authority: its certificate and the key that signs."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def create_key() -> ec.EllipticCurvePrivateKey:
    """Make a TLS key (ECDSA P-256)."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Give the key as unencrypted PKCS #8; the caller writes it readable by its owner only."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """Give the certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def certificate_der(certificate: x509.Certificate) -> bytes:
    """Give the certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def certificate_fingerprint(certificate: x509.Certificate) -> str:
    """Give SHA-256 of the certificate in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """Read a TLS key; raise `CertificateError` when it is not ECDSA."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except ValueError:
        raise CertificateError("the file holds no private key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateError("the private key is not an ECDSA key")
    return key


def load_certificate(data: bytes) -> x509.Certificate:
    """Read one certificate in PEM or DER; raise `CertificateError` when it is neither."""
    try:
        if data.startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except ValueError:
        raise CertificateError("not an X.509 certificate") from None


def create_authority(name: str, now: datetime) -> Authority:
    """Make a self-signed root for a development or small federation."""
    key = create_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        _builder(subject, key.public_key(), now, AUTHORITY_LIFETIME)
        .issuer_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )
    return Authority(builder.sign(key, hashes.SHA256()), key)


def create_request(holder: Caller, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Make a certificate signing request (PEM) for a party's URI and DNS name, or for a system's URI."""
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(_subject(holder))
        .add_extension(_alternative_names(holder), critical=False)
        .sign(key, hashes.SHA256())
    )
    return request.public_bytes(serialization.Encoding.PEM)


def issue(authority: Authority, request_pem: bytes, party: Party, now: datetime) -> bytes:
    """Sign a request (PEM) for exactly the party named and give the certificate (PEM).

    All names come from ``party``, which the authority's operator states; a request that asks for another identity is
    refused rather than corrected, and its subject is not read. Raises `CertificateError`.
    """
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return _issue(authority, request_pem, party, both, now)


def issue_to_system(authority: Authority, request_pem: bytes, system: System, now: datetime) -> bytes:
    """Sign the request (PEM) of a system, as `issue` does, for a client alone: nothing can be served with it."""
    return _issue(authority, request_pem, system, [ExtendedKeyUsageOID.CLIENT_AUTH], now)


def _issue(
    authority: Authority, request_pem: bytes, holder: Caller, uses: list[x509.ObjectIdentifier], now: datetime
) -> bytes:
    try:
        request = x509.load_pem_x509_csr(request_pem)
    except ValueError:
        raise CertificateError("not a certificate signing request in PEM") from None
    if not request.is_signature_valid:
        raise CertificateError("the request is not signed by its own key")
    key = request.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CertificateError("the request's key is not an ECDSA key")
    if _holder_of(request.extensions) != holder:
        raise CertificateError(f"the request asks for another identity than {holder.uri}")
    certificate = (
        _builder(_subject(holder), key, now, CERTIFICATE_LIFETIME)
        .issuer_name(authority.certificate.subject)
        .add_extension(_alternative_names(holder), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return certificate_pem(certificate)


def sign_statement(key: ec.EllipticCurvePrivateKey, statement: bytes) -> bytes:
    """Sign a statement with a TLS key, apart from anything TLS itself signs (ECDSA SHA-256 under a label)."""
    return key.sign(_STATEMENT_LABEL + statement, ec.ECDSA(hashes.SHA256()))


def verify_statement(
    authority: x509.Certificate, certificate_der: bytes, statement: bytes, signature: bytes, now: datetime
) -> Party:
    """Check the chain, the validity and the signature of a statement; give the party whose certificate vouches for it.

    Raises `CertificateError`.
    """
    certificate = load_certificate(certificate_der)
    verifier = verification.PolicyBuilder().store(verification.Store([authority])).time(now).build_client_verifier()
    try:
        verifier.verify(certificate, [])
    except verification.VerificationError:
        raise CertificateError("the certificate is not valid under the federation's authority") from None
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CertificateError("the certificate's key is not an ECDSA key")
    try:
        key.verify(signature, _STATEMENT_LABEL + statement, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise CertificateError("the statement is not signed by the certificate's key") from None
    return certificate_party(certificate)


def certificate_party(certificate: x509.Certificate) -> Party:
    """Give the one party a certificate names; raise `CertificateError` when it names none, several, or a system."""
    holder = certificate_holder(certificate)
    if not isinstance(holder, Party):
        raise CertificateError(f"the certificate is for {holder.uri}, which is no party")
    return holder


def certificate_holder(certificate: x509.Certificate) -> Caller:
    """Give the one party or system a certificate names; raise `CertificateError` when it names none or several."""
    return _holder_of(certificate.extensions)


def is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Say whether an authority's key signed a certificate itself; when it is valid is not looked at."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):  # another name, a key of another kind, another key
        return False
    return True


def _holder_of(extensions: x509.Extensions) -> Caller:
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        holders = [parse_caller(uri) for uri in names.get_values_for_type(x509.UniformResourceIdentifier)]
    except (x509.ExtensionNotFound, IdentityError):
        holders = []
    if len(holders) != 1:
        raise CertificateError("exactly one symbolon:// URI is needed in the subject alternative names")
    return holders[0]


def _subject(holder: Caller) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, holder.name)])


def _alternative_names(holder: Caller) -> x509.SubjectAlternativeName:
    """Give the URI and, of whom others connect to, the DNS name."""
    uri = x509.UniformResourceIdentifier(holder.uri)
    return x509.SubjectAlternativeName([uri, x509.DNSName(holder.dns_name)] if isinstance(holder, Party) else [uri])


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    moment = now.astimezone(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - _BACKDATE)
        .not_valid_after(moment + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
