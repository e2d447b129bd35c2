"""A disk that is full when the test wants it to be."""
import os
import subprocess

from resources import Skip


class Disk:
    """A small file system of its own on one folder, which only the router sees; through its process, so do we."""

    def __init__(self, trial):
        self.trial = trial

    @staticmethod
    def wrapper(folder, size=1):
        if subprocess.run(['unshare', '-m', 'true'], stderr=subprocess.DEVNULL, check=False).returncode:
            raise Skip('a mount namespace needs root')
        return ['unshare', '-m', 'sh', '-c', 'cp -a "$0" "$0.kept" && mount -t tmpfs -o mode=700,size=%dm none "$0" && '
                'cp -a "$0.kept/." "$0" && exec "$@"' % size, folder]

    def path(self, name):
        return '/proc/%d/root%s' % (self.trial.hanse.child.pid, name)

    def fill(self, folder):
        with open(self.path(folder + '/filler'), 'wb', 0) as file:
            try:
                while True:
                    file.write(b'x' * 4096)
            except OSError:
                pass

    def free(self, folder):
        os.unlink(self.path(folder + '/filler'))
