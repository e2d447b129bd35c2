"""Non-blocking TCP and TLS links, UDP sockets and listeners on one selector; the caller turns the reactor."""
import errno
import os
import selectors
import socket
import ssl
import struct
import time


class Late(Exception):
    """What was awaited did not come in time."""


class Reactor:
    def __init__(self):
        self.selector = selectors.DefaultSelector()

    def turn(self, seconds):
        for key, events in self.selector.select(max(0, seconds)):
            key.data(events)

    def until(self, test, seconds, what):
        """Turns until test() is true and returns its value; Late(what) when that takes too long."""
        end = time.monotonic() + seconds
        while True:
            result = test()
            if result:
                return result
            left = end - time.monotonic()
            if left <= 0:
                raise Late('%s: not within %g s' % (what, seconds))
            self.turn(min(left, 0.2))

    def idle(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn(min(0.05, max(0, end - time.monotonic())))


class Link:
    """A stream. `received` collects all bytes; `on_bytes(link, data)` and `on_close(link)` are called at once."""

    def __init__(self, reactor, sock, context=None, server_side=False, server_name=None, failed=0):
        """failed: the error number of a connect() that was refused at once."""
        self.reactor = reactor
        self.open = False
        self.closed = None  # why, once it is
        self.received = bytearray()
        self.on_bytes = lambda link, data: None
        self.on_close = lambda link: None
        self.deaf = False
        self._out = b''
        self._context, self._server_side, self._server_name = context, server_side, server_name
        self._shaking = False
        self._connecting = not server_side
        self._mask = 0
        self.sock = sock
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if failed:
            self._end('connect failed: ' + os.strerror(failed))
            return
        if server_side:
            self._secure()
        self._mask = selectors.EVENT_READ | selectors.EVENT_WRITE
        reactor.selector.register(self.sock, self._mask, self._ready)

    def send(self, data):
        self._out += data
        if self.open:
            self._flush()
        self._interest()

    def close(self, why='closed by us'):
        """Closes politely (FIN, with TLS close_notify where possible)."""
        if self.closed:
            return
        if self.open and not self._shaking and isinstance(self.sock, ssl.SSLSocket):
            try:
                self.sock.unwrap()
            except (OSError, ValueError):
                pass
        self._end(why)

    def reset(self):
        """Cuts the link the hard way (RST)."""
        if not self.closed:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            self._end('reset by us')

    def hear(self, willing):
        """False: stop reading (the peer's window closes)."""
        self.deaf = not willing
        self._interest()

    def peer_certificate(self):
        """The peer's certificate as DER, None without."""
        return self.sock.getpeercert(True) if isinstance(self.sock, ssl.SSLSocket) and self.open else None

    def _end(self, why):
        if self.closed:
            return
        self.closed = why
        self.open = False
        if self._mask:
            self.reactor.selector.unregister(self.sock)
        self.sock.close()
        self.on_close(self)

    def _interest(self):
        if self.closed:
            return
        mask = 0 if self.deaf else selectors.EVENT_READ
        if self._out or not self.open:
            mask |= selectors.EVENT_WRITE
        if mask == self._mask:
            return
        if self._mask:
            self.reactor.selector.unregister(self.sock)
        if mask:
            self.reactor.selector.register(self.sock, mask, self._ready)
        self._mask = mask

    def _ready(self, events):
        del events
        try:
            if not self.open and not self._establish():
                return
            if not self.deaf:
                self._read()
            if not self.closed:
                self._flush()
                self._interest()
        except OSError as error:
            self._end(getattr(error, 'reason', None) or error.strerror or str(error))

    def _establish(self):
        if self._connecting:
            error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, 'connect failed: ' + os.strerror(error))
            self._connecting = False
            self._secure()
        if self._shaking:
            try:
                self.sock.do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as want:
                self._want(isinstance(want, ssl.SSLWantWriteError))
                return False
            self._shaking = False
        self.open = True
        self._interest()
        return True

    def _secure(self):
        """Begins TLS once the connection stands; the selector goes on with the same descriptor."""
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_side=self._server_side,
                                                  server_hostname=self._server_name, do_handshake_on_connect=False)
            self._shaking = True
        else:
            self.open = True

    def _want(self, write):
        mask = selectors.EVENT_WRITE if write else selectors.EVENT_READ
        if mask != self._mask:
            self.reactor.selector.modify(self.sock, mask, self._ready)
            self._mask = mask

    def _read(self):
        for _ in range(64):
            try:
                data = self.sock.recv(65536)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                return
            if not data:
                self._end('closed by the peer')
                return
            self.received += data
            self.on_bytes(self, data)
            if self.closed or self.deaf:
                return

    def _flush(self):
        while self._out and self.open:
            try:
                self._out = self._out[self.sock.send(self._out):]
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                return
            except OSError:  # the far end takes no more; reading finds out what it said, and why
                self._out = b''


def family(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET


def dial(reactor, target, source=None, context=None, server_name=None):
    """A link towards target (address, port), from source (address) when given."""
    sock = socket.socket(family(target[0]), socket.SOCK_STREAM)
    sock.setblocking(False)
    if source and family(source) == family(target[0]):
        sock.bind((source, 0))
    error = sock.connect_ex(target)
    return Link(reactor, sock, context, server_name=server_name, failed=0 if error == errno.EINPROGRESS else error)


class Listener:
    """Accepts links; on_link(link) is called for each before its handshake."""

    def __init__(self, reactor, address, port, context, on_link):
        self.reactor = reactor
        self.context = context
        self.on_link = on_link
        self.sock = socket.socket(family(address), socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((address, port))
        self.sock.listen(64)
        self.sock.setblocking(False)
        reactor.selector.register(self.sock, selectors.EVENT_READ, self._ready)

    def _ready(self, events):
        del events
        try:
            sock, _ = self.sock.accept()
        except OSError:
            return
        self.on_link(Link(self.reactor, sock, self.context, server_side=True))

    def close(self):
        self.reactor.selector.unregister(self.sock)
        self.sock.close()


def client_context(ca, certificate=None, verify=True):
    """TLS settings for dialling: trusts ca (path); shows certificate when given. Names are not checked here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if verify:
        context.load_verify_locations(ca)
    else:
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate.crt, certificate.key)
    return context


def server_context(ca, certificate, demand=True):
    """TLS settings for accepting; demand: a certificate of ca (path) from the one who connects."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.crt, certificate.key)
    if demand:
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
