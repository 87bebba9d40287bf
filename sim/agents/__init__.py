"""Who acts in the economy: creators, sellers and the platform as SimPy processes, viewers as columns.

Whoever isn't a viewer decides at window boundaries only. What they see of each other is what was published there.
"""
