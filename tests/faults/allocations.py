"""Allocations of the router that fail on demand (tests/lib/failing_preload.c)."""
import mmap
import os
import struct

from resources import Skip, hanse

LIBRARY = 'tests/failing_preload.so'


class Allocations:
    """Shared with the process that `environment` is given to."""

    def __init__(self, folder):
        library = os.path.join(hanse.build_folder(), LIBRARY)
        if not os.path.exists(library):
            raise Skip('%s is not built: sanitizers bring an allocator of their own' % LIBRARY)
        path = os.path.join(folder, 'allocations')
        with open(path, 'wb') as file:
            file.write(bytes(4096))
        self._file = open(path, 'r+b')
        self._shared = mmap.mmap(self._file.fileno(), 4096)
        self.environment = {'LD_PRELOAD': library, 'HANSE_FAIL_FILE': path}

    def choose(self, openssl=True, fragile=False):
        """Whether those of OpenSSL count, which are nine of ten; fragile: only those of libraries that do not survive
        it do."""
        self._shared[16:32] = struct.pack('qq', not openssl, fragile)

    def fail(self, number):
        """The number-th allocation from now fails, and no other."""
        self._shared[0:16] = struct.pack('qq', number, 0)

    def stop(self):
        """None fails any more. How many were left to be waited for; 0: it has failed."""
        left, failed = struct.unpack('qq', self._shared[0:16])
        self._shared[0:8] = struct.pack('q', 0)
        return 0 if failed else left

    def count(self, most=1 << 40):
        """From now on they are counted: `counted` says how many there were."""
        self._most = most
        self.fail(most)

    def counted(self):
        return self._most - struct.unpack('q', self._shared[0:8])[0]
