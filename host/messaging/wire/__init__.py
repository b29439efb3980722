"""The declarations of the wire, by what they are for; everyone else takes them from `host.messaging.messages`."""
