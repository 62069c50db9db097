"""Certificate authorities: profiles, keys, issue, revoke, validate, OCSP, CRL."""
