"""Sets of hostile messages, played one by one on a live port; a table next to the scenario names each verdict.

A table has one row per file: `file verdict [# reason]`. A verdict is one of these:
    403          this status comes back, the link stays          400+close    this status, then the link ends
    close        the link ends without an answer                 silence      no answer; the link stays and still works
    forward      arrives once at the home server, is answered 200      forward=2  twice
    forward+403  one arrives, another is refused with 403        hold         nothing happens within a second"""
import os
import re

import sip
import wire
from cast import HOME, NODE, PARTNER, Failure
from steps import step

# The sets speak of a.test (the peer), b.test (our domain) and router.test (ourselves).
NAMES = ((b'router.test', NODE.encode()), (b'p.a.test', b'sip.' + PARTNER.encode()), (b'a.test', PARTNER.encode()),
         (b'A.TEST', PARTNER.upper().encode()), (b'a.TeSt', PARTNER.title().encode()), (b'b.test', HOME.encode()),
         (b'B.TEST', HOME.upper().encode()))


VERDICT = re.compile(r'(\d{3}|close|silence|hold|forward(=\d+)?)(\+(\d{3}|close))*')


def translate(content):
    """The names of this lab. A body that was counted right is counted right afterwards."""
    length = b'Content-Length: %d\r\n' % len(content.partition(b'\r\n\r\n')[2])
    for old, new in NAMES:
        content = content.replace(old, new)
    return content.replace(length, b'Content-Length: %d\r\n' % len(content.partition(b'\r\n\r\n')[2]))


def read_table(path):
    rows = []
    with open(path) as file:
        for line in file:
            words = line.split('#')[0].split()
            if not words:
                continue
            if len(words) != 2 or not VERDICT.fullmatch(words[1]):
                raise Failure('%s: no such row: %s' % (path, line.strip()))
            rows.append((words[0], words[1]))
    return rows


class Outcome:
    """What a file led to."""

    def __init__(self, statuses, closed, forwarded):
        self.statuses, self.closed, self.forwarded = statuses, closed, forwarded

    def __str__(self):
        return 'answers %s, link %s, %d forwarded' % (self.statuses or 'none', 'closed' if self.closed else 'open',
                                                      self.forwarded)

    def is_like(self, verdict):
        parts = verdict.split('+')
        close = 'close' in parts
        wanted = [int(part) for part in parts if part.isdigit()]
        forwards = sum(int(part.partition('=')[2] or 1) for part in parts if part.startswith('forward'))
        if self.forwarded != forwards or sorted(self.statuses) != sorted(wanted + [200] * forwards):
            return False
        return self.closed == close


def play_one(play, role, content, verdict, piece=None):
    """Sends the bytes on a fresh link; waits until the verdict is met or the time for it is over."""
    cast = play.cast
    endpoint, home = cast.endpoint(role), cast.endpoint('home')
    old = cast.own_links.pop(role, None)
    if old is not None:
        old.close()
    link = cast.own_link(role)
    state = Outcome([], False, 0)

    def look():
        for arrival in list(home.inbox):
            home.inbox.remove(arrival)
            if arrival.message.is_request and arrival.message.method != 'ACK':
                home.answer(arrival, 200, tag=sip.token(4))
                state.forwarded += 1
        for arrival in list(endpoint.inbox):
            endpoint.inbox.remove(arrival)
            if not arrival.message.is_request and arrival.message.status >= 200:
                state.statuses.append(arrival.message.status)
        state.closed = bool(link.closed)
        return verdict not in ('silence', 'hold') and state.is_like(verdict)
    for start in range(0, len(content), piece or len(content)):
        link.send(content[start:start + (piece or len(content))])
    try:
        cast.reactor.until(look, 1.0 if verdict in ('silence', 'hold') else 4.0, 'verdict')
        cast.reactor.idle(0.02)  # nothing more may come
        look()
    except wire.Late:
        pass
    if verdict == 'hold':
        link.close()
        return state, not state.statuses and not state.forwarded
    if verdict == 'silence':
        quiet = not state.statuses and not state.forwarded and not state.closed
        return state, quiet and answers_options(cast, endpoint, link)
    return state, state.is_like(verdict)


def answers_options(cast, endpoint, link):
    """The link still works: OPTIONS to the router itself is answered on it."""
    dialog = sip.Dialog('sip:probe@' + PARTNER, 'sip:' + NODE, endpoint.via, endpoint.contact('probe'))
    request = dialog.request('OPTIONS')
    link.send(request.bytes())
    try:
        return endpoint.take_answer(request, seconds=3).message.status == 200
    except wire.Late:
        return False


@step(r'(\w+) plays the set (\S+) by (\S+)')
def play_set(play, lines, role, folder, table):
    """NAME plays the set FOLDER by TABLE   each file of the folder on a link of its own; TABLE holds the verdicts.
       Skipped when the test data is not there"""
    path = play.data(folder)
    if not os.path.isdir(path):
        raise play.Skip('%s is not there' % path)
    rows = read_table(os.path.join(os.path.dirname(play.path), table))
    listed = {name for name, _ in rows}
    unlisted = sorted(name for name in os.listdir(path) if name.endswith('.sip') and name not in listed)
    problems = ['%s has no row in %s' % (name, table) for name in unlisted]
    for name, verdict in rows:
        with open(os.path.join(path, name), 'rb') as file:
            content = translate(file.read())
        outcome, good = play_one(play, role, content, verdict)
        if not good:
            problems.append('%s: wanted %s; %s' % (name, verdict, outcome))
        if not play.cast.hanse.child.alive:
            problems.append('%s: the router ended with status %s' % (name, play.cast.hanse.child.status))
            break
    if problems:
        raise Failure('%d of %d rows:\n  %s' % (len(problems), len(rows), '\n  '.join(problems)))
    play.note('%d files of %s' % (len(rows), folder))


@step(r'(\w+) sends the set (\S+) in pieces of (\d+) octets? by (\S+)')
def play_pieces(play, lines, role, folder, size, table):
    """NAME sends the set FOLDER in pieces of N octets by TABLE   the verdicts must not depend on how bytes arrive"""
    path = play.data(folder)
    if not os.path.isdir(path):
        raise play.Skip('%s is not there' % path)
    problems = []
    for name, verdict in read_table(os.path.join(os.path.dirname(play.path), table)):
        with open(os.path.join(path, name), 'rb') as file:
            content = translate(file.read())
        if len(content) > 2000 or verdict in ('hold', 'silence'):
            continue
        outcome, good = play_one(play, role, content, verdict, int(size))
        if not good:
            problems.append('%s: wanted %s; %s' % (name, verdict, outcome))
    if problems:
        raise Failure('\n  '.join(problems))
