"""The demo's refusals: each kind that a partner, a stranger or one of our own can meet, with the sentence that the
administrator reads. The reason is checked, and that nothing arrived."""
import time

import conversations
from conversations import check, milliseconds
from neighbours import quiet
from ways import Ways

HOME = 'contoso.example'
OFFER = ('v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n')

# (who sends, as whom, to whom, what, the reason that the log gives); None: as himself
REFUSALS = (
    ('A partner, or somebody who would like to be one', (
        ('litware', 'bob@fabrikam.example', 'carol@' + HOME, 'MESSAGE', 'name-not-proved'),
        ('litware', 'ceo@' + HOME, 'carol@' + HOME, 'MESSAGE', 'own-domain-outside'),
        ('litware', None, 'bob@fabrikam.example', 'MESSAGE', 'not-our-recipient'),
        ('litware', 'eve@spam.example', 'carol@' + HOME, 'MESSAGE', 'srv-none'),
        ('northwind', None, 'carol@' + HOME, 'MESSAGE', 'default'),
        ('wingtip', 'tim@tailspin.example', 'carol@' + HOME, 'MESSAGE', 'srv-domain'),
        ('hosted', 'olga@another.example', 'carol@' + HOME, 'MESSAGE', 'hosted'),
        ('cloud', None, 'carol@' + HOME, 'INVITE', 'media'),
        ('cloud', None, 'heidi@' + HOME, 'MESSAGE', 'user-public'),
        ('litware', None, 'carol@' + HOME, 'REGISTER', 'method'),
        ('litware', None, 'carol@' + HOME, 'BYE', 'no-dialog'),
    )),
    ('One of our own', (
        ('carol', None, 'eve@spam.example', 'MESSAGE', 'blocked'),
        ('carol', None, 'ann@unheard-of.example', 'MESSAGE', 'srv-none'),
        ('carol', None, 'tim@tailspin.example', 'MESSAGE', 'srv-domain'),
        ('carol', None, 'olga@another.example', 'MESSAGE', 'hosted'),
        ('carol', None, 'ann@trey.example', 'MESSAGE', 'connect'),
        ('carol', None, 'paul@proseware.example', 'MESSAGE', 'tls-name'),
        ('carol', None, 'joe@cloud.example', 'INVITE', 'media'),
        ('heidi', None, 'bob@fabrikam.example', 'MESSAGE', 'user-federation'),
        ('heidi', None, 'joe@cloud.example', 'MESSAGE', 'user-public'),
    )),
)


def play(story, world):
    ways = Ways(world.hanse)
    told = set()
    for title, rows in REFUSALS:
        story.chapter('Refused: ' + title.lower())
        for row in rows:
            told.add(one(story, world, ways, *row))
    check(not quiet(world), 'something that was refused arrived: %s' % ', '.join(quiet(world)))
    story.line()
    story.note('%d reasons. All that there are, with what to do about them, stand in docs/failures.md.' % len(told))


def one(story, world, ways, role, claimed, to, method, reason):
    sender = world.people.get(role) or world.neighbours.by_role[role]
    dialog = sender.dialog('sip:' + to)
    dialog.local = 'sip:' + claimed if claimed else dialog.local
    if method == 'BYE':
        dialog.remote_tag = 'of-no-dialog'
    body = {'INVITE': OFFER, 'MESSAGE': 'Hello?'}.get(method, '')
    request = dialog.request(method, body, 'application/sdp' if method == 'INVITE' else None)
    since = time.monotonic()
    sender.send(request)
    back = sender.take_answer(request, low=300, seconds=15).message
    took = milliseconds(since)
    if method == 'INVITE':
        sender.send(dialog.ack(back))
    event = ways.refusal(request.call_id)
    check(event['reason'] == reason, '%s was refused because of %s, not %s: %s' % (
        method, event['reason'], reason, event['text']))
    what = '%s: %s' % (method, back.start.split(' ', 1)[1])
    story.said(claimed or conversations.name(sender), to, story.paint('red', '%-34s' % what), took)
    story.note('%s. %s' % (reason, event['text']))
    return reason
