"""How it is said elsewhere: code tables and translation, pure. Every module offers the same verbs."""
