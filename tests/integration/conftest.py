"""What the integration tests share: one authority a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.federation import DevelopmentAuthority


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
