"""Steps of a scenario that send, receive and connect."""
import copy
import time

import checks
import sip
import wire
from cast import Failure
from steps import DEFAULT_WAIT, step

BODIES = {
    'im': ('application/sdp', 'v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=session\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'
                              'm=message 5060 sip null\r\na=accept-types:text/plain text/html\r\n'),
    'audio': ('application/sdp', 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'
                                 'm=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n'),
    'hold': ('application/sdp', 'v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'
                                'm=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendonly\r\n'),
    'im+video': ('application/sdp', 'v=0\r\no=- 0 1 IN IP4 192.0.2.1\r\ns=session\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'
                                    'm=message 5060 sip null\r\na=accept-types:text/plain text/html\r\n'
                                    'm=video 40002 RTP/AVP 34\r\na=rtpmap:34 H263/90000\r\n'),
    'im-video': ('application/sdp', 'v=0\r\no=- 0 2 IN IP4 192.0.2.1\r\ns=session\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'
                                    'm=message 5060 sip null\r\na=accept-types:text/plain text/html\r\n'
                                    'm=video 0 RTP/AVP 34\r\n'),
    'sharing': ('application/sdp', 'v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=session\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'
                                   'm=applicationsharing 50000 TCP/RTP/SAVP 127\r\na=rtpmap:127 x-data/90000\r\n'),
    'file': ('application/sdp', 'v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'
                                'm=message 7394 TCP/MSRP *\r\na=sendonly\r\na=accept-types:message/cpim\r\n'
                                'a=file-selector:name:"report.pdf" type:application/pdf size:4092\r\n'),
    'program': ('application/sdp', 'v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'
                                   'm=message 7394 TCP/MSRP *\r\na=sendonly\r\na=accept-types:message/cpim\r\n'
                                   'a=file-selector:name:"report.pdf.ex%65" type:application/pdf size:4092\r\n'),
    'pidf': ('application/pidf+xml', '<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" '
                                     'entity="sip:bob@fabrikam.example"><tuple id="t"><status><basic>open</basic>'
                                     '</status></tuple></presence>'),
}
TEXT = r'(?: ("(?:[^"\\]|\\.)*"|sdp [\w+-]+|file \S+))?'


def content(play, text):
    """(type, bytes) of what stands behind a method: a quoted text, `sdp NAME`, `file PATH`."""
    if not text:
        return None, b''
    if text.startswith('sdp '):
        kind, body = BODIES[text[4:]]
        return kind, body.encode()
    if text.startswith('file '):
        with open(play.data(text[5:]), 'rb') as file:
            return 'text/plain', file.read()
    return 'text/plain', checks.quoted(text).encode('utf-8', 'surrogateescape')


def dress(message, lines):
    """The indented lines below `sends` and `answers`: with, first, without, replace, uri, type."""
    for line in lines:
        word, _, rest = line.partition(' ')
        name, _, value = rest.partition(':')
        value = checks.quoted(value.strip())
        if word == 'with':
            message.add(name, value)
        elif word == 'first':
            message.headers.insert(0, [name, value])
        elif word == 'replace':
            message.replace(name, value)
        elif word == 'without':
            message.remove(rest)
        elif word == 'uri':
            method, _, version = message.start.split(' ')
            message.start = '%s %s %s' % (method, checks.quoted(rest), version)
        elif word == 'type':
            message.replace('Content-Type', rest)
        elif word == 'start':
            message.start = checks.quoted(rest)
        else:
            raise Failure('nothing can be done to a message with: ' + line)
    return message


def deliver(play, role, talk, message, lines, link=None):
    talk.sent(role, dress(message, lines))
    if message.is_request:
        play.talks.by_call_id.setdefault(message.call_id, talk)  # `replace Call-ID` begins another one
    play.note('%s ▶ %s' % (role, message.line()))
    play.cast.endpoint(role).send(message, link or play.cast.own_link(role))


