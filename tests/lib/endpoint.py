"""A scripted SIP endpoint: a home server, a partner's edge, a hostile peer, or a phone behind a real server.

It sends what it is told, byte for byte, keeps everything that arrives until a test takes it, and answers nothing by
itself. What was never taken is there to be complained about at the end."""
import hashlib
import time

import sip
import wire


class Arrival:
    """A message that arrived on a link; at: seconds of the monotonic clock."""

    def __init__(self, message, link):
        self.message, self.link, self.at = message, link, time.monotonic()


class Endpoint:
    """host: the name it puts into Via and Contact; contexts as of wire.server_context, None for plain TCP."""

    def __init__(self, reactor, name, address, port, host=None, accept_context=None):
        self.reactor, self.name = reactor, name
        self.address, self.port = address, port
        self.host = host or address
        self.accept_context = accept_context
        self.secure = accept_context is not None
        self.inbox = []
        self.links = []
        self.hard_of_hearing = False  # new links are not read from
        self.link = None  # where send() goes: the last one that was dialled or accepted
        self.listener = None

    @property
    def via(self):
        return '%s %s:%d' % ('TLS' if self.secure else 'TCP', self.host, self.port)

    def contact(self, user):
        return '<sip:%s@%s:%d;transport=%s>' % (user, self.host, self.port, 'tls' if self.secure else 'tcp')

    def listen(self, taken=None):
        self.listener = wire.Listener(self.reactor, self.address, self.port, self.accept_context,
                                      taken or self._take_link)
        return self

    def deafen(self):
        """Stops accepting: the next one who dials is refused."""
        if self.listener:
            self.listener.close()
            self.listener = None

    def dial(self, target, context=None, server_name=None, seconds=5):
        """Opens a link and waits for its handshake; the link's `closed` says why when it failed."""
        link = wire.dial(self.reactor, target, self.address, context, server_name)
        self._take_link(link)
        try:
            self.reactor.until(lambda: link.open or link.closed, seconds, self.name + ' dials')
        except wire.Late as late:
            link.close(str(late))
        return link

    def send(self, message, link=None):
        (link or self.link).send(message if isinstance(message, bytes) else message.bytes())
        return message

    def take(self, test, seconds, what):
        """The first message that test(message) accepts, taken out of the inbox; wire.Late when none comes."""
        def find():
            for arrival in self.inbox:
                if test(arrival.message):
                    return arrival
            return None
        try:
            arrival = self.reactor.until(find, seconds, '%s: %s' % (self.name, what))
        except wire.Late as late:
            there = '; '.join(arrival.message.line() for arrival in self.inbox) or 'nothing'
            raise wire.Late('%s; waiting there: %s' % (late, there)) from None
        self.inbox.remove(arrival)
        return arrival

    def take_request(self, method, seconds=5, call_id=None):
        return self.take(lambda m: m.is_request and m.method == method and call_id in (None, m.call_id), seconds,
                         method)

    def take_answer(self, request, low=200, high=699, seconds=5):
        """The response to a request with a status from low to high."""
        return self.take(lambda m: not m.is_request and m.call_id == request.call_id and
                         m.get('CSeq') == request.get('CSeq') and low <= m.status <= high, seconds,
                         '%d to %s' % (low, request.method))

    def answer(self, arrival, status, **rest):
        """Answers a request on the link that it came on."""
        return self.send(sip.response(arrival.message, status, **rest), arrival.link)

    def close(self):
        self.deafen()
        for link in list(self.links):
            link.close()

    def _take_link(self, link):
        stream = sip.Stream()
        link.stream = stream
        link.deaf = self.hard_of_hearing
        link.on_bytes = lambda link, data: self.inbox.extend(Arrival(m, link) for m in stream.feed(data))
        link.on_close = self._lose_link
        self.links.append(link)
        self.link = link

    def _lose_link(self, link):
        if link in self.links:
            self.links.remove(link)
        if self.link is link:
            self.link = self.links[-1] if self.links else None


class Phone(Endpoint):
    """A scripted SIP phone behind a real server: plain TCP, registered with a password (RFC 3261 §22)."""

    def __init__(self, reactor, user, domain, network):
        address = network.address()
        super().__init__(reactor, '%s@%s' % (user, domain), address, network.port(address, 5080))
        self.user, self.domain = user, domain

    @property
    def uri(self):
        return 'sip:%s@%s' % (self.user, self.domain)

    def dialog(self, remote):
        return sip.Dialog(self.uri, remote, self.via, self.contact(self.user))

    def dialog_from(self, request):
        return sip.Dialog.from_request(request, self.via, self.contact(self.user))

    def register(self, server):
        self.listen()
        link = self.dial((server.address, server.phone_port))
        if not link.open:
            raise wire.Late('%s cannot reach its server: %s' % (self.name, link.closed))
        dialog = self.dialog(self.uri)
        dialog.target = 'sip:' + self.domain
        answer = self._register(dialog)
        if answer.status == 401:
            answer = self._register(dialog, answer.get('WWW-Authenticate'), server.password)
        if answer.status != 200:
            raise wire.Late('%s is not registered: %s' % (self.name, answer.start))
        return self

    def _register(self, dialog, challenge=None, password=None):
        request = dialog.request('REGISTER')
        request.add('Contact', self.contact(self.user))
        request.add('Expires', '3600')
        if challenge:
            request.add('Authorization', self._credentials(challenge, password, request.uri))
        self.send(request)
        return self.take_answer(request).message

    def _credentials(self, challenge, password, uri):
        fields = dict(part.split('=', 1) for part in sip.split_values(challenge.split(' ', 1)[1]))
        fields = {key.strip().lower(): value.strip('"') for key, value in fields.items()}

        def md5(*parts):
            return hashlib.md5(':'.join(parts).encode(), usedforsecurity=False).hexdigest()
        proof = md5(md5(self.user, fields['realm'], password), fields['nonce'], md5('REGISTER', uri))
        return 'Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"' % (
            self.user, fields['realm'], fields['nonce'], uri, proof)
