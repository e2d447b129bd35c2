"""A piece of the loopback network for one run: many runs on one machine do not meet."""
import random
import socket


class Network:
    """127.a.b.0/24, reserved for as long as this object lives by the name of an abstract socket."""

    def __init__(self):
        chance = random.SystemRandom()
        for _ in range(200):
            prefix = '127.%d.%d' % (chance.randrange(16, 250), chance.randrange(0, 256))
            lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                lock.bind('\0hanse-lab-' + prefix)
            except OSError:
                lock.close()
                continue
            self.prefix = prefix
            self._lock = lock
            self._next = 10
            return
        raise RuntimeError('no free piece of 127.0.0.0/8')

    def address(self):
        """The next address that nobody else in this run has."""
        self._next += 1
        return '%s.%d' % (self.prefix, self._next)

    @staticmethod
    def port(address, wanted):
        """The wanted port when it is free for TCP and UDP on this address, else any free one."""
        for number in (wanted, 0, 0, 0):
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, \
                    socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    stream.bind((address, number))
                    number = stream.getsockname()[1]
                    datagram.bind((address, number))
                    return number
                except OSError:
                    continue
        raise RuntimeError('no free port on ' + address)


def listening(address, port):
    """True when something accepts TCP connections there (used to wait for readiness)."""
    try:
        socket.create_connection((address, port), timeout=1).close()
        return True
    except OSError:
        return False
