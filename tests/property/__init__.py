"""Random tests: the emulator beside a naive model of the service, and laws that hold for any input.

Nothing in the model knows the emulator. Everything random is drawn from a `random.Random`, so that one generator
serves hypothesis, which shrinks what it draws, and `scripts/soak.py`, which repeats a run by its seed.
"""
