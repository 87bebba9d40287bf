"""The windowed engine's columns: one array a property, and compiled rules that work on them.

`totals` and `rows` are what everything writes to; `purses` keeps viewers' coins, `counterparties` the other side.
"""
