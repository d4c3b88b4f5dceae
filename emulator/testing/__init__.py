"""Emulators for tests: their tables and seed items, the log of their requests, and what these cost.

The pytest plugin is made of these modules; they know nothing of pytest themselves, but for `layers`.
"""
