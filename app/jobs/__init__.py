"""Jobs: background work as rows. The database is the truth, the broker only a doorbell."""
