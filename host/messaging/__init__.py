"""The wire: stdio, framing, MessagePack-RPC, session and the message types."""
