"""How to reach Postgres and bring its schema up to date; what the tables mean is known to their users."""
