"""A run folder with everything that lives in it; whatever fails, its processes end and its logs are shown."""
import os
import shutil
import sys
import tempfile
import time

from network import Network
from pki import Authority


class Lab:
    """with Lab('name') as lab: … ; parts with stop() and log() are handed to own()."""

    def __init__(self, name, keep=False):
        self.name = name
        self.keep = keep or bool(os.environ.get('HANSE_KEEP'))
        self.folder = tempfile.mkdtemp(prefix='hanse-%s-' % name)
        self.network = Network()
        self.started = time.monotonic()
        self._parts = []
        self._authorities = {}

    def authority(self, name='partners'):
        """A certificate authority of this run, made at first use."""
        if name not in self._authorities:
            self._authorities[name] = Authority(os.path.join(self.folder, 'pki-' + name), 'Lab %s CA' % name)
        return self._authorities[name]

    def own(self, part):
        """Has part.stop() called at the end, the last one first."""
        self._parts.append(part)
        return part

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        failed = kind is not None and not issubclass(kind, (KeyboardInterrupt, SystemExit))
        ended_badly = None
        for part in reversed(self._parts):
            try:
                part.stop()
            except Exception as problem:  # whatever one part does, the others must end
                print('stopping %s: %s' % (part, problem), file=sys.stderr)
                failed, ended_badly = True, problem
        if failed:
            self.show_logs()
        if failed or self.keep:
            print('The run folder is kept: %s' % self.folder, file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        if ended_badly and kind is None:
            raise ended_badly
        return False

    def show_logs(self, lines=40):
        for part in self._parts:
            child = getattr(part, 'child', None)
            if child:
                print('--- last lines of %s' % child.log_path, file=sys.stderr)
                print(child.tail(lines), file=sys.stderr)
