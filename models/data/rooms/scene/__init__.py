"""What stands in a room: classes, furniture, layouts, colours, sampled from (seed, index)."""
