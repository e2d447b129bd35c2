#!/usr/bin/python3
"""The good plugins of tests/plugins in a running router: deferred verdicts, questions that are answered later, marks,
vetoes on answers, an observer with its command. Each is loaded by a reload and taken out by another.

    test_stage_plugins.py [NAME…]      only these"""
import os
import sys
import time

from trial import PARTNER, Trial, Wrong, hanse, main, response


def expect(condition, what):
    if not condition:
        raise Wrong(what)


class StagePlugins(Trial):
    def use(self, name, options=None, stages=(), more=None):
        self.install('test_modules', name)
        self.reload_well(self.with_module(name, options or {}, stages, more))

    def deliver(self, user='bob', seconds=5):
        """One message that arrives and is answered: how long it took to arrive."""
        began = time.monotonic()
        message = self.message(user=user)
        arrival = self.cast.endpoint('partner').take_request('MESSAGE', seconds, message.call_id)
        took = time.monotonic() - began
        self.cast.endpoint('partner').send(response(arrival.message, 200, tag='p'), arrival.link)
        self.status(message)
        return took

    def status(self, message, seconds=5):
        return self.cast.endpoint('home').take_answer(message, seconds=seconds).message.status

    def counter(self, name):
        return sum(value for key, value in self.hanse.counters().items() if key.endswith(name))

    # ---- one method for each plugin ----

    def defer(self):
        for stage in ('admit', 'routed'):
            self.use('defer', {'delay': '300ms'}, [stage])
            expect(self.deliver('bob') < 0.25, stage + ': somebody else waits')
            expect(0.28 < self.deliver('defer-bob') < 2, stage + ': it does not wait for the verdict')
            expect(self.deliver('defer-now-bob') < 0.25, stage + ': an early answer does not count')
            self.others_pass(stage)
        self.use('defer', {'delay': '50ms', 'verdict': 'deny'}, ['admit'])
        for user in ('defer-bob', 'defer-now-bob'):
            expect(self.status(self.message(user=user)) == 403, 'a denial that comes later is no 403')
        self.reload_while_deferred()

    def others_pass(self, stage):
        """Only its own conversation is held, not the link."""
        held, free = self.message(user='defer-bob'), self.message(user='bob')
        partner = self.cast.endpoint('partner')
        first = partner.take(lambda m: m.is_request, 5, 'the first of two')
        expect(first.message.call_id == free.call_id, stage + ': the link is held')
        second = partner.take_request('MESSAGE', 5, held.call_id)
        for arrival, message in ((first, free), (second, held)):
            partner.send(response(arrival.message, 200, tag='p'), arrival.link)
            expect(self.status(message) == 200, stage + ': no answer')

    def reload_while_deferred(self):
        """The module is taken out while a verdict is out: the message goes on when that has come."""
        self.use('defer', {'delay': '1s'}, ['admit'])
        before = self.counter('defer.deferred')
        message = self.message(user='defer-bob')
        self.cast.reactor.idle(0.1)
        expect(self.counter('defer.deferred') == before + 1, 'the verdict is not out')
        self.reload_well(self.good)
        arrival = self.cast.endpoint('partner').take_request('MESSAGE', 5, message.call_id)
        self.cast.endpoint('partner').send(response(arrival.message, 200, tag='p'), arrival.link)
        expect(self.status(message) == 200, 'a message that waited for a module that left is not answered')

    def late(self):
        def partner_is_late(config):
            config['partners'][0]['type'] = 'late'
        self.use('late', more=partner_is_late)
        self.exchange(10)
        link = self.cast.own_link('partner')
        request = self.inbound()
        self.cast.endpoint('partner').send(request, link)
        arrival = self.cast.endpoint('home').take_request('MESSAGE', 5, request.call_id)
        self.cast.endpoint('home').send(response(arrival.message, 200, tag='h'), arrival.link)
        answer = self.cast.endpoint('partner').take_answer(request).message
        expect(answer.status == 200, 'from outside it is answered %d' % answer.status)

    def inbound(self):
        from sip import Dialog
        endpoint = self.cast.endpoint('partner')
        dialog = Dialog('sip:bob@' + PARTNER, 'sip:alice@contoso.example', endpoint.via, endpoint.contact('bob'))
        return dialog.request('MESSAGE', 'hello')

    def watcher(self):
        self.use('watcher')
        self.exchange(3)
        status, text = self.hanse.ctl('watcher')
        expect(status == 0 and 'accepted' in text and 'link_down' in text, 'the command says %d: %s' % (status, text))
        rows = self.rows('watcher')
        expect(rows['accepted'] == 3 and rows['answered'] == 3 and rows['refused'] == 0, 'it saw %r' % rows)
        expect(self.rows('watcher', 'answered') == {'answered': 3}, 'its argument does not arrive')
        expect(self.hanse.ctl('watcher', 'nonsense')[0] == 5, '"no such thing" does not arrive as exit status 5')

    def rows(self, *command):
        def walk(value):
            if isinstance(value, dict) and 'event' in value:
                found[value['event']] = value['seen']
            elif isinstance(value, (dict, list)):
                for item in value.values() if isinstance(value, dict) else value:
                    walk(item)
        found = {}
        walk(self.hanse.ctl_json(*command))
        return found

    def marker(self):
        self.use('marker', stages=['admit'])
        self.deliver('bob')
        mark = len(self.hanse.child.log())
        self.deliver('mark-log')
        self.wait_log(mark, ['to=somebody'])
        expect('mark-log@' not in self.log_from(mark), 'the address is in the log although a mark replaces it')

    def veto_answer(self):
        self.use('veto_answer', {'deny': [486]}, ['answer'])
        partner = self.cast.endpoint('partner')
        for status, wanted in ((486, None), (404, 404), (200, 200)):
            message = self.message()
            arrival = partner.take_request('MESSAGE', 5, message.call_id)
            partner.send(response(arrival.message, status, tag='p'), arrival.link)
            got = self.status(message)
            expect(got == wanted if wanted else got != 486 and got >= 400, '%d became %d' % (status, got))


NAMES = ('defer', 'late', 'watcher', 'marker', 'veto_answer')

if __name__ == '__main__':
    if not os.path.isdir(os.path.join(hanse.build_folder(), 'test_modules')):
        print('tests/plugins is not built: ./dev build')
        sys.exit(77)
    sys.exit(main('stage-plugins', StagePlugins, NAMES))
