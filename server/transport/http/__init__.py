"""The HTTP resources, the page, and what the interfaces say of themselves."""
