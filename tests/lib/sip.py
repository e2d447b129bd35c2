"""SIP messages for tests: read and written byte for byte, never normalised."""
import secrets

COMPACT = {'i': 'call-id', 'm': 'contact', 'e': 'content-encoding', 'l': 'content-length', 'c': 'content-type',
           'f': 'from', 's': 'subject', 'k': 'supported', 't': 'to', 'v': 'via', 'o': 'event', 'u': 'allow-events',
           'r': 'refer-to', 'b': 'referred-by', 'x': 'session-expires'}

REASONS = {100: 'Trying', 180: 'Ringing', 183: 'Session Progress', 200: 'OK', 202: 'Accepted', 302: 'Moved',
           400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found', 407: 'Proxy Authentication Required',
           415: 'Unsupported Media Type', 480: 'Temporarily Unavailable', 481: 'Call/Transaction Does Not Exist',
           486: 'Busy Here', 487: 'Request Terminated', 488: 'Not Acceptable Here', 500: 'Server Internal Error',
           503: 'Service Unavailable', 603: 'Decline'}


def canonical(name):
    name = name.strip().lower()
    return COMPACT.get(name, name)


def token(octets=6):
    return secrets.token_hex(octets)


def split_values(text):
    """A header value split at commas that stand outside of quotes and angle brackets."""
    parts, start, quoted, angle, skip = [], 0, False, 0, False
    for index, char in enumerate(text):
        if skip:
            skip = False
        elif quoted:
            skip = char == '\\'
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char == '<':
            angle += 1
        elif char == '>':
            angle -= 1
        elif char == ',' and angle == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    return parts + [text[start:].strip()]


def address_uri(value):
    """The URI of a name-addr or addr-spec."""
    if '<' in value:
        return value[value.index('<') + 1:value.index('>')]
    return value.split(';')[0].strip()


def parameter(value, name):
    """A header parameter behind the address, None when absent."""
    rest = value[value.rindex('>') + 1:] if '>' in value else value
    for part in rest.split(';')[1:]:
        key, _, content = part.strip().partition('=')
        if key.strip().lower() == name:
            return content.strip()
    return None


class Message:
    """start line, headers as [name, value] in order, body as bytes; `raw` are the bytes it was read from."""

    def __init__(self, start, headers=(), body=b'', raw=None):
        self.start = start
        self.headers = [list(header) for header in headers]
        self.body = body.encode() if isinstance(body, str) else body
        self.raw = raw

    @classmethod
    def read(cls, head, body, raw):
        lines = head.decode('utf-8', 'surrogateescape').split('\r\n')
        headers = []
        for line in lines[1:]:
            if line[:1] in ' \t' and headers:
                headers[-1][1] += '\r\n' + line
            else:
                name, _, value = line.partition(':')
                headers.append([name, value.strip(' \t')])
        return cls(lines[0], headers, body, raw)

    @property
    def is_request(self):
        return not self.start.startswith('SIP/2.0 ')

    @property
    def method(self):
        """The request's method, or the method of the CSeq of a response."""
        if self.is_request:
            return self.start.split(' ')[0]
        return (self.get('CSeq') or ' ').split()[-1]

    @property
    def uri(self):
        return self.start.split(' ')[1]

    @property
    def status(self):
        return int(self.start.split(' ')[1]) if not self.is_request else None

    @property
    def call_id(self):
        return self.get('Call-ID')

    def all(self, name):
        wanted = canonical(name)
        return [value for key, value in self.headers if canonical(key) == wanted]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    def values(self, name):
        """All values of a list header, in order, whether in one line or in several."""
        return [value for line in self.all(name) for value in split_values(line)]

    def add(self, name, value):
        self.headers.append([name, value])

    def remove(self, name):
        wanted = canonical(name)
        self.headers = [header for header in self.headers if canonical(header[0]) != wanted]

    def replace(self, name, value):
        wanted = canonical(name)
        for header in self.headers:
            if canonical(header[0]) == wanted:
                header[:] = [name, value]
                return
        self.add(name, value)

    def bytes(self):
        if not self.all('Content-Length'):
            self.add('Content-Length', str(len(self.body)))
        text = self.start + '\r\n' + ''.join('%s: %s\r\n' % (name, value) for name, value in self.headers) + '\r\n'
        return text.encode('utf-8', 'surrogateescape') + self.body

    def line(self):
        """For logs: what it is, in one line."""
        return self.start if self.is_request else '%s (%s)' % (self.start, self.get('CSeq'))


class Stream:
    """Takes bytes of a stream, gives whole messages; counts blank lines between them (RFC 5626 §4.4.1)."""

    def __init__(self):
        self.buffer = b''
        self.blank = 0

    def feed(self, data):
        self.buffer += data
        messages = []
        while True:
            while self.buffer.startswith(b'\r\n'):
                self.buffer = self.buffer[2:]
                self.blank += 1
            end = self.buffer.find(b'\r\n\r\n')
            if end < 0:
                return messages
            message = Message.read(self.buffer[:end], b'', None)
            length = int(message.get('Content-Length') or 0)
            if len(self.buffer) < end + 4 + length:
                return messages
            message.raw = self.buffer[:end + 4 + length]
            message.body = message.raw[end + 4:]
            self.buffer = self.buffer[end + 4 + length:]
            messages.append(message)


