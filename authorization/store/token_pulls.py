"""How far each partner's tokens were read, in the database."""

from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert  # SQLite compiles it as well

from authorization.model.token_pull import TokenPull
from authorization.store.ocpi_tables import token_pulls
from foundation.database import Database

_one = select(token_pulls).where(token_pulls.c.partner_id == bindparam("partner_id"))


@dataclass(frozen=True, slots=True)
class SqlTokenPulls:
    """`authorization.operations.pull_ports.PullStore`."""

    database: Database

    def find(self, partner_id: str) -> TokenPull | None:
        """Return the partner's pull."""
        rows = self.database.fetch(_one, {"partner_id": partner_id})
        return None if not rows else TokenPull(**{name: getattr(rows[0], name) for name in _NAMES})

    def keep(self, pull: TokenPull) -> None:
        """Store the pull in the place of the partner's older one, durably."""
        values = asdict(pull)
        with self.database.write() as connection:
            connection.execute(
                insert(token_pulls)
                .values(values)
                .on_conflict_do_update(index_elements=[token_pulls.c.partner_id], set_=values)
            )
            connection.commit()


_NAMES = tuple(column.name for column in token_pulls.columns)
