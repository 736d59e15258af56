"""cutfill: where every tonne of excavated soil and construction waste of a district should go.

The data flows one way, and the modules are listed here in that order:

    schema, materials        what a scenario may contain, and the built-in material library
    read, intake/            its files, every fault at once, then the frozen :class:`~optimizer.scenario.Scenario`
    roads/, distances        truck road graph, snapping, km and minutes between places
    lanes                    who may send what to whom, on which day (integer-indexed arrays)
    program, blocks/         the linear program, one function per constraint block
    backends, solve          HiGHS or GLOP; lexicographic stages; the certificate
    plan, prices, reasons    tables a person reads, dual values, why each tonne goes where it goes
    report/, outputs         report.html, plan.xlsx and the CSV files of the plan folder
    check                    a second reading of inputs and plan, without the solver's matrices
"""

import os

# NumPy's sums of products over more than 10,000 numbers would otherwise go to a thread of each core, which on a busy
# machine takes a hundred times as long as the sum; it is read when NumPy is first imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.2.0"
