"""Clusters for single tests: a new one takes no longer than rebuilding a used one."""

from collections.abc import AsyncIterator

import pytest

from tests.postgres.cluster import Cluster


@pytest.fixture
async def sync_cluster() -> AsyncIterator[Cluster]:
    """A primary whose commits wait for its standby."""
    async with Cluster("sync") as cluster:
        yield cluster


@pytest.fixture
async def async_cluster() -> AsyncIterator[Cluster]:
    """A primary whose commits wait for nobody."""
    async with Cluster("async") as cluster:
        yield cluster
