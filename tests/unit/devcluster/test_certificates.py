"""Certificates are verified as strictly as any version of Python does it."""

import contextlib
import ssl
from pathlib import Path

import pytest

from citycloud_dev.certificates import CertificateAuthority, KeyPair


def handshake(*, client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> ssl.SSLObject:
    """Let two ends shake hands in memory; return the client's, whose peer is verified by now."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=host)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for end in (asking, answering, asking, answering):
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()
    return asking


def context(*, purpose: ssl.Purpose, authority: CertificateAuthority, pair: KeyPair) -> ssl.SSLContext:
    """Demand a certificate of the other end, with the strictness that Python 3.13 has made the default."""
    made = ssl.create_default_context(purpose, cafile=str(authority.files.certificate))
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_cert_chain(certfile=pair.certificate, keyfile=pair.key)
    return made


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "registry.test"])
def test_server_and_user_pass_the_strict_reading_of_rfc_5280(host: str, tmp_path: Path) -> None:
    authority = CertificateAuthority(folder=tmp_path / "pki")
    server = context(
        purpose=ssl.Purpose.CLIENT_AUTH, authority=authority, pair=authority.server(name="apiserver", hosts=("registry.test",))
    )
    user = context(purpose=ssl.Purpose.SERVER_AUTH, authority=authority, pair=authority.user(name="an", groups=("health:admins",)))
    seen = handshake(client=user, server=server, host=host)
    assert seen.getpeercert() is not None
    assert seen.version() == "TLSv1.3"


def test_another_authority_is_not_believed(tmp_path: Path) -> None:
    ours, theirs = (CertificateAuthority(folder=tmp_path / name) for name in ("ours", "theirs"))
    server = context(purpose=ssl.Purpose.CLIENT_AUTH, authority=theirs, pair=theirs.server(name="apiserver", hosts=()))
    user = context(purpose=ssl.Purpose.SERVER_AUTH, authority=ours, pair=ours.user(name="an"))
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(client=user, server=server, host="127.0.0.1")
