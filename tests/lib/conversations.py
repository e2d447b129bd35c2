"""What the people of the demo say to each other: each conversation in both directions, each checked."""
import re
import time

import sip
from process import wait_for
from ways import Ways
from world import EDGE, HOME, PARTNER

OFFER_IM = ('v=0\r\no=- 0 0 IN IP4 {0}\r\ns=session\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=message 5060 sip null\r\n'
            'a=accept-types:text/plain text/html application/im-iscomposing+xml\r\n')
PIDF = ('<?xml version="1.0" encoding="UTF-8"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{0}">'
        '<tuple id="t1"><status><basic>open</basic></status><note>{1}</note></tuple></presence>')


class Wrong(Exception):
    """A conversation did not go as it should."""


def check(condition, what):
    if not condition:
        raise Wrong(what)


def milliseconds(since):
    return (time.monotonic() - since) * 1000


def play(story, world):
    """All conversations in order; Wrong, Late or NotReady when one does not happen."""
    people = world.people
    pairs = (('alice', 'bob'), ('bob', 'alice')), (('carol', 'dave'), ('dave', 'carol'))
    ways = Ways(world.hanse)
    phones = [(people[a], people[b]) for a, b in pairs[0]]
    scripted = [(people[a], people[b]) for a, b in pairs[1]]
    story.chapter('A page-mode message (MESSAGE, RFC 3428)')
    for number, (sender, receiver) in enumerate(phones):
        page(story, ways, sender, receiver, ('Moin! Is the ship in yet?', 'Came in with the tide.')[number])
    story.chapter('An IM session (INVITE with m=message, MESSAGE in the dialog, BYE)')
    for sender, receiver in scripted:
        session(story, ways, sender, receiver)
    story.chapter('A call (INVITE, early media, answer, re-INVITE, BYE)')
    for caller, callee in phones:
        call(story, ways, caller, callee)
    story.chapter('Presence (SUBSCRIBE, NOTIFY)')
    for watcher, watched in scripted:
        presence(story, ways, watcher, watched)
    story.chapter('Are you there? (OPTIONS)')
    for asker, asked in scripted:
        options(story, ways, asker, asked)
    story.chapter('Refused')
    refused(story, ways, world)


def page(story, ways, sender, receiver, text):
    since = time.monotonic()
    sender.command('message', text)
    message = receiver.arrived(lambda m: m.is_request and m.method == 'MESSAGE' and m.body.decode() == text)
    sender.arrived(lambda m: not m.is_request and m.call_id == message.call_id and m.status == 200)
    tell(story, sender, receiver, '“%s”' % text, milliseconds(since), ways.of(message.call_id, 'MESSAGE'))


def tell(story, sender, receiver, what, took, carried):
    """A line of the conversation, and how Hanse carried it."""
    story.said(name(sender), name(receiver), what, took, carried.sentence() if carried else None)


def name(phone):
    return '%s@%s' % (phone.user, phone.domain)


def exchange(story, ways, sender, receiver, request, what, status=200, **answer):
    """Sends a request, has it answered, returns (what arrived, the answer that came back)."""
    since = time.monotonic()
    sender.send(request)
    arrival = receiver.take_request(request.method, call_id=request.call_id)
    check(arrival.message.body == request.body, 'the body of a %s arrived changed' % request.method)
    receiver.answer(arrival, status, **answer)
    back = sender.take_answer(request).message
    check(back.status == status, '%s was answered %s' % (request.method, back.start))
    tell(story, sender, receiver, what, milliseconds(since), ways.of(request.call_id, request.method, status))
    return arrival, back


def session(story, ways, sender, receiver):
    ours = sender.dialog(receiver.uri)
    invite = ours.request('INVITE', OFFER_IM.format(sender.address), 'application/sdp')
    since = time.monotonic()
    sender.send(invite)
    arrival = receiver.take_request('INVITE', call_id=invite.call_id)
    check(b'm=message 5060 sip null' in arrival.message.body, 'the offer arrived changed')
    theirs = receiver.dialog_from(arrival.message)
    receiver.answer(arrival, 200, tag=theirs.local_tag, contact=receiver.contact(receiver.user),
                    body=OFFER_IM.format(receiver.address), content_type='application/sdp')
    back = sender.take_answer(invite).message
    check(back.status == 200, 'the invitation was answered ' + back.start)
    ours.learn(back)
    sender.send(ours.ack(back))
    receiver.take_request('ACK', call_id=invite.call_id)
    tell(story, sender, receiver, 'opens a session', milliseconds(since), ways.of(invite.call_id, 'INVITE'))
    for said in ('The salt is loaded.', 'Twelve barrels of it.'):
        exchange(story, ways, sender, receiver, ours.request('MESSAGE', said), '“%s”' % said)
    exchange(story, ways, receiver, sender, theirs.request('MESSAGE', 'Good. The herring waits.'),
             '“Good. The herring waits.”')
    exchange(story, ways, receiver, sender, theirs.request('BYE'), 'ends the session')


