"""Replace the key that signs access tokens."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from foundation.clock import Clock
from foundation.events import Event
from foundation.principal import ClientRole, Principal
from participants.model.token_key import TokenKey, signing_key
from participants.operations.ports import OpenUnitOfWork


@dataclass(frozen=True, slots=True)
class RotateTokenKey:
    """Makes a new P-256 key sign from now on."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock
    token_lifetime: timedelta

    def __call__(
        self,
        principal: Principal,
        *,
        only_if_none: bool = False,
        only_if_older: timedelta | None = None,
        at_once: bool = False,
    ) -> str:
        """Return the id of the key that signs now.

        The old keys verify until their last token has run out, then a later rotation destroys
        them. `at_once` destroys them now, for a key that leaked: every token is refused within
        half a second and clients have to ask for new ones. `only_if_none` changes nothing where
        a key signs already, `only_if_older` where that key is younger: safe to repeat, in every
        process. FORBIDDEN unless ADMIN.
        """
        principal.require_role(ClientRole.ADMIN)
        now = self.clock()
        with self.open_unit_of_work() as work:
            keys = work.token_keys.list()
            present = signing_key(keys)
            if present is not None and (
                only_if_none
                or (only_if_older is not None and now - present.created_at < only_if_older)
            ):
                return present.key_id
            for key in keys:
                if at_once or not key.verifies(now, self.token_lifetime):
                    work.token_keys.destroy(key.key_id)
                elif key.retired_at is None:
                    work.token_keys.retire(key.key_id, now)
            new = TokenKey(secrets.token_hex(16), _new_private_key(), created_at=now)
            work.token_keys.add(new)
            work.events.append(
                Event("token_key.rotated", now, principal.client_id, (), {"key_id": new.key_id})
            )
            work.commit()
        return new.key_id


def _new_private_key() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
