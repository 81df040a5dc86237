"""The independent verifier: proves to the holder of a receipt that the rating is counted.

It reads what the log publishes (checkpoints, tiles, keys) and believes none of it: every answer
must lead to a root hash that is signed by a key the reader trusts. It imports nothing else of
Huiyin and no Django, shares no code with the log's writer, and needs only the standard library and
``cryptography``, so that it can be read, copied and run apart. Start with ``proving.py``.

Formats: RFC 6962 (tree), C2SP tlog-tiles, signed-note, tlog-checkpoint and tlog-cosignature.
"""
