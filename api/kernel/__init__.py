"""What every noun of the platform is built on: transactions, identity, problems, paging, preconditions."""
