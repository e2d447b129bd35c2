#!/usr/bin/python3
"""Links outlive protocol code (design §4.5): between two messages a link passes to the successor at once, in the middle of
one the old code finishes framing it, and whoever never finishes does not keep old code alive for ever.

    test_links.py [NAME…]      only these: idle halves never"""
import sys
import time

from trial import HOME, PARTNER, Dialog, NotReady, Trial, Wrong, main, response, wait_for

MESSAGE_TIME = 11  # s: limits.code_age is at its least, 10 s, and is looked at every second


class Links(Trial):
    def draining(self):
        return [row for row in self.hanse.ctl_json('generations')['rows'] if 'module' in row]

    def wait_gone(self, seconds):
        try:
            wait_for(lambda: not self.draining(), seconds, 'old code ends')
        except NotReady:
            raise Wrong('old code is still there: %s' % self.draining()) from None

    def replace_sip(self):
        self.hanse.rebuild('sip')
        self.reload_well(self.good)

    def request(self, text):
        endpoint = self.cast.endpoint('partner')
        dialog = Dialog('sip:bob@' + PARTNER, 'sip:alice@' + HOME, endpoint.via, endpoint.contact('bob'))
        return dialog.request('MESSAGE', text)

    def arrive(self, request):
        arrival = self.cast.endpoint('home').take_request('MESSAGE', 5, request.call_id)
        self.cast.endpoint('home').send(response(arrival.message, 200, tag='h'), arrival.link)
        self.cast.endpoint('partner').take_answer(request)
        return arrival

    def idle(self):
        """Nobody says anything on these links any more; they are the successor's all the same, also when they end."""
        links = [self.cast.endpoint('partner').dial(self.cast.targets['partner'][0],
                                                    self.cast.client_contexts['partner'],
                                                    self.cast.targets['partner'][1]) for _ in range(20)]
        self.cast.reactor.idle(0.2)
        for number, link in enumerate(links):
            if not link.open:
                raise Wrong('a link is closed: %s' % link.closed)
            request = self.request('one %d' % number)
            self.cast.endpoint('partner').send(request, link)
            self.arrive(request)
        for _ in range(3):
            self.replace_sip()
            self.wait_gone(3)
            if not all(link.open for link in links):
                raise Wrong('a link was closed because code changed')
        for link in links[:10]:
            link.close()
        for link in links[10:15]:
            link.reset()
        self.cast.reactor.idle(0.3)
        request = self.request('the last one')
        self.cast.endpoint('partner').send(request, links[15])
        self.arrive(request)
        for link in links[15:]:
            link.close()
        self.cast.reactor.idle(0.2)

    def halves(self):
        """G3: each message is cut somewhere else while sip.so is replaced; it arrives once and whole."""
        link = self.cast.own_link('partner')
        for share in (0.01, 0.3, 0.7, 0.99):
            request = self.request('cut at %d %%' % (100 * share))
            data = request.bytes()
            cut = max(1, int(len(data) * share))
            link.send(data[:cut])
            self.cast.reactor.idle(0.1)
            self.replace_sip()
            held = self.draining()
            if len(held) != 1 or ' 1 links' not in held[0]['holds']:
                raise Wrong('who holds the old code is not said: %s' % held)
            link.send(data[cut:])
            arrival = self.arrive(request)
            if arrival.message.body != request.body:
                raise Wrong('it arrived as %r' % arrival.message.body)
            self.wait_gone(5)
        if not link.open:
            raise Wrong('the link was closed: %s' % link.closed)

    def never(self):
        """G10: half a message and nothing more: the link is closed, the old code ends."""
        self.good = self.hanse.changed(lambda config: config.update(limits={'code_age': '10s'}))
        self.reload_well(self.good)
        link = self.cast.own_link('partner')
        link.send(self.request('never to be finished').bytes()[:100])
        self.cast.reactor.idle(0.1)
        began = time.monotonic()
        self.replace_sip()
        self.exchange()
        self.cast.reactor.until(lambda: link.closed, MESSAGE_TIME + 4, 'the link is closed')
        if time.monotonic() - began < 9:
            raise Wrong('it was closed at once: %s' % link.closed)
        self.wait_gone(5)
        self.cast.own_links.pop('partner')


NAMES = ('idle', 'halves', 'never')


if __name__ == '__main__':
    sys.exit(main('links', Links, NAMES))
