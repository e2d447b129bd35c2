"""Messages at an even pace through a router, from the benchmark's load generator, while something else is done to it."""
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'bench'))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))

from measure import Load, load_program, memory, processes, schedule  # noqa: E402
from process import wait_for  # noqa: E402

assert Load and load_program and memory and processes and schedule  # for those who import from here


class Beat:
    """with Beat(load, rate) as beat: … ; afterwards beat.met says what the messages met."""

    def __init__(self, load, rate):
        self.load = load
        self.rate = rate
        self.met = {'laps': 0, 'bad': 0, 'gap': 0.0, 'worst': 0.0, 'note': ''}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while not self.over.is_set():
            count = max(self.rate // 5, 1)
            result = self.load.ask('beat', count, self.rate)
            self.met['bad'] += result['refused'] + result['lost'] + result['wrong'] + (result['delivered'] != count)
            self.met['note'] = self.met['note'] or result['note']
            for figure in ('gap', 'worst'):  # µs
                self.met[figure] = max(self.met[figure], result[figure])
            self.met['laps'] += count

    def __enter__(self):
        self.thread.start()
        wait_for(lambda: self.met['laps'], 10, 'traffic')
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
