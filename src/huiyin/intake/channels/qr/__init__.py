"""The channel ``qr``: a printed code at a counter, read with the citizen's own phone."""
