"""What a tester clicks through: a portal and an app, both invented. In a demonstration only."""