@step(r'(\w+) sends (\w+) (\S+) -> (\S+)' + TEXT + r'(?: as (\w+))?(?: on the (\w+) link)?')
def send_new(play, lines, role, method, sender, receiver, text, name, link):
    """NAME sends METHOD user@domain -> user@domain ["text" | sdp NAME] [as CONVERSATION]   begins a conversation"""
    link = chosen_link(play, role, link)
    talk = play.talks.new(name)
    dialog = talk.begin(play.cast.endpoint(role), role, sender, receiver)
    kind, body = content(play, text)
    message = dialog.request(method, body, kind)
    if method in ('SUBSCRIBE', 'PUBLISH', 'NOTIFY'):
        message.add('Event', 'presence')
    play.talks.know(talk)
    deliver(play, role, talk, message, lines, link)


@step(r'(\w+) sends (\w+)' + TEXT + r' in (?:the )?dialog(?: (\w+))?(?: on the (\w+) link)?')
def send_in_dialog(play, lines, role, method, text, name, link):
    """NAME sends METHOD ["text" | sdp NAME] in the dialog [NAME]   a further request; ACK and CANCEL as they must be"""
    link = chosen_link(play, role, link)
    talk = play.talks.named(name)
    dialog = talk.dialog(role)
    kind, body = content(play, text)
    if method == 'ACK':
        message = dialog.ack(talk.answers[role])
    elif method == 'CANCEL':
        message = dialog.cancel()
    else:
        message = dialog.request(method, body, kind)
        if method in ('NOTIFY', 'BENOTIFY', 'SUBSCRIBE'):
            message.add('Event', 'presence')
        if method in ('NOTIFY', 'BENOTIFY'):
            message.add('Subscription-State', 'active;expires=600')
    deliver(play, role, talk, message, lines, link)


def chosen_link(play, role, which):
    """`on the accepted link`: the last one that was dialled to this role; else its own."""
    if which is None or which == 'own':
        return None
    endpoint = play.cast.endpoint(role)
    accepted = [link for link in endpoint.links if link is not play.cast.own_links.get(role)]
    if which != 'accepted' or not accepted:
        raise Failure('%s has no %s link' % (role, which))
    return accepted[-1]


@step(r'(\w+) joins the dialog (\w+) in place of (\w+)(?: as (\S+))?')
def join(play, lines, role, name, other, sender):
    """NAME joins the dialog CONVERSATION in place of NAME [as user@domain]   knows all that the other knows, and pretends"""
    talk = play.talks.named(name)
    dialog = copy.copy(talk.dialog(other))
    endpoint = play.cast.endpoint(role)
    dialog.via, dialog.local = endpoint.via, 'sip:' + sender if sender else dialog.local
    talk.dialogs[role] = dialog


@step(r'(\w+) receives nothing(?: for ([\d.]+) s)?')
def receive_nothing(play, lines, role, seconds):
    """NAME receives nothing [for N s]   100 Trying apart"""
    play.cast.reactor.idle(float(seconds or 0.2))
    waiting = [arrival.message.line() for arrival in play.cast.endpoint(role).inbox
               if arrival.message.is_request or arrival.message.status != 100]
    if waiting:
        raise Failure('%s received %s' % (role, '; '.join(waiting)))


@step(r'(\w+) drops what waits')
def drop(play, lines, role):
    """NAME drops what waits   what came and is of no interest"""
    play.cast.reactor.idle(0.2)
    play.cast.endpoint(role).inbox.clear()


@step(r'(\w+) receives ([A-Z]\w*|[a-z]+[A-Z]\w*)(?: in (?:the )?dialog(?: (\w+))?)?(?: within ([\d.]+) s)?')
def receive_request(play, lines, role, method, name, seconds):
    """NAME receives METHOD [in the dialog [NAME]] [within N s]   below it: checks, one a line"""
    endpoint = play.cast.endpoint(role)
    wanted = play.talks.named(name).call_id if name else None
    arrival = endpoint.take_request(method, float(seconds or DEFAULT_WAIT), wanted)
    play.note('%s ◀ %s' % (role, arrival.message.line()))
    talk = play.talks.of(arrival.message)
    talk.got_request(endpoint, role, arrival)
    for line in lines:
        checks.run(line, arrival.message, lambda: talk.original(role))


