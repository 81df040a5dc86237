"""The codes of the transports, as outbox rows name them."""

INBOX = "inbox"
WEBHOOK = "webhook"
RELAY = "relay"
ZWDING = "zwding"
ROBOT = "dingtalk_robot"
SMS_SMPP = "sms_smpp"
SMS_HTTP = "sms_http"
EMAIL = "email"

# Those that reach a member of staff away from the desk; each needs an address of theirs.
TO_STAFF = (ZWDING, EMAIL, SMS_SMPP, SMS_HTTP)
