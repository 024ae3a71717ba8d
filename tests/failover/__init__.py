"""What players, watchers and the log see of a failover, through real servers on a real primary and standby."""
