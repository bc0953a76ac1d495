"""Threads, forks, signals and callbacks."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import likely


def test_progress(binary):
    told = []
    likely.train(binary, valid=0.2, epochs=3, hidden=4, progress=told.append)
    ends = [p.epoch for p in told if p.epoch_ended]
    assert ends == [1, 2, 3] and told[0].doing == "training"
    assert told[-1].done == told[-1].total and told[-1].valid_nll_nats > 0


def test_progress_ends_training(binary):
    model = likely.train(binary, epochs=10**6, hidden=4, progress=lambda p: p.epoch < 3)
    assert isinstance(model, likely.Model)
    told = []
    likely.train(binary, epochs=99, hidden=4, progress=lambda p: told.append(p) or np.bool_(False))
    assert len(told) == 1


def test_progress_that_raises(binary):
    def fail(told):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as raised:
        likely.train(binary, epochs=5, hidden=4, progress=fail)
    assert not hasattr(raised.value, "model")
    assert likely.train(binary, epochs=1, hidden=4).variables == 6


def test_calls_inside_a_callback(made, binary):
    seen = []
    likely.train(binary, epochs=2, hidden=4, progress=lambda p: seen.append(made.log_prob(binary)))
    assert all(np.array_equal(s, made.log_prob(binary)) for s in seen) and seen


def test_progress_on_standard_error(binary, capfd):
    likely.train(binary, epochs=2, hidden=4, progress=True)
    assert capfd.readouterr().err


def test_threads(made, binary):
    expected = made.log_prob(binary)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: made.log_prob(binary), range(64)):
            assert np.array_equal(found, expected)


def test_others_run_meanwhile(binary):
    """The interpreter's lock is free while a model is trained."""
    ticks, done = [0], threading.Event()

    def tick():
        while not done.wait(0.005):
            ticks[0] += 1

    other = threading.Thread(target=tick)
    other.start()
    likely.train(binary, minutes=0.02, hidden=64)
    done.set()
    other.join()
    assert ticks[0] > 20


def test_number_of_threads(made, binary):
    expected = made.log_prob(binary)
    for threads in (1, 3, 0):
        likely.set_threads(threads)
        assert np.array_equal(made.log_prob(binary), expected)
    for wrong, error in ((-1, ValueError), (5000, ValueError), ("2", TypeError), (1.5, TypeError)):
        with pytest.raises(error):
            likely.set_threads(wrong)


def test_memory(binary):
    likely.set_memory(1000)
    try:
        with pytest.raises(MemoryError):
            likely.train(binary, hidden=500, epochs=1)
    finally:
        likely.set_memory(0)
    for wrong, error in ((-1, ValueError), (1 << 63, ValueError), ("1G", TypeError)):
        with pytest.raises(error):
            likely.set_memory(wrong)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_fork(made, binary):
    expected = made.log_prob(binary)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(made.log_prob(binary), expected) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert np.array_equal(made.log_prob(binary), expected)


def test_threads_of_different_work(binary):
    """Two models and all their verbs at once."""
    models = [likely.train(binary, hidden=n, epochs=1, valid=0.1) for n in (4, 8)]
    expected = [(m.log_prob(binary), m.sample(9, seed=2), m.compress(binary)) for m in models]

    def work(number):
        model = models[number % 2]
        return model.log_prob(binary), model.sample(9, seed=2), model.compress(binary)

    with ThreadPoolExecutor(4) as pool:
        for number, found in enumerate(pool.map(work, range(16))):
            for one, other in zip(found, expected[number % 2]):
                assert np.array_equal(one, other)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_fork_while_another_thread_works(binary):
    """The child of a fork has none of the threads that had work in hand."""
    program = (
        "import likely, numpy as np, os, threading, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "X = (np.random.default_rng(1).random((2000, 50)) < 0.3).astype(np.uint8)\n"
        "model = likely.train(X, epochs=1, hidden=8)\n"
        "expected = model.log_prob(X)\n"
        "done = threading.Event()\n"
        "def work():\n"
        "    while not done.is_set():\n"
        "        model.log_prob(X)\n"
        "other = threading.Thread(target=work)\n"
        "other.start()\n"
        "for _ in range(5):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        os._exit(0 if np.array_equal(model.log_prob(X), expected) else 1)\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "done.set()\n"
        "other.join()\n"
        "print('well')\n"
    )
    command = [sys.executable, "-c", program]
    out = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert out.stdout.strip() == "well", out.stderr


def interruptible(program):
    """The program in a Python of its own. What is started in the background ignores SIGINT, and
    so would all that it starts; ours heeds it again."""
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    command = [sys.executable, "-c", heed + program]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def interrupt(child):
    """What it printed after it was interrupted."""
    child.send_signal(signal.SIGINT)
    try:
        return child.communicate(timeout=60)[0].strip()
    finally:
        child.kill()


@pytest.mark.parametrize("verb", ["sample(10**6)", "log_prob(X)", "compress(X)"])
def test_interrupt_of_other_jobs(verb):
    program = (
        "import likely, numpy as np\n"
        "X = np.zeros((400000, 200), np.uint8)\n"
        "model = likely.train(X[:9], epochs=1, hidden=200, alphabet=2)\n"
        "print('ready', flush=True)\n"
        "try:\n"
        f"    while True: model.{verb}\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped', model.log_prob(X[:9]).shape)\n"
    )
    child = interruptible(program)
    child.stdout.readline()
    time.sleep(0.3)
    assert interrupt(child) == "stopped (9,)" and child.returncode == 0


def test_interrupt():
    """Ctrl-C ends a training soon, with what has been learnt."""
    program = (
        "import likely, numpy as np\n"
        "X = (np.random.default_rng(1).random((2000, 50)) < 0.3).astype(np.uint8)\n"
        "try:\n"
        "    likely.train(X, epochs=10**9, progress=lambda p: print(p.epoch, flush=True))\n"
        "except KeyboardInterrupt as stop:\n"
        "    print('stopped', stop.model.log_prob(X).shape)\n"
    )
    child = interruptible(program)
    while int(child.stdout.readline()) < 2:
        pass
    assert interrupt(child).endswith("stopped (2000,)") and child.returncode == 0
