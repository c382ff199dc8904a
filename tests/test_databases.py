"""Each test has a database of its own, migrated, on both kinds."""

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from storage.migrate import pending


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_a_database_is_migrated_and_nobody_elses(database_url, turn):
    assert await pending(database_url) == []
    engine = create_async_engine(database_url)
    try:
        async with engine.begin() as connection:
            assert "left_by_another_test" not in await connection.run_sync(lambda sync: inspect(sync).get_table_names())
            await connection.execute(text("CREATE TABLE left_by_another_test (id INTEGER)"))
    finally:
        await engine.dispose()
