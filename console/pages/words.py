"""How pages spell times, masked identifiers and states: Jinja filters."""

from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape

MASK = "•"
NOTHING = "-"


def instant(moment: datetime | None) -> Markup:
    """Return a moment with its zone, readable by people and machines."""
    if moment is None:
        return escape(NOTHING)
    at = moment.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(
        at.isoformat(timespec="seconds"), at.strftime("%Y-%m-%d %H:%M:%S")
    )


def masked(identifier: str | None) -> str:
    """Return an identifier of a person or a vehicle as far as a list may show it.

    The first five characters say whose it is (provider, or manufacturer), two tell rows apart.
    """
    if not identifier:
        return NOTHING
    if len(identifier) < 10:
        return MASK * len(identifier)
    return identifier[:5] + MASK * (len(identifier) - 7) + identifier[-2:]


def lasting(span: timedelta) -> str:
    """Return a time span in the largest unit that says enough."""
    seconds = int(span.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if abs(seconds) >= size:
            number = seconds // size if seconds > 0 else -(-seconds // size)
            return f"{number} {unit}{'' if abs(number) == 1 else 's'}"
    return f"{seconds} seconds"


def plain(word: str | None) -> str:
    """Return a snake_case word of ours as people write it."""
    return NOTHING if not word else word.replace("_", " ").replace(".", ": ")


_TONES = {
    **dict.fromkeys(
        ("accepted", "active", "good", "delivered", "valid", "passed", "done", "enrolled"),
        "success",
    ),
    **dict.fromkeys(
        ("blocked", "revoked", "terminated", "expired", "failed", "invalid", "withdrawn", "lost"),
        "danger",
    ),
    **dict.fromkeys(
        ("suspended", "pending", "open", "on_hold", "unknown", "conflicting", "waiting"), "warning"
    ),
}


def badge(word: str | None) -> Markup:
    """Return a state as a coloured badge; the word itself says it, too."""
    if not word:
        return escape(NOTHING)
    tone = _TONES.get(word.lower(), "danger" if word.startswith("not_") else "secondary")
    return Markup('<span class="badge text-bg-{}">{}</span>').format(tone, escape(plain(word)))


FILTERS = {
    "instant": instant,
    "masked": masked,
    "lasting": lasting,
    "plain": plain,
    "badge": badge,
}
