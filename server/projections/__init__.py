"""Read models: what the log says, arranged for a question. Each can be dropped and rebuilt from the log."""
