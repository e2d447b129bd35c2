"""Those who connect to the partner side and do no good: many addresses, raw sockets, octets one at a time."""
import errno
import selectors
import socket
import ssl
import struct
import time

from network import Network


class Addresses:
    """Addresses of the loopback network, as many as one wants, each 200 per piece."""

    PER_PIECE = 200

    def __init__(self, count):
        self.networks = [Network() for _ in range((count + self.PER_PIECE - 1) // self.PER_PIECE)]
        self.all = ['%s.%d' % (network.prefix, 20 + number) for network in self.networks
                    for number in range(self.PER_PIECE)][:count]

    def __getitem__(self, number):
        return self.all[number % len(self.all)]


def client_hello(server_name):
    """The first flight of a TLS client."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    tls = context.wrap_bio(into, out, server_hostname=server_name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


class Stranger:
    """A raw connection; `closed` is when it was seen to end, `received` how many octets came."""

    def __init__(self, reactor, target, source, data=b''):
        self.reactor, self.data = reactor, data
        self.began, self.closed, self.received, self.sent = time.monotonic(), None, 0, 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setblocking(False)
        self.sock.bind((source, 0))
        error = self.sock.connect_ex(target)
        self.registered = error in (0, errno.EINPROGRESS)
        if self.registered:
            reactor.selector.register(self.sock, selectors.EVENT_READ, self._ready)
        else:
            self.end()

    def say(self, octets):
        """Sends so many more octets of its data."""
        if self.closed or not octets:
            return
        try:
            self.sent += self.sock.send(self.data[self.sent:self.sent + octets])
        except BlockingIOError:
            pass
        except OSError:
            self.end()

    def _ready(self, events):
        del events
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        self.received += len(data)
        if not data:
            self.end()

    def end(self):
        if self.closed:
            return
        self.closed = time.monotonic()
        if self.registered:
            self.reactor.selector.unregister(self.sock)
        self.sock.close()

    def reset(self):
        """Gone without a trace (RST)."""
        if not self.closed:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            self.end()
