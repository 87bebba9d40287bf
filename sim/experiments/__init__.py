"""Experiments: questions that take many runs.

    believed(compare(load("us-baseline"), load("uk"), metric="take_rate"))  # what differs, and what one must believe
    outlook(load("high-stakes"), seeds=range(1, 101))                   # a distribution, under rules that may come
    study(load("balance-rollout"), "coins_given", range(1, 21))    # what a rollout's estimate is worth

Every function takes any `concurrent.futures.Executor` for its runs, on this machine or on many, and answers the same
without one.
"""
