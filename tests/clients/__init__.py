"""Software of others against our HTTP server; `./scripts/test-clients` installs it."""
