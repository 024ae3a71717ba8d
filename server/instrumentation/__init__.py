"""What watches the process from inside: how late the event loop runs, and fail points for tests."""
