"""Words that every context shares: identifiers, errors, principal, events, database, sealing."""
