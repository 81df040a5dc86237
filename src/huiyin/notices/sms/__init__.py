"""Text messages: the gateway they go through, what became of them, and what citizens answer."""
