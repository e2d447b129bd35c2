"""Child processes that never outlive their parent and never hold its terminal."""
import ctypes
import os
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Child:
    """One program in a process group of its own; its output goes to <folder>/<name>.log."""

    def __init__(self, name, argv, folder, env=None, last_signal=signal.SIGTERM):
        """last_signal: what the kernel sends it when this process dies without having stopped it."""
        self.name = name
        self.argv = argv
        self.folder = folder
        self.env = env
        self.last_signal = last_signal
        self.log_path = os.path.join(folder, name + '.log')
        self.process = None

    def start(self):
        environment = dict(os.environ)
        environment.update(self.env or {})
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(
                self.argv, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, self.last_signal, 0, 0, 0))
        return self

    @property
    def pid(self):
        return self.process.pid if self.process else None

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    @property
    def status(self):
        """Exit status (negative: signal), None while it runs or before it ran."""
        return self.process.poll() if self.process else None

    def signal(self, number):
        if self.alive:
            os.kill(self.process.pid, number)

    def wait(self, seconds):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, seconds=5):
        """SIGTERM, then SIGKILL for the process group of this child; returns its exit status."""
        if self.process is None:
            return None
        self.signal(signal.SIGTERM)
        if self.wait(seconds) is None:
            self.signal(signal.SIGKILL)
            self.wait(5)
        self._kill_group()
        return self.status

    def kill(self):
        """kill -9: what a crash looks like."""
        self.signal(signal.SIGKILL)
        self.wait(5)
        self._kill_group()

    def _kill_group(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass

    def log(self):
        try:
            with open(self.log_path, errors='replace') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def tail(self, lines=30):
        return '\n'.join(self.log().splitlines()[-lines:])


class NotReady(Exception):
    """Something that should have happened did not happen in time."""


def wait_for(test, seconds, what, child=None, step=0.05):
    """Polls test() at least every step seconds until it is true; NotReady says what was awaited
    and shows the child's last lines."""
    end = time.monotonic() + seconds
    pause = 0.002
    while True:
        result = test()
        if result:
            return result
        if child is not None and not child.alive:
            raise NotReady('%s: %s ended with status %s\n%s' % (what, child.name, child.status, child.tail()))
        if time.monotonic() > end:
            raise NotReady('%s: not within %g s%s' % (what, seconds, '\n' + child.tail() if child else ''))
        time.sleep(pause)
        pause = min(pause * 1.5, step)
