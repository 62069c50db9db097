"""What became of each record of a file that was sent in bulk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from foundation.errors import Refused, ServiceError

REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LineReport:
    """What became of the record that begins in line `line`; `code` and `detail` of a refusal.

    `outcome` is one of the operation's own words, or `refused`. `emaid` is the contract's as the
    sender's file spells it, where the file is about contracts; a PCID is never repeated.
    """

    line: int
    outcome: str
    code: str | None = None
    detail: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    emaid: str | None = field(default=None, repr=False)


def refused_line(
    line: int, refusal: ServiceError | Refused, emaid: str | None = None
) -> LineReport:
    """Return the report of a record that was refused."""
    return LineReport(line, REFUSED, refusal.code, refusal.detail, dict(refusal.fields), emaid)


def line_members(report: LineReport) -> dict[str, object]:
    """Return a report as JSON shows it."""
    told: dict[str, object] = {"line": report.line}
    if report.emaid is not None:
        told["emaid"] = report.emaid
    told["outcome"] = str(report.outcome)
    if report.code is not None:
        told |= {"code": report.code, "detail": report.detail, "fields": dict(report.fields)}
    return told


def bulk_report(
    reports: Iterable[LineReport], outcomes: type[StrEnum], *, dry_run: bool
) -> dict[str, object]:
    """Return the counts of each outcome and every line, as JSON shows them."""
    lines = list(reports)
    counts = {outcome.value: 0 for outcome in outcomes}
    for report in lines:
        counts[str(report.outcome)] += 1
    return {"dry_run": dry_run, **counts, "lines": [line_members(report) for report in lines]}
