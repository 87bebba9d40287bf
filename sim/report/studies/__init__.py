"""Studies: what `sim.experiments.evidence` found, a file a study: `tables` for the terminal, `figure` to be kept."""
