"""What providers chose for all their contracts, in the database."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from autocharge.model.proposal import FirstSessionChoice
from autocharge.model.provider_choice import ProviderChoice
from autocharge.store.tables import provider_choices as choices
from foundation.database import Database

_insert = insert(choices)  # SQLite compiles it as well
_put = _insert.on_conflict_do_update(
    index_elements=[choices.c.provider_id],
    set_={
        column.name: _insert.excluded[column.name] for column in choices.c if not column.primary_key
    },
)


class SqlChoices:
    """`ChoiceRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, provider_id: str) -> ProviderChoice | None:
        """Return the provider's choice as this transaction sees it."""
        return _found(self._connection, provider_id)

    def put(self, choice: ProviderChoice) -> None:
        """Store the choice in the place of the provider's last."""
        self._connection.execute(
            _put,
            {
                "provider_id": choice.provider_id,
                "autocharge": choice.autocharge,
                "changed_at": choice.changed_at,
                "client_id": choice.client_id,
                "first_session": choice.first_session and choice.first_session.value,
            },
        )


class SqlChoiceReader:
    """`ChoiceReader`: each call sees what is committed by then."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, provider_id: str) -> ProviderChoice | None:
        """Return the provider's choice; None where it never made one."""
        with self._database.read() as connection:
            return _found(connection, provider_id)


def _found(connection: Connection, provider_id: str) -> ProviderChoice | None:
    row = connection.execute(select(choices).where(choices.c.provider_id == provider_id)).first()
    if row is None:
        return None
    first = row.first_session and FirstSessionChoice(row.first_session)
    return ProviderChoice(
        row.provider_id, row.autocharge, row.changed_at, row.client_id, first or None
    )
