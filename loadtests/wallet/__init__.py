"""The reference wallet: a double-entry ledger behind HTTP, on one SQLite file.

    wire      names, bodies and answers, as types         problems  what is refused, as RFC 9457 says it
    auth      tokens and what they allow                  engine    decides in memory, commits in groups
    store     what is kept, and SQLite that keeps it      app       the HTTP contract
    pages     the Balance page                            service   one process: socket, signals, shutdown
    process   a wallet as a child of your program

People start it with `coinworks wallet`; the README of this folder says what it promises.
"""
