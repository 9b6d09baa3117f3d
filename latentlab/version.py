"""The version, where a room can read it without the public verbs."""

__version__ = "0.1.0"
