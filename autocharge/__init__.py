"""Vehicle identifiers (MAC, EVCCID, VIN) and the contracts enrolled for them."""
