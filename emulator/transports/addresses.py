"""The addresses at which this process serves emulators itself."""

from __future__ import annotations

own_servers: set[tuple[str, int]] = set()
"""Host and port of the HTTP servers that run in this process; requests to them really go there."""
