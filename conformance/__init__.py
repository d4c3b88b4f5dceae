"""Facts about DynamoDB as data, and the runner that asks any endpoint for them.

`cases/` holds one readable file per area; a case names its page of the reference and how certain the fact is.
`notation` reads the files, `cases` turns them into records, `targets` are the endpoints that can be asked,
`runner` asks and compares. `python -m conformance --help` is the command.

A case never disturbs another one: it sees the tables of its file with its own items and nothing else.
"""
