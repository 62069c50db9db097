"""What is kept of a password."""

import unicodedata

from argon2 import PasswordHasher


def hashed(password: str) -> str:
    """Return the argon2id hash in PHC form (RFC 9106 section 4, second recommended option).

    Normalised as Flask-Security normalises what is typed at the login.
    """
    return PasswordHasher().hash(unicodedata.normalize("NFKD", password))
