"""The benchmark behind `scripts/bench`: this emulator, and others beside it, measured in one run.

A run is a list of steps (`plan`), each of which measures some figures of one target; `results` keeps what they gave,
`report` prints it. What a step that runs inside a process measures runs in a child of its own (`child`), so that
nothing measured shares a heap with this program or with what was measured before.
"""