@step(r'(\w+) receives ([\dx|]+)(?: to (\w+))?(?: in (?:the )?dialog(?: (\w+))?)?(?: within ([\d.]+) s)?')
def receive_answer(play, lines, role, statuses, method, name, seconds):
    """NAME receives STATUS [to METHOD] [in the dialog [NAME]] [within N s]   STATUS: 200, 4xx, 403|404"""
    talk = play.talks.named(name)
    own = [message for sender, message in talk.said
           if sender == role and message.is_request and method in (None, message.method) and message.method != 'ACK']
    if not own:
        raise Failure('%s has asked nothing that could be answered' % role)
    number = own[-1].get('CSeq')

    def fits(status):
        return any(all(p in ('x', c) for p, c in zip(pattern, str(status))) for pattern in statuses.split('|'))
    provisional = any(pattern.startswith('1') for pattern in statuses.split('|'))
    arrival = play.cast.endpoint(role).take(
        lambda m: not m.is_request and m.call_id == own[-1].call_id and m.get('CSeq') == number and
        (m.status >= 200 or (provisional and fits(m.status))),
        float(seconds or DEFAULT_WAIT), '%s to %s' % (statuses, own[-1].method))
    message = arrival.message
    play.note('%s ◀ %s' % (role, message.line()))
    if not fits(message.status):
        raise Failure('%s received %s, not %s' % (role, message.start, statuses))
    talk.got_answer(role, message)
    for line in lines:
        checks.run(line, message, lambda: talk.original(role))


@step(r'(\w+) answers (\d+)(?: (?!to\b|in\b|sdp\b|")([\w ]+?))?(?: to (\w+))?' + TEXT +
      r'(?: in (?:the )?dialog(?: (\w+))?)?')
def answer(play, lines, role, status, reason, method, text, name):
    """NAME answers STATUS [Reason] [to METHOD] ["text" | sdp NAME] [in the dialog [NAME]]   the last request it got"""
    talk = play.talks.named(name)
    waiting = [arrival for (who, what), arrival in talk.arrivals.items() if who == role and method in (None, what) and
               what != 'ACK']
    if not waiting:
        raise Failure('%s has nothing to answer' % role)
    arrival = waiting[-1]
    request = arrival.message
    if int(status) >= 200:
        del talk.arrivals[role, request.method]
    kind, body = content(play, text)
    dialog = talk.dialog(role)
    user = dialog.contact if request.method in ('INVITE', 'SUBSCRIBE', 'UPDATE') and int(status) < 300 else None
    message = sip.response(request, int(status), reason, dialog.local_tag, user, body, kind)
    deliver(play, role, talk, message, lines, arrival.link)


@step(r'(\w+) connects(?: (inside|to the federation listener|over IPv6))?(?: (in plain TCP|without certificate|'
      r'with certificate .*))?')
def connect(play, lines, role, side, how):
    """NAME connects [inside | to the federation listener | over IPv6] [in plain TCP | without certificate |
       with certificate dns:NAME,uri:URI… | cn-only [eku LIST] [cn NAME] [of another authority]]"""
    where = side or ('inside' if role == 'home' else 'outside')
    play.cast.connect(role, where, how or '')


@step(r'(\w+) shows everybody (certificate .*)')
def show_certificate(play, lines, role, how):
    """NAME shows everybody certificate dns:NAME… [eku …] [cn …] [of another authority | of nobody] [that has ended]   to
       those who dial it"""
    play.cast.show(role, 'with ' + how)


@step(r'(\w+) trusts nobody')
def trust_nobody(play, lines, role):
    """NAME trusts nobody   it takes no certificate of the router"""
    play.cast.distrust(role)


@step(r'(\w+) knows no TLS')
def no_tls(play, lines, role):
    """NAME knows no TLS   and says so in words of its own"""
    play.cast.accept_with(role, None, lambda link: link.send(b'HTTP/1.1 400 Bad Request\r\n\r\n'))


@step(r'(\w+) returns (\w+)(?: to (\S+))?')
def return_request(play, lines, role, method, uri):
    """NAME returns METHOD [to URI]   sends the request that it got back to the router, as a proxy that loops would"""
    talk = play.talks.named(None)
    got = talk.arrivals[role, method].message
    endpoint = play.cast.endpoint(role)
    message = sip.Message('%s %s SIP/2.0' % (method, uri or got.uri), got.headers, got.body)
    message.headers.insert(0, ['Via', 'SIP/2.0/%s;branch=z9hG4bK%s' % (endpoint.via, sip.token())])
    message.replace('Max-Forwards', str(int(got.get('Max-Forwards')) - 1))
    deliver(play, role, talk, message, lines)


