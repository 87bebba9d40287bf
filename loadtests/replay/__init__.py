"""The replay: a trace becomes a plan, Locust sends it to a wallet, and the result is put together afterwards.

`plan` compiles before, `locustfile`, `dispatcher` and `client` run inside Locust, `launch` starts and watches it,
`result` reads what it measured.
"""
