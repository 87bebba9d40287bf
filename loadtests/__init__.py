"""The load test: a reference wallet, Locust replaying a simulated trace against it, and the reckoning afterwards."""
