"""Streams: what changed in a table, by shard. Nothing here knows requests."""
