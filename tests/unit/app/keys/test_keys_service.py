from datetime import timedelta

import pytest

from app.core.database import Base, Database
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.security import Scope, authenticate
from app.core.settings import DatabaseSettings
from app.keys.repository import KeyRepository
from app.keys.service import KeysService, StoredKeys
from app.keys.tables import KeyRow


@pytest.fixture
def database(tmp_path):
    database = Database(DatabaseSettings(f"sqlite:///{tmp_path / 'keys.db'}"))
    Base.metadata.create_all(database.engine, tables=[KeyRow.__table__])
    yield database
    database.close()


@pytest.fixture
def make(database):
    def make_key(name="ci", scopes=(Scope.READ,)):
        with database.session() as session:
            return KeysService(session, database).create(name, scopes)

    return make_key


def test_a_secret_is_never_stored(database, make):
    made = make()
    with database.session() as session:
        row = session.get(KeyRow, made.key.id)
        stored = [str(getattr(row, column.name)) for column in KeyRow.__table__.columns]
    assert made.secret not in "".join(stored)
    assert made.secret.startswith(made.key.prefix)


def test_a_key_is_found_by_its_secret_with_its_scopes(database, make):
    made = make(scopes=[Scope.TRAIN, Scope.READ, Scope.READ])
    make(name="other")
    with database.session() as session:
        principal = authenticate(StoredKeys(database), session, f"Bearer {made.secret}")
    assert principal.key_id == made.key.id
    assert principal.scopes == {Scope.TRAIN, Scope.READ}


def test_use_is_noted_after_the_commit_and_only_now_and_then(database, make):
    made = make()
    keys = StoredKeys(database)

    def use():
        with database.session(read_only=True) as session:
            authenticate(keys, session, f"Bearer {made.secret}")
        with database.session() as session:
            return session.get(KeyRow, made.key.id).last_used_at

    first = use()
    assert first is not None
    assert use() == first
    with database.session() as session:
        session.get(KeyRow, made.key.id).last_used_at = first - timedelta(hours=1)
    assert use() >= first


def test_lists_are_newest_first_over_pages(database, make):
    names = [f"key {number}" for number in range(5)]
    for name in names:
        make(name=name)
    seen, cursor = [], None
    with database.session() as session:
        service = KeysService(session, database)
        while True:
            page = service.list(2, cursor)
            seen += [key.name for key in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert sorted(seen) == names
    assert seen[0] == names[-1]


@pytest.mark.parametrize("cursor", ["nonsense", "WyJ5ZXN0ZXJkYXkiLCAia2V5XzEiXQ"])
def test_a_cursor_of_another_list_is_refused(database, cursor):
    with database.session() as session, pytest.raises(InvalidInput):
        KeysService(session, database).list(2, cursor)


def test_a_revoked_key_opens_nothing(database, make):
    made, kept = make(), make(name="kept")
    with database.session() as session:
        KeysService(session, database).revoke(made.key.id)
    with database.session() as session:
        keys = KeyRepository(session)
        assert keys.by_hash("0" * 64) is None
        assert StoredKeys(database).any(session)
        with pytest.raises(NotFound):
            KeysService(session, database).revoke(made.key.id)
    assert kept.key.name == "kept"


def test_the_last_key_is_revoked_on_purpose_only(database, make):
    made = make()
    with database.session() as session, pytest.raises(Conflict, match="last key"):
        KeysService(session, database).revoke(made.key.id)
    with database.session() as session:
        KeysService(session, database).revoke(made.key.id, even_the_last=True)
    with database.session() as session:
        assert not StoredKeys(database).any(session)
