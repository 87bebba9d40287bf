"""Engines: what turns rules and agents into a trace. `reference` is the specification, written to be read."""
