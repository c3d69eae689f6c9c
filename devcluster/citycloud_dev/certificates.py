"""The cluster's own certificate authority: one for servers and users alike, made anew with each data folder and verified everywhere.

Certificates hold all that RFC 5280 asks for (key usage, identifiers of keys): Python 3.13 and later refuse those that do not.
"""

import dataclasses
import datetime
import ipaddress
import pathlib
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME: Final = datetime.timedelta(days=365)
CLOCK_TOLERANCE: Final = datetime.timedelta(minutes=5)


@dataclasses.dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, as PEM files."""

    certificate: pathlib.Path
    key: pathlib.Path


def user_file_name(*, name: str, groups: tuple[str, ...]) -> str:
    """Name the files of a user in some groups, whatever characters they have."""
    return ("user-" + "-".join("".join(c if c.isalnum() else "_" for c in part) for part in (name, *groups)))[:120]


class CertificateAuthority:
    """Issue certificates below one folder; what exists already is not made again."""

    def __init__(self, *, folder: pathlib.Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.files = KeyPair(certificate=folder / "ca.crt", key=folder / "ca.key")
        if not self.files.certificate.exists():
            self._create()

    def server(self, *, name: str, hosts: tuple[str, ...]) -> KeyPair:
        """Issue a certificate for a server that is reached by loopback or by one of `hosts`."""
        names: list[x509.GeneralName] = [x509.DNSName(host) for host in ("localhost", *hosts)]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1", "10.96.0.1")]
        return self._issue(file_name=name, common_name=name, groups=(), usage=(ExtendedKeyUsageOID.SERVER_AUTH,), names=names)

    def user(self, *, name: str, groups: tuple[str, ...] = ()) -> KeyPair:
        """Issue a client certificate: the API server reads the user from its common name and the groups from its organisations."""
        file_name = user_file_name(name=name, groups=groups)
        return self._issue(file_name=file_name, common_name=name, groups=groups, usage=(ExtendedKeyUsageOID.CLIENT_AUTH,), names=[])

    def service_account_key(self) -> pathlib.Path:
        """Make the key that signs and checks the tokens of service accounts."""
        path = self.folder / "service-accounts.key"
        if not path.exists():
            _write_key(path=path, key=rsa.generate_private_key(public_exponent=65537, key_size=2048))
        return path

    def _create(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "citycloud-dev")])
        builder = _builder(subject=subject, issuer=subject, key=key, issuer_key=key, is_authority=True)
        _write_key(path=self.files.key, key=key)
        self.files.certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _issue(
        self,
        *,
        file_name: str,
        common_name: str,
        groups: tuple[str, ...],
        usage: tuple[x509.ObjectIdentifier, ...],
        names: list[x509.GeneralName],
    ) -> KeyPair:
        pair = KeyPair(certificate=self.folder / f"{file_name}.crt", key=self.folder / f"{file_name}.key")
        if pair.certificate.exists():
            return pair
        authority = x509.load_pem_x509_certificate(self.files.certificate.read_bytes())
        authority_key = serialization.load_pem_private_key(self.files.key.read_bytes(), password=None)
        assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
        attributes += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        subject = x509.Name(attributes)
        builder = _builder(subject=subject, issuer=authority.subject, key=key, issuer_key=authority_key, is_authority=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        _write_key(path=pair.key, key=key)
        pair.certificate.write_bytes(builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return pair


def _builder(
    *,
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    is_authority: bool,
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True)
        .add_extension(_key_usage(is_authority=is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_key(*, path: pathlib.Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    )
