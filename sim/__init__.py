"""The simulated economy: the model, and everything that asks it questions. Start at `sim.ledger`, its vocabulary."""
