"""Everything private of uvicorn that this server relies on, in one place."""
