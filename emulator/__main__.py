"""`python -m emulator`: the console commands, see `emulator.cli`."""

from emulator.cli import main

main(program="python -m emulator")
