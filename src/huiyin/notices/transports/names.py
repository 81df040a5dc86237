"""The codes of the transports, as outbox rows name them."""

INBOX = "inbox"
WEBHOOK = "webhook"
RELAY = "relay"
