"""Steps that are timed one by one, in rounds that wait for their turn: as bench/rounds.h."""
import resource
import sys
import time


def rounds(step, batch, seconds, low=0, parts=1):
    """A round for each line on the standard input. low: the least step (0), or the quantile 1/low
    of steps too short for the least to mean anything. parts: steps in a call of `step`."""
    for _ in range(3):
        step()
    for _ in sys.stdin:
        wall, processor, began = [], [], time.perf_counter()
        while not wall or time.perf_counter() - began < seconds:
            c0, t0 = time.process_time_ns(), time.perf_counter_ns()
            step()
            wall.append(time.perf_counter_ns() - t0)
            processor.append(time.process_time_ns() - c0)
        steps = len(wall)
        best = steps // low if low else 0
        wall.sort()
        processor.sort()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        one = 1e-9 / parts
        print(f"RESULT wall_best {one * wall[best]:.9f} wall_median {one * wall[steps // 2]:.9f}"
              f" processor_best {one * processor[best]:.9f}"
              f" processor_median {one * processor[steps // 2]:.9f}"
              f" steps {parts * steps} batch {batch} memory {memory}", flush=True)
