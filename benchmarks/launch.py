"""Runs a command and prints its wall time and peak memory as JSON: ``python -S -E launch.py OUTPUT COMMAND …``.

A process of its own, because the peak that the kernel reports for a child starts at its parent's peak, and a parent
with every peer loaded is larger than what is measured. The command's own output goes to the file OUTPUT.
"""

import json
import os
import subprocess
import sys
import time

with open(sys.argv[1], "wb") as output:  # noqa: PTH123  (pathlib would be an import to pay for)
    start = time.perf_counter()
    child = subprocess.Popen(sys.argv[2:], stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB elsewhere
print(
    json.dumps({"code": os.waitstatus_to_exitcode(status), "seconds": seconds, "peak_mb": usage.ru_maxrss * unit / 1e6})
)
