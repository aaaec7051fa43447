"""What the integration tests share: one authority a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbolon.rpc.channel import TlsFiles
from tests.integration.federation import DevelopmentAuthority
from tests.integration.taught_server import LISTED, SERVER


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentAuthority:
    """Give a development authority."""
    return DevelopmentAuthority.create(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentAuthority:
    """Give an authority of another federation."""
    return DevelopmentAuthority.create(tmp_path_factory.mktemp("other-authority"))


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    """Give a folder for the homes of a test's parties."""
    return tmp_path


@pytest.fixture
def server_tls(authority: DevelopmentAuthority, homes: Path) -> TlsFiles:
    """Certify the taught server."""
    return authority.certify(homes / "server", SERVER)


@pytest.fixture
def listed_tls(authority: DevelopmentAuthority, homes: Path) -> TlsFiles:
    """Certify the agency it lists."""
    return authority.certify(homes / "listed", LISTED)
