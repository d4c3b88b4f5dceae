"""Keeping an emulator's data in a file: SQLite behind the engine in memory."""
