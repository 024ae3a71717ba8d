"""What an operator can decide about one server, and how a command finds its database."""
