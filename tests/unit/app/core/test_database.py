"""Sessions commit once or not at all, and what waits for the commit happens after it, or never."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from app.core.database import UNAVAILABLE, Database, after_commit
from app.core.settings import DatabaseSettings
from app.jobs.tables import Worker

MOMENT = datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)


def add(session, name="w", seen_at=MOMENT):
    session.add(Worker(name=name, queues=["cpu"], seen_at=seen_at))


def names(database):
    with database.session(read_only=True) as session:
        return [row.name for row in session.query(Worker).order_by(Worker.name)]


def test_a_block_is_committed_when_it_ends(database):
    with database.session() as session:
        add(session)
        assert names(database) == []
    assert names(database) == ["w"]


def test_a_block_that_raises_leaves_nothing(database):
    done = []

    def add_and_break():
        with database.session() as session:
            add(session)
            session.flush()
            after_commit(session, lambda: done.append("ran"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_break()
    assert names(database) == []
    assert done == []


def test_actions_run_after_the_commit_in_their_order_and_once(database):
    seen = []
    with database.session() as session:
        add(session)
        after_commit(session, lambda: seen.append(("first", names(database))))
        after_commit(session, lambda: seen.append(("second", names(database))))
        assert seen == []
    assert seen == [("first", ["w"]), ("second", ["w"])]
    with database.session():
        pass
    assert len(seen) == 2


def test_an_action_that_fails_undoes_nothing_and_stops_no_other(database, caplog):
    seen = []
    with database.session() as session:
        add(session)
        after_commit(session, lambda: 1 / 0)
        after_commit(session, lambda: seen.append("ran"))
    assert names(database) == ["w"]
    assert seen == ["ran"]
    assert "after the commit failed" in caplog.text


def test_times_come_back_aware_and_equal_from_every_zone(database):
    with database.session() as session:
        add(session, "utc")
        add(session, "tokyo", MOMENT.astimezone(timezone(timedelta(hours=9))))
    with database.session(read_only=True) as session:
        for row in session.query(Worker):
            assert row.seen_at == MOMENT
            assert row.seen_at.tzinfo is UTC


def test_naive_times_are_refused(database):
    def add_naive():
        with database.session() as session:
            add(session, seen_at=datetime(2026, 1, 1))  # noqa: DTZ001 - what must be refused

    with pytest.raises(StatementError, match="naive"):
        add_naive()


def test_the_clock_of_the_database_is_utc_and_goes_on(database):
    with database.session() as session:
        first = database.now(session)
        session.execute(text("SELECT 1"))
        second = database.now(session)
    assert first.tzinfo is UTC
    assert abs(first - datetime.now(UTC)) < timedelta(seconds=5)
    assert first <= second


def test_writers_at_once_wait_for_each_other(database):
    with database.session() as session:
        add(session, "count", MOMENT)
    together = threading.Barrier(4, timeout=30)

    def increment():
        together.wait()
        for _ in range(5):
            with database.session() as session:
                query = session.query(Worker).with_for_update()
                row = query.one()
                row.queues = [*row.queues, "x"]

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(increment) for _ in range(4)]:
            future.result()
    with database.session(read_only=True) as session:
        assert len(session.get(Worker, "count").queues) == 1 + 4 * 5


def test_a_database_out_of_reach_is_named_as_such(tmp_path):
    for url in (
        f"sqlite:///{tmp_path / 'missing' / 'folder.db'}",
        f"postgresql+psycopg://u@/d?host={tmp_path}",
    ):
        database = Database(DatabaseSettings(url))
        with pytest.raises(UNAVAILABLE):
            database.ping()
        database.close()


def test_a_migrated_database_has_no_pending_migrations(database):
    assert not database.pending_migrations()
    database.ping()
