"""The websocket: admission (who may connect), session (what is said), connection (tasks and limits)."""
