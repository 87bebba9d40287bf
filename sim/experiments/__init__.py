"""Experiments: questions that take many runs.

    replicate(load("us-baseline"), seeds=range(1, 21))                  # the same under other draws
    outlook(load("high-stakes"), seeds=range(1, 101))                   # a distribution, under rules that may come
    study(load("balance-rollout"), "coins_given", range(1, 21))    # what a rollout's estimate is worth

Every function takes any `concurrent.futures.Executor` for its runs, on this machine or on many, and answers the same
without one.
"""
