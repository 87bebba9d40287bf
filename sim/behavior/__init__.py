"""Rules of behaviour, one concept a file: pure functions of numbers and draws, compiled, called by every engine.

A rule never changes anything. Draws fix opportunities: who has a chance, when, and how much it would be worth; whether
the chance is taken depends on prices, on who is live, and on what was bought before.
"""
