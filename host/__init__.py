"""The native-messaging host and the `irodori` command."""

__version__ = "0.1.0"