def response(request, status, reason=None, tag=None, contact=None, body=b'', content_type=None):
    """A response as a user agent server builds it (RFC 3261 §8.2.6)."""
    answer = Message('SIP/2.0 %d %s' % (status, reason or REASONS.get(status, 'Answer')))
    for name, value in request.headers:
        known = canonical(name)
        if known in ('via', 'from', 'call-id', 'cseq') or (known == 'record-route' and 100 < status < 300):
            answer.add(name, value)
        elif known == 'to':
            add = tag and status > 100 and not parameter(value, 'tag')
            answer.add(name, value + ';tag=' + tag if add else value)
    if contact:
        answer.add('Contact', contact)
    if body:
        answer.add('Content-Type', content_type or 'text/plain')
        answer.body = body.encode() if isinstance(body, str) else body
    return answer


class Dialog:
    """One side's view of a dialog (RFC 3261 §12): builds its requests, learns tags, target and route set."""

    def __init__(self, local, remote, via, contact, call_id=None):
        self.local, self.remote = local, remote  # URIs
        self.via, self.contact = via, contact    # 'TLS host:port' for Via, '<uri>' for Contact
        self.call_id = call_id or '%s@%s' % (token(8), local.split('@')[-1])
        self.local_tag, self.remote_tag = token(4), None
        self.cseq, self.route, self.target = 0, [], remote
        self.invite = None  # the last INVITE sent

    @classmethod
    def from_request(cls, request, via, contact):
        """The view of the one who got the first request."""
        dialog = cls(address_uri(request.get('To')), address_uri(request.get('From')), via, contact, request.call_id)
        dialog.remote_tag = parameter(request.get('From'), 'tag')
        dialog.route = request.values('Record-Route')
        if request.get('Contact'):
            dialog.target = address_uri(request.get('Contact'))
        return dialog

    def request(self, method, body=b'', content_type=None, cseq=None, branch=None):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        message = Message('%s %s SIP/2.0' % (method, self.target))
        message.add('Via', 'SIP/2.0/%s;branch=z9hG4bK%s' % (self.via, branch or token()))
        message.add('Max-Forwards', '70')
        for route in self.route:
            message.add('Route', route)
        message.add('From', '<%s>;tag=%s' % (self.local, self.local_tag))
        message.add('To', '<%s>%s' % (self.remote, ';tag=' + self.remote_tag if self.remote_tag else ''))
        message.add('Call-ID', self.call_id)
        message.add('CSeq', '%d %s' % (cseq, method))
        if method in ('INVITE', 'SUBSCRIBE', 'NOTIFY', 'UPDATE', 'REFER', 'BENOTIFY'):
            message.add('Contact', self.contact)
        if body:
            message.add('Content-Type', content_type or 'text/plain')
            message.body = body.encode() if isinstance(body, str) else body
        if method == 'INVITE':
            self.invite = message
        return message

    def ack(self, answer):
        """ACK to a 2xx goes the dialog's way; to a failure it repeats the INVITE's hop (RFC 3261 §17.1.1.3)."""
        number = int(answer.get('CSeq').split()[0])
        if answer.status < 300:
            return self.request('ACK', cseq=number)
        ack = Message('ACK %s SIP/2.0' % self.invite.uri)
        ack.add('Via', self.invite.get('Via'))
        ack.add('Max-Forwards', '70')
        for route in self.invite.all('Route'):
            ack.add('Route', route)
        ack.add('From', self.invite.get('From'))
        ack.add('To', answer.get('To'))
        ack.add('Call-ID', self.call_id)
        ack.add('CSeq', '%d ACK' % number)
        return ack

    def cancel(self):
        cancel = Message('CANCEL %s SIP/2.0' % self.invite.uri)
        cancel.add('Via', self.invite.get('Via'))
        cancel.add('Max-Forwards', '70')
        for route in self.invite.all('Route'):
            cancel.add('Route', route)
        for name in ('From', 'To', 'Call-ID'):
            cancel.add(name, self.invite.get(name))
        cancel.add('CSeq', '%s CANCEL' % self.invite.get('CSeq').split()[0])
        return cancel

    def learn(self, message):
        """What a response to our request, or a request of the other side, tells about the dialog."""
        if message.is_request:
            self.remote_tag = self.remote_tag or parameter(message.get('From'), 'tag')
            if message.get('Contact') and message.method in ('INVITE', 'SUBSCRIBE', 'NOTIFY', 'UPDATE'):
                self.target = address_uri(message.get('Contact'))
            return
        if not 100 < message.status < 300:
            return
        fresh = self.remote_tag is None
        self.remote_tag = self.remote_tag or parameter(message.get('To'), 'tag')
        if message.get('Contact'):
            self.target = address_uri(message.get('Contact'))
        if fresh and message.method in ('INVITE', 'SUBSCRIBE'):
            self.route = list(reversed(message.values('Record-Route')))