@step(r'(\w+) is connected')
def connected(play, lines, role):
    """NAME is connected   its own link stands"""
    link = play.cast.own_links.get(role)
    play.cast.reactor.idle(0.1)
    if link is None or not link.open:
        raise Failure('%s has no link: %s' % (role, link.closed if link else 'never connected'))


@step(r'(\w+) is cut off(?: within ([\d.]+) s)?')
def cut_off(play, lines, role, seconds):
    """NAME is cut off [within N s]   its own link ends"""
    link = play.cast.own_links.get(role)
    if link is None:
        raise Failure('%s never connected' % role)
    play.cast.reactor.until(lambda: link.closed, float(seconds or DEFAULT_WAIT), role + ' is cut off')


@step(r'(\w+) is shut out(?: within ([\d.]+) s)?')
def shut_out(play, lines, role, seconds):
    """NAME is shut out [within N s]   its own link ends and no byte of SIP ever came over it"""
    cut_off.function(play, lines, role, seconds)
    received = play.cast.own_links[role].received
    if received:
        raise Failure('%s was answered %r' % (role, received[:200]))


@step(r'(\w+) sends bytes (".*")')
def send_bytes(play, lines, role, text):
    """NAME sends bytes "…"   on its own link, whatever they are"""
    link = play.cast.own_links.get(role) or play.cast.own_link(role)
    if not link.closed:
        link.send(checks.quoted(text).encode('utf-8', 'surrogateescape'))


@step(r'(\w+) sees "(.*)" come back(?: within ([\d.]+) s)?')
def see_bytes(play, lines, role, text, seconds):
    """NAME sees "TEXT" come back   on its own link"""
    link = play.cast.own_links[role]
    wanted = checks.quoted('"%s"' % text).encode()
    play.cast.reactor.until(lambda: wanted in link.received, float(seconds or DEFAULT_WAIT),
                            '%s sees %r' % (role, wanted))


@step(r'(\w+) hangs up its links')
def hang_up(play, lines, role):
    """NAME hangs up its links   closes them politely"""
    for link in list(play.cast.endpoint(role).links):
        link.close()


@step(r'(\w+) breaks its links')
def break_links(play, lines, role):
    """NAME breaks its links   with a reset"""
    for link in list(play.cast.endpoint(role).links):
        link.reset()


@step(r'(\w+) (stops|resumes) listening')
def listening(play, lines, role, what):
    """NAME stops | resumes listening   so that dialling it is refused, or works again"""
    endpoint = play.cast.endpoint(role)
    if what == 'stops':
        endpoint.deafen()
    elif endpoint.listener is None:
        endpoint.listen()


@step(r'(\w+) has (\d+) links? from the router')
def count_links(play, lines, role, count):
    """NAME has N links from the router"""
    play.cast.reactor.idle(0.05)
    own = play.cast.own_links.get(role)
    accepted = [link for link in play.cast.endpoint(role).links if link is not own]
    if len(accepted) != int(count):
        raise Failure('%s has %d links from the router, not %s' % (role, len(accepted), count))


@step(r'wait ([\d.]+) s')
def wait(play, lines, seconds):
    """wait N s   only where time itself is what is tested"""
    play.cast.reactor.idle(float(seconds))


@step(r'(\w+) and (\w+) still talk')
def still_talk(play, lines, home, partner):
    """NAME and NAME still talk   a page-mode message passes from the first to the second and is answered"""
    began = time.monotonic()
    domain = {'home': 'contoso.example', 'partner': 'fabrikam.example'}
    first, second = domain.get(home, home + '.example'), domain.get(partner, partner + '.example')
    send_new.function(play, [], home, 'MESSAGE', 'eve@' + first, 'adam@' + second, '"still there?"', None, None)
    receive_request.function(play, ['body = still there?'], partner, 'MESSAGE', None, None)
    answer.function(play, [], partner, '200', None, None, None, None)
    receive_answer.function(play, [], home, '200', None, None, None)
    if time.monotonic() - began > DEFAULT_WAIT:
        raise wire.Late('the message took too long')
