"""The edges that others see: the websocket, the HTTP resources, and who may use them. No SQL here."""
