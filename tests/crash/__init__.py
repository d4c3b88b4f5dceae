"""Tests of what must not do harm: hostile clients, kills, full disks and damaged files."""
