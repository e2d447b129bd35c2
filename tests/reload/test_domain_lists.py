#!/usr/bin/python3
"""The domain lists and the direct type in a running router: what a configuration may not say (R11, R12), what is blocked
in both directions and on label borders (R9, R10), who may speak for a direct partner (R19), and that the hits of a rule
outlive a reload.

    test_domain_lists.py [NAME…]      only these"""
import sys

from trial import HOME, PARTNER, Dialog, Trial, Wrong, lacks, main, response


def expect(condition, what):
    if not condition:
        raise Wrong(what)


class DomainLists(Trial):
    def lists(self, allow=(), block=(), more=None):
        def change(config):
            for module in config['modules']:
                if module['name'] == 'domains':
                    module.update(allow=list(allow), block=list(block))
            if more:
                more(config)
        return self.hanse.changed(change)

    def refused(self, config, *phrases, places=1):
        """--check refuses it with these words and names so many lines of the file."""
        self.hanse.write(config)
        status, text = self.hanse.check()
        expect(status == 78, '--check ended with %d:\n%s' % (status, text))
        expect(not lacks(text, phrases), 'it lacks %s:\n%s' % (lacks(text, phrases), text))
        expect(text.count('hanse.conf:') >= places, 'it does not name %d lines:\n%s' % (places, text))

    def rules(self):
        """domain → hits, from the command."""
        def walk(value):
            if isinstance(value, dict) and {'domain', 'hits'} <= value.keys():
                found[value['domain']] = value['hits']
            elif isinstance(value, (dict, list)):
                for item in value.values() if isinstance(value, dict) else value:
                    walk(item)
        found = {}
        walk(self.hanse.ctl_json('domains'))
        return found

    def status_to(self, domain):
        endpoint = self.cast.endpoint('home')
        dialog = Dialog('sip:alice@' + HOME, 'sip:bob@' + domain, endpoint.via, endpoint.contact('alice'))
        return self.ask('home', dialog.request('MESSAGE', 'hello'))

    def status_from(self, domain, role='partner'):
        endpoint = self.cast.endpoint(role)
        dialog = Dialog('sip:bob@' + domain, 'sip:alice@' + HOME, endpoint.via, endpoint.contact('bob'))
        return self.ask(role, dialog.request('MESSAGE', 'hello'))

    def ask(self, role, request):
        """Sends it, answers it where it arrives, and returns the status that comes back."""
        sender = self.cast.endpoint(role)
        receiver = self.cast.endpoint('home' if role != 'home' else 'partner')
        sender.send(request, self.cast.own_link(role))
        self.cast.reactor.until(lambda: sender.inbox or receiver.inbox, 5, 'the message or a refusal')
        for arrival in list(receiver.inbox):
            receiver.inbox.remove(arrival)
            receiver.send(response(arrival.message, 200, tag='r'), arrival.link)
        return sender.take_answer(request).message.status

    # ---- tests ----

    def clashes(self):
        """R11"""
        self.refused(self.lists(['a.example'], ['a.example']), 'a.example is in block here and in allow at', places=2)
        self.refused(self.lists([], ['a.example', 'b.example', 'A.Example']), 'a.example is in block twice', places=2)
        self.refused(self.lists([], [HOME]), 'one of our own domains', 'take it out of block', places=2)
        self.refused(self.lists([HOME]), 'one of our own domains', 'take it out of allow', places=2)
        self.refused(self.lists([], [PARTNER]), 'it is a partner at', places=2)

    def spellings(self):
        """R12"""
        def edge(value):
            return lambda config: config['partners'][0].update(edge=value)
        self.refused(self.lists(more=edge('192.0.2.7:5061')), '"192.0.2.7" is an IP address')
        self.refused(self.lists(more=edge('[2001:db8::7]:5061')), 'is an IP address')
        self.refused(self.lists(more=edge('sip_edge.fabrikam.example')), 'edge')
        self.refused(self.lists([], ['192.0.2.7']), 'block')
        self.refused(self.lists([], ['under_score.example']), 'block')
        self.refused(self.lists([], ['.'.join(['label'] * 50)]), 'block')

    def blocked(self):
        """R9, R10: by the longest pattern, in both directions, on label borders."""
        self.reload_well(self.lists([], ['example.test', 'brikam.example']))
        expect((self.status_to(PARTNER), self.status_from(PARTNER)) == (200, 200), 'blocked though on no label border')
        self.reload_well(self.lists([], ['example']))
        expect((self.status_to(PARTNER), self.status_from(PARTNER)) == (403, 403), 'not blocked by a domain above it')
        expect('domains.blocked' in str(self.hanse.counters()), 'there is no counter')
        self.reload_well(self.lists([PARTNER], ['example']))
        expect((self.status_to(PARTNER), self.status_from(PARTNER)) == (200, 200), 'a longer allow does not decide')
        self.reload_well(self.lists([], ['it.' + PARTNER]))
        expect((self.status_to(PARTNER), self.status_from(PARTNER)) == (200, 200), 'blocked by a domain below it')
        expect((self.status_to('it.' + PARTNER), self.status_from('x.it.' + PARTNER)) == (403, 403), 'below it: passes')

    def hits(self):
        """What was counted is kept by a reload, for the rules that are still there."""
        self.reload_well(self.lists([], ['kept.' + PARTNER, 'gone.' + PARTNER]))
        for name in ('kept', 'kept', 'kept', 'gone'):
            expect(self.status_to('%s.%s' % (name, PARTNER)) == 403, name + ' passes')
        expect(self.rules() == {'kept.' + PARTNER: 3, 'gone.' + PARTNER: 1}, 'hits: %r' % self.rules())
        self.reload_well(self.lists([], ['new.' + PARTNER, 'kept.' + PARTNER]))
        expect(self.rules() == {'kept.' + PARTNER: 3, 'new.' + PARTNER: 0}, 'after a reload: %r' % self.rules())
        self.hanse.rebuild('domains')
        self.reload_well(self.lists([], ['new.' + PARTNER, 'kept.' + PARTNER]))
        self.status_to('kept.' + PARTNER)
        expect(self.rules()['kept.' + PARTNER] == 4, 'after a rebuild: %r' % self.rules())

    def edge_name(self):
        """R19: another peer that uses the partner's domain is refused, and the log says which names it proved."""
        mark = len(self.hanse.child.log())
        link = self.cast.connect('mallory', 'outside', 'with certificate dns:%s,dns:other.example' % PARTNER)
        expect(link.open, 'it cannot even connect: %s' % link.closed)
        expect(self.status_from(PARTNER, 'mallory') == 403, 'a peer without the name of the edge may speak for it')
        self.wait_log(mark, ['proved %s, other.example' % PARTNER, 'only sip.%s may speak for %s' % (PARTNER, PARTNER)])
        expect(self.status_from(PARTNER) == 200, 'the partner itself may not')


NAMES = ('clashes', 'spellings', 'blocked', 'hits', 'edge_name')

if __name__ == '__main__':
    sys.exit(main('domain-lists', DomainLists, NAMES))
