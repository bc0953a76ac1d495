"""Ours and other people's programs in turn: `make bench-peers`.

turns.py BUILD OUT: BUILD has bench/bench_train, ...; the table is printed, and every round is a
line of OUT. Of the environment: ROWS (parts of rows' names: "wavenet", "train/", "sample/lstm/16";
default all), ROUNDS (4), ROUND_SECONDS (1), THREADS (1).

All contenders of a row are started, warm up (torch.compile compiles), and then each does a round
for a line on its standard input, one after another: what else the machine does meets all alike. The
key figure is processor time for a step with one thread: it does not see being descheduled."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# What serves PyTorch best with glibc's allocator, and that its threads do not spin for long.
BEST = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000",
        "MALLOC_TOP_PAD_": "268435456", "MALLOC_ARENA_MAX": "1",
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "GOMP_SPINCOUNT": "2000"}
ROUND_SECONDS_MOST = 400  # a contender that takes longer for a round, compiling or not, has hung

CONVOLUTIONS = ("eager", "eager-cl", "compile-cl")
OTHERS = ("eager", "compile")
TRAINED = {"made-500": (*OTHERS, "jax"), "made-8000-8000": (*OTHERS, "jax"),
           "lstm": ("eager", "jax"),
           "pixelcnn": (*CONVOLUTIONS, "jax"), "pixelcnn-narrow": (*CONVOLUTIONS, "jax"),
           "gated-pixelcnn": CONVOLUTIONS, "pixelcnn++": CONVOLUTIONS,
           "pixelsnail": CONVOLUTIONS, "transformer-places": OTHERS, "wavenet": OTHERS}
OTHER_PEERS = ("C queue", "library")  # in a column of their own
SAMPLED = {"lstm": (*OTHERS, "jax"), "pixelcnn": OTHERS, "transformer-places": OTHERS,
           "wavenet": OTHERS}
HEADING = ("| row | ours | best peer | | ratio best, median | wall: ours | best peer | ratio | "
           "other peers, ratios |\n|---|---|---|---|---|---|---|---|---|")


def rows(build, seconds, threads):
    """Name: {contender: command}; ours is the first."""
    bench, python = f"{build}/bench", [sys.executable, "-u"]

    def peer(verb, mode, *words):
        program = [f"{HERE}/jax_peer.py", verb] if mode == "jax" else [f"{HERE}/{verb}.py"]
        return [*python, *program, *words, *([] if mode == "jax" else [mode])]

    for network, modes in TRAINED.items():
        row = {"ours": [f"{bench}/bench_train", network, seconds, threads, "0", "0", "rounds"]}
        for mode in modes:
            row[mode] = peer("train", mode, network, seconds, threads)
        yield f"train/{network}", row
    for network, modes in SAMPLED.items():
        for batch in ("1", "16"):
            row = {"ours": [f"{bench}/bench_sample", network, seconds, threads, batch, "rounds"]}
            for mode in modes:
                row[mode] = peer("sample", mode, network, seconds, threads, batch)
            if network == "wavenet":
                row["C queue"] = [f"{bench}/bench_queue", seconds, batch]
            if network == "wavenet" and batch == "1":
                row["library"] = [*python, f"{HERE}/library.py", seconds, threads]
            yield f"sample/{network}/{batch}", row


def start(name, command):
    environment = {**os.environ, **({} if name == "ours" else BEST)}
    errors = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, bufsize=1,
                               text=True, stdout=subprocess.PIPE, stderr=errors)
    process.errors = errors
    return process


def one_round(process):
    """A dictionary of numbers; None: it has ended."""
    limit = threading.Timer(ROUND_SECONDS_MOST, process.kill)
    limit.start()
    try:
        process.stdin.write("go\n")
        process.stdin.flush()
        for line in process.stdout:
            if line.startswith("RESULT"):
                words = line.split()[1:]
                return {key: float(value) for key, value in zip(words[::2], words[1::2])}
    except BrokenPipeError:
        pass
    finally:
        limit.cancel()
    return None


def measure(row, rounds, log):
    """Results of each contender, round by round; the first of all rounds is not kept."""
    processes = {name: start(name, command) for name, command in row.items()}
    results = {name: [] for name in row}
    for number in range(rounds + 1):
        for name, process in processes.items():
            result = one_round(process)
            if result is None:
                continue
            log.write(json.dumps({"round": number, "name": name, "load": os.getloadavg()[0],
                                  **result}) + "\n")
            if number > 0:
                results[name].append(result)
    for name, process in processes.items():
        late = process.poll() == -signal.SIGKILL
        process.kill()
        process.wait()
        if not results[name]:
            process.errors.seek(0)
            lines = process.errors.read().strip().splitlines() or ["no message"]
            why = f"no round within {ROUND_SECONDS_MOST} s" if late else lines[-1]
            print(f"{name} failed: {why}", file=sys.stderr)
    return {name: result for name, result in results.items() if result}


def figures(results, what):
    """(best, median) in ms of each contender."""
    middle = lambda values: sorted(values)[len(values) // 2]
    return {name: (1e3 * min(r[f"{what}_best"] for r in rounds),
                   1e3 * middle([r[f"{what}_median"] for r in rounds]))
            for name, rounds in results.items()}


def number(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def both(pair):
    return f"{number(pair[0])} / {number(pair[1])}"


def ratios(ours, theirs):
    return f"{theirs[0] / ours[0]:.2f}, {theirs[1] / ours[1]:.2f}"


def line(name, results):
    """A row of the table: ms a step, best / median of rounds; ratios above 1: ours is quicker."""
    processor, wall = figures(results, "processor"), figures(results, "wall")
    peers = [n for n in results if n != "ours" and n not in OTHER_PEERS]
    if "ours" not in results or not peers:
        return f"| {name} | failed |"
    best = min(peers, key=lambda n: processor[n][0])
    at_best = min(peers, key=lambda n: wall[n][0])
    cells = [name, f"**{both(processor['ours'])}**", both(processor[best]), best,
             f"**{ratios(processor['ours'], processor[best])}**", both(wall["ours"]),
             both(wall[at_best]), ratios(wall["ours"], wall[at_best])]
    cells.append("; ".join(f"{other} {both(processor[other])}: "
                           f"{ratios(processor['ours'], processor[other])}"
                           for other in OTHER_PEERS if other in results))
    return "| " + " | ".join(cells) + " |"


def main(build, out):
    setting = os.environ.get
    threads, rounds = setting("THREADS") or "1", int(setting("ROUNDS") or 4)
    wanted = (setting("ROWS") or "").split()
    chosen = {name: row for name, row in rows(build, setting("ROUND_SECONDS") or "1", threads)
              if not wanted or any(word in name for word in wanted)}
    if not chosen:
        sys.exit(f"no row has a name with {' or '.join(wanted)}")
    print(f"ms a step, best / median of {rounds} rounds, {threads} thread(s); first processor time,"
          f" then wall time; load {os.getloadavg()[0]:.1f}\n\n{HEADING}", flush=True)
    began = time.time()
    with open(out, "w") as log:
        for name, row in chosen.items():
            log.write(json.dumps({"row": name}) + "\n")
            print(line(name, measure(row, rounds, log)), flush=True)
            log.flush()
    print(f"\n{time.time() - began:.0f} s; load {os.getloadavg()[0]:.1f}; rounds in {out}")


main(*sys.argv[1:])
