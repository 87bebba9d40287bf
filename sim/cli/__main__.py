"""`python -m sim.cli`: the same command, for a child process that must use this very interpreter."""

from sim.cli import main

main()
