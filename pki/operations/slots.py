"""Slots: which generation comes next, and that a slot keeps its kind."""

from datetime import datetime

from foundation.errors import Kind, ServiceError
from pki.model.authority import OFFLINE_ROLES, Authority, AuthorityState, authority_name, is_slot
from pki.model.profile import Profile
from pki.model.roles import KeyAlgorithm
from pki.operations.ports import AuthorityDirectory


def newest_in_slot(
    directory: AuthorityDirectory, slot: str, profile: Profile, algorithm: KeyAlgorithm
) -> Authority | None:
    """Return the highest generation of a slot, None where the slot is free.

    Raises INVALID `slot_invalid`, CONFLICT `slot_is_another` where it holds an authority of
    another role, edition or key type.
    """
    check_slot(slot)
    generations = [authority for authority in directory.all() if authority.slot == slot]
    if not generations:
        return None
    newest = generations[-1]
    wanted = (profile.role, profile.edition, algorithm)
    if (newest.role, newest.edition, newest.algorithm) != wanted:
        raise ServiceError(
            Kind.CONFLICT,
            "slot_is_another",
            f"{newest.name} is a {newest.role} of {newest.edition} on {newest.algorithm}; "
            "choose another slot",
        )
    return newest


def check_slot(slot: str) -> None:
    """Raise INVALID `slot_invalid` unless `slot` may be one."""
    if not is_slot(slot):
        raise ServiceError(
            Kind.INVALID,
            "slot_invalid",
            "a slot is lower-case words with hyphens, such as mo-sub2, and ends with no generation",
        )


def next_generation(
    slot: str,
    newest: Authority | None,
    profile: Profile,
    algorithm: KeyAlgorithm,
    key_id: str,
    now: datetime,
) -> Authority:
    """Return the generation after `newest` in a slot, pending."""
    generation = 1 if newest is None else newest.generation + 1
    return Authority(
        name=authority_name(slot, generation),
        slot=slot,
        generation=generation,
        role=profile.role,
        edition=profile.edition,
        algorithm=algorithm,
        state=AuthorityState.PENDING,
        online=profile.role not in OFFLINE_ROLES,
        key_id=key_id,
        parent=None,
        certificate=None,
        upper_chain=(),
        not_before=None,
        not_after=None,
        created_at=now,
    )
