"""The conformance kit: documented requests, good and bad, that anybody can send to a gateway.

It needs no installation and no settings: whoever builds or replaces a system runs it against one.
"""
