"""Scenario in: from files as people write them to the frozen scenario, with every fault found on the way.

In the order of the data: ``faults`` collects; ``raw`` and the three sources (``csv_source``, ``xlsx_source``,
``json_source``) give cells with row numbers; ``cells`` and ``typed`` turn cells into typed columns by the schema;
the remaining modules check one part each and build its arrays; :mod:`optimizer.read` puts them together.
"""
