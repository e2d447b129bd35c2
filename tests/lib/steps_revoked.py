"""Steps of a scenario about lists of revoked certificates: who is on them, and where they lie."""
import http.server
import os
import socket
import ssl
import threading

import wire
from cast import Failure
from process import NotReady, wait_for
from steps import step


class Server:
    """HTTP on an address of the lab: `lists` is what is served at /list.crl; None: 404."""

    def __init__(self, cast):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.asked.append(self.headers.get('Host'))
                content = owner.lists if self.path == '/list.crl' else None
                self.send_response(200 if content else 404)
                self.send_header('Content-Type', 'application/pkix-crl')
                self.send_header('Content-Length', str(len(content or b'')))
                self.end_headers()
                self.wfile.write(content or b'')

            def log_message(self, *_):
                pass
        self.lists, self.asked = None, []
        self.address = cast.lab.network.address()
        self.server = http.server.ThreadingHTTPServer((self.address, 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def server_of(play):
    cast = play.cast
    if not hasattr(cast, 'list_server'):
        cast.list_server = cast.lab.own(Server(cast))
    cast.hanse.hosts['lists.contoso.example'] = cast.list_server.address
    play.config_changed = True
    return cast.list_server


@step(r'config lists (of|at) (\w+)(?: (.+=.+))?')
def config_lists(play, lines, where, profile, settings):
    """config lists of PROFILE [key=value …]   looked up in a file; at PROFILE: fetched from http://lists.contoso.example"""
    from cast import settings_of
    cast = play.cast
    entry = next(one for one in cast.hanse.config['tls'] if one['name'] == profile)
    path = os.path.join(cast.hanse.folder, 'revoked.crl')
    server = server_of(play)
    entry['crl'] = [path] if where == 'of' else ['http://lists.contoso.example:%d/list.crl' % server.port]
    entry.update(settings_of(settings or ''))
    play.config_changed = True


@step(r'the (file|server) has (no list|a list of nobody|a list that has ended|a certificate where its list was|'
      r'(\w+) on its list)')
def have(play, lines, where, what, role):
    """the file | server has no list | a list of nobody | a list that has ended | a certificate where its list was |
       NAME on its list"""
    cast = play.cast
    authority = cast.partners
    content = None
    if role:
        endpoint = cast.endpoint(role)
        content = authority.revoke(authority.issue(role, [endpoint.host]))
    elif what.startswith('a certificate'):
        with open(authority.pem) as file:
            content = ssl.PEM_cert_to_DER_cert(file.read())
    elif what != 'no list':
        content = authority.revoke(days=-1 if what.endswith('ended') else 1)
    if where == 'server':
        server_of(play).lists = content
        return
    path = os.path.join(cast.hanse.folder, 'revoked.crl')
    if content is None:
        if os.path.exists(path):
            os.unlink(path)
        return
    with open(path + '.new', 'wb') as file:
        file.write(content)
    os.replace(path + '.new', path)


@step(r'the server of lists was asked by its name')
def asked(play, lines):
    """the server of lists was asked by its name   in the header Host"""
    server = server_of(play)
    assert 'lists.contoso.example:%d' % server.port in server.asked, 'it was asked for %s' % server.asked


@step(r'the server of lists is asked within ([\d.]+) s')
def is_asked(play, lines, seconds):
    """the server of lists is asked within N s   once more from now on"""
    server = server_of(play)
    before = len(server.asked)
    try:
        wait_for(lambda: len(server.asked) > before, float(seconds), 'a question')
    except NotReady:
        raise Failure('nobody asked for the list') from None


class SlowHandshake:
    """A client of TLS 1.2 that shows its certificate and keeps the end of its handshake to itself."""

    def __init__(self, target, context, server_name):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.sock = socket.create_connection(target, 5)
        self.input, self.output = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.input, self.output, server_hostname=server_name)
        self.turn()
        self.sock.sendall(self.output.read())
        while not self.output.pending:
            self.input.write(self.sock.recv(65536))
            self.turn()
        flight, at = self.output.read(), 0
        while flight[at] != 20:  # ChangeCipherSpec, RFC 5246 §7.1
            at += 5 + int.from_bytes(flight[at + 3:at + 5], 'big')
        self.sock.sendall(flight[:at])
        self.rest = flight[at:]

    def turn(self):
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass

    def ends(self, seconds):
        """True: the far end has cut it off."""
        self.sock.settimeout(seconds)
        self.sock.sendall(self.rest)
        try:
            while self.sock.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True


@step(r'(\w+) connects and keeps the end of its handshake back')
def connects_slowly(play, lines, role):
    """NAME connects and keeps the end of its handshake back   its certificate was verified by then"""
    cast, endpoint = play.cast, play.cast.endpoint(role)
    target, server_name = cast.targets[role]
    context = wire.client_context(cast.partners.pem, cast.partners.issue(role, [endpoint.host]))
    play.slow = SlowHandshake(target, context, server_name)
    play.undo.append(play.slow.sock.close)


@step(r'(\w+) ends its handshake and is cut off within ([\d.]+) s')
def ends_handshake(play, lines, role, seconds):
    """NAME ends its handshake and is cut off within N s"""
    if not play.slow.ends(float(seconds)):
        raise Failure('%s has an open link' % role)
