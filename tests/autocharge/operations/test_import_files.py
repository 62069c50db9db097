"""The files of imports: whole or not there, kept no longer than needed, found again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa

from autocharge.model.enrolment_import import (
    MAXIMUM_UNFINISHED,
    ImportState,
)
from autocharge.operations.clean_imports import KEPT, PATIENCE
from autocharge.operations.receive_import import CHUNK_BYTES
from autocharge.store.import_tables import import_chunks, import_lines, imports
from foundation.errors import ServiceError
from tests.autocharge.assembly import (
    EMAID,
    MAC_SPELLINGS,
    PROVIDER,
    Autocharge,
)
from tests.autocharge.import_assembly import Imports, csv_file, mac_of, table_rows, with_contracts


@pytest.fixture
def work(autocharge: Autocharge) -> Imports:
    return Imports(autocharge)


class Interrupted:
    """A sender that fails after so many bytes, or only stops."""

    def __init__(self, file: bytes, after: int, failure: Exception | None = None) -> None:
        self._file = BytesIO(file[:after])
        self._failure = failure

    def read(self, size: int, /) -> bytes:
        read = self._file.read(min(size, 7000))
        if not read and self._failure is not None:
            raise self._failure
        return read


def test_a_sender_that_ends_halfway_leaves_nothing(work: Imports) -> None:
    file = csv_file(*(("mac", mac_of(n), EMAID) for n in range(20_000)))
    assert len(file) > 2 * CHUNK_BYTES
    for sender, failure in (
        (Interrupted(file, len(file) - 1), ServiceError),
        (Interrupted(file, len(file) - 1, OSError()), OSError),
    ):
        with pytest.raises(failure):
            work.receive(PROVIDER, sender, declared=len(file))
    for table in (imports, import_chunks):
        assert table_rows(work, table) == 0
    with pytest.raises(ServiceError) as refused:
        work.begin(b"colour,size\nred,1\n")
    assert refused.value.code == "invalid_header"
    assert table_rows(work, imports) == 0


def test_a_client_has_a_few_imports_at_a_time(work: Imports) -> None:
    file = csv_file(("mac", MAC_SPELLINGS[0], EMAID))
    begun = [work.begin(file).import_id for _ in range(MAXIMUM_UNFINISHED)]
    with pytest.raises(ServiceError) as refused:
        work.begin(file)
    assert refused.value.code == "imports_unfinished"
    work.finish(begun[0])
    work.begin(file)


def test_files_and_keys_go_when_an_import_has_ended(work: Imports) -> None:
    found = work.do(csv_file(*with_contracts(work, 3)))
    assert table_rows(work, import_chunks) == 0
    with work.autocharge.database.read() as connection:
        assert connection.execute(sa.select(imports.c.sealed_key)).scalar() is None
    with pytest.raises(ServiceError):
        work.reader.open_file(found.import_id)


def test_a_file_that_was_begun_is_found_again_by_its_bytes(work: Imports) -> None:
    file = csv_file(*(("mac", mac_of(n), EMAID) for n in range(20_000)))
    begun = work.begin(file)
    next(work.run(begun.import_id))

    def before(given: bytes, *, dry_run: bool = False) -> str | None:
        def pieces() -> Iterator[bytes]:
            yield from (given[n : n + 999] for n in range(0, len(given), 999))

        return work.receive.begun_before(PROVIDER, len(given), pieces, dry_run=dry_run)

    assert before(file) == begun.import_id
    assert before(file[:-3] + b"9\r\n") is None
    assert before(file + b"\n") is None
    assert before(file, dry_run=True) is None


def test_imports_are_deleted_by_age(work: Imports) -> None:
    work.do(csv_file(*with_contracts(work, 3)))
    half = replace(work.begin(csv_file()), import_id="0" * 36, state=ImportState.RECEIVING)
    with work.open_work() as unit:
        unit.imports.add(half)
        unit.commit()
    now = work.autocharge.now
    assert work.clean(now + PATIENCE - timedelta(seconds=1)) == 0
    assert work.clean(now + PATIENCE + timedelta(seconds=1)) == 1
    assert table_rows(work, import_lines) == 3
    assert work.clean(now + KEPT + timedelta(seconds=1)) == 1
    assert table_rows(work, import_lines) == 0
    assert table_rows(work, imports) == 1  # the one that waits to be read


def test_an_import_that_never_gets_on_is_stopped(work: Imports) -> None:
    begun = work.begin(csv_file(*with_contracts(work, 3)))

    def fails(_: object) -> dict[object, object]:
        raise RuntimeError

    failing = replace(work.run, standing_contracts=fails)  # type: ignore[arg-type] # on purpose
    for _ in range(10):
        with pytest.raises(RuntimeError):
            list(failing(begun.import_id))
    assert list(failing(begun.import_id)) == []
    found = work.read.by_id(PROVIDER, begun.import_id)
    assert (found.state, found.reason) == (ImportState.STOPPED, "failing")
