"""Evidence that the model and its experiments are right, a file a study.

    planted     what is put in comes out: an elasticity, a rollout's effect, a policy that does nothing
    coverage    how often an interval of 95 % holds the truth
    draws       how many times fewer runs a comparison needs, since both of its sides share their draws
    windows     what half of the window changes, for the metrics and for the busiest account
    starts      a year from several starting states, and what is left of them at its end

`coinworks evidence STUDY` runs each, and `results/economy/evidence` keeps what came out.
"""
