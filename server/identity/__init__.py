"""Who somebody is: players with their names, and the tokens that prove a player's identity."""
