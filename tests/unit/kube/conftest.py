"""Key pairs for kubeconfigs, made once."""

import base64
import dataclasses
import datetime
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final, Protocol

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY: Final = datetime.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Pair:
    """A certificate that is its own authority, and its key, as files and as kubeconfigs carry them inline."""

    certificate: Path
    key: Path

    @property
    def certificate_data(self) -> str:
        return base64.b64encode(self.certificate.read_bytes()).decode()

    @property
    def key_data(self) -> str:
        return base64.b64encode(self.key.read_bytes()).decode()


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Make one key pair."""
    folder = tmp_path_factory.mktemp("pair")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "citycloud test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Pair(certificate=folder / "tls.crt", key=folder / "tls.key")


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Serve(Protocol):
    """Answer GET requests of one path on a free port, and return the server's address."""

    async def __call__(self, path: str, answer: Answer, ssl_context: ssl.SSLContext | None = None) -> str: ...


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start servers, and stop them at the end."""
    runners: list[web.AppRunner] = []

    async def start(path: str, answer: Answer, ssl_context: ssl.SSLContext | None = None) -> str:
        application = web.Application()
        application.router.add_get(path, answer)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl_context).start()
        host, port = runner.addresses[0]
        return f"{'https' if ssl_context else 'http'}://{host}:{port}"

    yield start
    for runner in runners:
        await runner.cleanup()
