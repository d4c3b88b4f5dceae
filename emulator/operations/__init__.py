"""The operations of the API: one function each, found through one table (`registry.MODULES`)."""
