"""Tells what its clocks read: a line for each line of input."""
import sys
import time

for _ in sys.stdin:
    print(f"wall={time.time_ns()} mono={time.monotonic_ns()}", flush=True)
