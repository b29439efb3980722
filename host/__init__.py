"""The native-messaging host and the `irodori` command."""
