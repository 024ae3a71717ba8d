"""What the server does with a command and with an event: no HTTP, no websockets, no SQL."""
