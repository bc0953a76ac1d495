#!/usr/bin/env bash
# The log of a training that was killed and resumed, as TensorBoard 2.21.0 reads it.
#
# Guess, written down first: if the killed run left a record half written and the resumed one goes
# on in the same file, the checksums let the reader complain or find the next record; and where a
# second file begins again at an earlier step, the later file's values replace the earlier ones.
#
# Seen: behind the half record everything is invisible, for ever and without a word: the reader
# takes it for a record that is still being written. Steps that two files both have are shown twice,
# as a curve that runs back; they are replaced only if the second file begins with a SessionLog
# START event.
#
# What follows for us: a resumed run begins a file of its own, with SessionLog START at the step
# that it goes on from.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    tensorboard==2.21.0 "setuptools<81"
cd "$folder"
"$folder/venv/bin/python" - 2>log <<'EOF_PYTHON' || { cat log; exit 1; }
import glob
import os

from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter


def write(name, steps, start=False):
    os.makedirs("part", exist_ok=True)
    writer = EventFileWriter("part")
    if start:
        writer.add_event(Event(wall_time=1, step=steps[0],
                               session_log=SessionLog(status=SessionLog.START)))
    for step in steps:
        loss = Summary.Value(tag="loss", simple_value=step)
        writer.add_event(Event(wall_time=step, step=step, summary=Summary(value=[loss])))
    writer.close()
    [path] = glob.glob("part/*")
    with open(path, "rb") as file:
        data = file.read()
    os.remove(path)
    return data


def steps_shown(name, *files):
    os.makedirs(name)
    for number, data in enumerate(files):
        with open(f"{name}/events.out.tfevents.{number}", "wb") as file:
            file.write(data)
    multiplexer = EventMultiplexer({"run": name})
    multiplexer.Reload()
    return [event.step for event in multiplexer.Scalars("run", "loss")]


failed = False


def expect(what, seen, expected):
    global failed
    failed |= seen != expected
    print(f"{'as stated' if seen == expected else 'CHANGED  '} {what}: {seen}")


first, second = write("first", range(1, 6)), write("second", range(6, 11))
again, begun = write("again", range(4, 8)), write("begun", range(4, 8), start=True)
expect("one whole file after the other", steps_shown("whole", first + second), list(range(1, 11)))
expect("the first cut in its last record", steps_shown("cut", first[:-5] + second), [1, 2, 3, 4])
expect("the same as two files", steps_shown("two", first[:-5], second), [1, 2, 3, 4, *range(6, 11)])
expect("a second file from step 4", steps_shown("back", first, again), [1, 2, 3, 4, 5, 4, 5, 6, 7])
expect("the same with START", steps_shown("start", first, begun), [1, 2, 3, 4, 5, 6, 7])
raise SystemExit(failed)
EOF_PYTHON