def call(story, ways, caller, callee):
    mine, its = len(caller.poll()), len(callee.poll())
    since = time.monotonic()
    caller.command('dial', callee.uri)
    caller.wait_event('CALL_PROGRESS', mine)
    invite = callee.arrived(lambda m: m.is_request and m.method == 'INVITE' and caller.uri in m.get('From'))
    tell(story, caller, callee, 'calls; early media flows', milliseconds(since), ways.of(invite.call_id, 'INVITE', 183))
    since = time.monotonic()
    callee.command('accept')
    caller.wait_event('CALL_ESTABLISHED', mine)
    callee.wait_event('CALL_ESTABLISHED', its)
    tell(story, callee, caller, 'picks up', milliseconds(since), ways.of(invite.call_id, 'INVITE'))
    time.sleep(0.6)  # people talk: some sound is to flow
    for command, what in (('hold', 'puts the call on hold'), ('resume', 'takes it up again')):
        since = time.monotonic()
        had = len([1 for arrived, m in callee.trace() if arrived and m.is_request and m.method == 'ACK'])
        caller.command(command)
        callee_acks(callee, had)
        tell(story, caller, callee, what + ' (re-INVITE)', milliseconds(since), ways.of(invite.call_id, 'INVITE'))
    time.sleep(0.6)
    since = time.monotonic()
    callee.command('hangup')
    caller.wait_event('CALL_CLOSED', mine)
    callee.wait_event('CALL_CLOSED', its)
    tell(story, callee, caller, 'hangs up', milliseconds(since), ways.of(invite.call_id, 'BYE'))
    sound(story, caller, callee)


def callee_acks(callee, had):
    """Waits for one ACK more than there were: the re-INVITE is through."""
    wait_for(lambda: len([1 for arrived, m in callee.trace() if arrived and m.is_request and m.method == 'ACK']) > had,
             10, 're-INVITE of ' + callee.uri, callee.child, step=0.004)


def sound(story, caller, callee):
    wait_for(lambda: caller.heard() and callee.heard(), 5, 'statistics of the call', caller.child)
    sent, received = caller.heard()[-1]
    check(sent > 20 and received > 20, 'sound flowed only one way: %d sent, %d received' % (sent, received))
    story.note('%d packets of sound one way, %d the other, between the phones themselves' % (sent, received))


def presence(story, ways, watcher, watched):
    dialog = watcher.dialog(watched.uri)
    subscribe = dialog.request('SUBSCRIBE')
    subscribe.add('Event', 'presence')
    subscribe.add('Accept', 'application/pidf+xml')
    subscribe.add('Expires', '600')
    since = time.monotonic()
    watcher.send(subscribe)
    back = watcher.take_answer(subscribe).message
    check(back.status in (200, 202), 'SUBSCRIBE was answered ' + back.start)
    dialog.learn(back)
    tell(story, watcher, watched, 'asks to see the presence', milliseconds(since),
         ways.of(dialog.call_id, 'SUBSCRIBE', back.status))
    notified(watcher, dialog, 'active')
    tell(story, watched, watcher, 'shows what there is', milliseconds(since), ways.of(dialog.call_id, 'NOTIFY'))
    note = 'at the harbour' if watched.domain == PARTNER else 'in the counting house'
    publish = watched.dialog(watched.uri).request('PUBLISH', PIDF.format(watched.uri, note), 'application/pidf+xml')
    publish.add('Event', 'presence')
    publish.add('Expires', '600')
    since = time.monotonic()
    watched.send(publish)
    check(watched.take_answer(publish).message.status == 200, 'PUBLISH was refused')
    told = notified(watcher, dialog, 'active')
    check(note.encode() in told.body, 'the notification does not carry the note')
    tell(story, watched, watcher, 'is “%s”' % note, milliseconds(since), ways.of(dialog.call_id, 'NOTIFY'))
    since = time.monotonic()
    end = dialog.request('SUBSCRIBE')
    end.add('Event', 'presence')
    end.add('Expires', '0')
    watcher.send(end)
    back = watcher.take_answer(end).message
    check(back.status in (200, 202), 'the subscription could not be ended')
    tell(story, watcher, watched, 'has seen enough', milliseconds(since),
         ways.of(dialog.call_id, 'SUBSCRIBE', back.status))
    notified(watcher, dialog, 'terminated')
    tell(story, watched, watcher, 'shows no more', milliseconds(since), ways.of(dialog.call_id, 'NOTIFY'))


