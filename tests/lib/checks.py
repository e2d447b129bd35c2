"""The indented lines below `receives`: what a message must be like. Each line is one check."""
import re

import sip
from cast import Failure

CHECKS = []


def check(pattern):
    def register(function):
        CHECKS.append((re.compile(pattern), function))
        return function
    return register


def quoted(text):
    """A value of a check: in double quotes with \\r \\n \\t \\" \\\\ \\xNN, or the bare text."""
    if len(text) > 1 and text[0] == '"' and text[-1] == '"':
        return re.sub(r'\\(x[0-9a-fA-F]{2}|.)', _escape, text[1:-1])
    return text


def _escape(found):
    code = found.group(1)
    if len(code) == 3:
        return bytes([int(code[1:], 16)]).decode('utf-8', 'surrogateescape')
    return {'r': '\r', 'n': '\n', 't': '\t', '0': '\0'}.get(code, code)


def run(line, message, original):
    """original(): the message as the other side sent it."""
    for pattern, function in CHECKS:
        found = pattern.fullmatch(line)
        if found:
            function(message, original, *found.groups())
            return
    raise Failure('no such check: ' + line)


def insist(condition, text, *values):
    if not condition:
        raise Failure(text % values)


@check(r'header (\S+) absent')
def header_absent(message, original, name):
    insist(not message.all(name), '%s is there: %s', name, message.all(name))


@check(r'header (\S+) count (\d+)')
def header_count(message, original, name, count):
    insist(len(message.values(name)) == int(count), '%s has %d values: %s', name, len(message.values(name)),
           message.values(name))


@check(r'header (\S+) same')
def header_same(message, original, name):
    insist(message.all(name) == original().all(name), '%s came as %s, was sent as %s', name, message.all(name),
           original().all(name))


@check(r'header (\S+) (=|~|!~) (.*)')
def header_value(message, original, name, operator, wanted):
    wanted, values = quoted(wanted), message.all(name)
    if operator == '=':
        insist(values[:1] == [wanted], '%s is %s, not %s', name, values, wanted)
    elif operator == '~':
        insist(any(wanted in value for value in values), '%s is %s, without %s', name, values, wanted)
    else:
        insist(not any(wanted in value for value in values), '%s is %s, with %s', name, values, wanted)


def header_lines(message):
    """Header lines as they stand in the bytes, with their folding."""
    head = (message.raw or message.bytes()).split(b'\r\n\r\n')[0]
    return re.split(rb'\r\n(?![ \t])', head)[1:]


@check(r'headers same except (.*)')
def headers_same(message, original, listed):
    """Every header line that was sent arrived byte for byte, in the same order, except the listed ones."""
    spared = {sip.canonical(name) for name in listed.replace(',', ' ').split()}

    def kept(source):
        return [line for line in header_lines(source)
                if sip.canonical(line.split(b':')[0].decode('utf-8', 'replace')) not in spared]
    sent, came = kept(original()), kept(message)
    insist(sent == came, 'header lines changed:\n  sent %s\n  came %s', sent, came)


@check(r'uri same')
def uri_same(message, original):
    insist(message.uri == original().uri, 'Request-URI came as %s, was sent as %s', message.uri, original().uri)


@check(r'uri (=|~) (.*)')
def uri_value(message, original, operator, wanted):
    wanted = quoted(wanted)
    insist(message.uri == wanted if operator == '=' else wanted in message.uri, 'Request-URI is %s, not %s',
           message.uri, wanted)


@check(r'body same')
def body_same(message, original):
    insist(message.body == original().body, 'the body came as %r, was sent as %r', message.body, original().body)


@check(r'body (=|~) (.*)')
def body_value(message, original, operator, wanted):
    wanted = quoted(wanted).encode('utf-8', 'surrogateescape')
    insist(message.body == wanted if operator == '=' else wanted in message.body, 'the body is %r, not %r',
           message.body, wanted)


@check(r'reason (=|~) (.*)')
def reason(message, original, operator, wanted):
    wanted = quoted(wanted)
    insist(message.start.split(' ', 2)[2] == wanted if operator == '=' else wanted in message.start,
           'the answer is %s, not %s', message.start, wanted)
