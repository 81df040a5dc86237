"""Where SMS and telephony providers report: what became of a message or call, and what citizens
answer. No key of the API opens these; each provider proves who it is in its own way."""