def notified(watcher, dialog, state):
    arrival = watcher.take_request('NOTIFY', call_id=dialog.call_id)
    watcher.answer(arrival, 200)
    got = arrival.message.get('Subscription-State') or ''
    check(got.startswith(state), 'NOTIFY says %s, not %s' % (got, state))
    return arrival.message


def options(story, ways, asker, asked):
    dialog = asker.dialog('sip:' + asked.domain)
    request = dialog.request('OPTIONS')
    since = time.monotonic()
    asker.send(request)
    back = asker.take_answer(request).message
    check(back.status == 200, 'OPTIONS was answered ' + back.start)
    took, carried = milliseconds(since), ways.of(dialog.call_id, 'OPTIONS')
    story.said(name(asker), asked.domain, '“Are you there?” “Yes.”', took, carried.sentence() if carried else None)


def refused(story, ways, world):
    """The partner's dave claims to be somebody that his organisation may not speak for."""
    dave, carol = world.people['dave'], world.people['carol']
    claims = [('ceo@' + HOME, 'one of our own people, from outside')]
    if world.hanse:  # a Kamailio without a router in front of it would let this one pass
        claims.append(('cfo@litware.example', 'somebody of an organisation that this edge cannot speak for'))
    for claimed, why in claims:
        dialog = dave.dialog(carol.uri)
        dialog.local = 'sip:' + claimed
        request = dialog.request('MESSAGE', 'Please pay the enclosed bill at once.')
        since = time.monotonic()
        dave.send(request)
        back = dave.take_answer(request).message
        check(back.status == 403, 'a forged From was answered ' + back.start)
        story.said(claimed, name(carol), story.paint('red', '%-34s' % back.start.split(' ', 1)[1]), milliseconds(since))
        story.note('sent by dave through %s, as %s' % (EDGE, why))
        if world.hanse:
            event = ways.refusal(request.call_id)
            story.note('Hanse on link %s: %s' % (event['link'], event['text']))
            explain(story, world, claimed, name(carol), event['reason'])
    silent = [arrival for arrival in carol.inbox if arrival.message.method == 'MESSAGE']
    check(not silent, 'a refused message reached carol')


def explain(story, world, sender, receiver, reason):
    """What `hansectl explain` says of it: the same reason as the log, and each of the five things on a line of its own."""
    status, text = world.hanse.ctl('explain', 'sip:' + sender, 'sip:' + receiver, '--names', EDGE,
                                   '--method', 'MESSAGE')
    check(status == 1, 'hansectl explain does not refuse this (exit status %d): %s' % (status, text))
    said = dict(re.findall(r'^(\w+)\s+(\S.*)$', text, re.MULTILINE))
    check(said.get('reason') == reason, 'the log says %s, explain says %s' % (reason, said.get('reason')))
    story.note('hansectl explain sip:%s sip:%s --names %s' % (sender, receiver, EDGE))
    for key in ('partner', 'type', 'rule', 'verdict', 'cure'):
        check(key in said, 'explain does not say the %s' % key)
        story.line('          %s %s' % (story.paint('dim', '%-8s' % key), story.paint('yellow', said[key])))


def be_polite(world):
    """While the demo stays up, the scripted phones answer what strangers send them."""
    for user in ('carol', 'dave'):
        phone = world.people[user]
        for arrival in list(phone.inbox):
            phone.inbox.remove(arrival)
            message = arrival.message
            if message.is_request and message.method != 'ACK':
                phone.answer(arrival, 200 if message.method in ('MESSAGE', 'BYE', 'NOTIFY', 'OPTIONS') else 480,
                             tag=sip.token(4))
