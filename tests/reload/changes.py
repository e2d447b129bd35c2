"""What a reload may be about, what runs through the router meanwhile, and what is looked at afterwards."""
import os
import time

from trial import NotReady, Trial, Wrong, hanse, response, wait_for

KINDS = ('settings', 'partners', 'certificate', 'domains', 'sip')
PARTNERS = 1000  # so that one list that stays behind is seen
GONE = 45        # s until the last residual transaction (64*T1) has ended


class Changes(Trial):
    """One router under traffic; `number` counts its reloads."""

    def __init__(self, lab):
        super().__init__(lab)
        self.number = 0
        self.sanitized = b'libasan' in open(hanse.program('hanse'), 'rb').read()
        self.base = self.hanse.changed(self._many_partners)
        self.reload_well(self.base)
        self.good = self.base

    @staticmethod
    def _many_partners(config):
        for number in range(PARTNERS):
            domain = 'd%d.example' % number
            config['partners'].append({'domain': domain, 'type': 'direct', 'edge': 'sip.%s:5061' % domain})

    # ---- kinds: each changes something and returns the configuration to be loaded ----

    def change_settings(self):
        def change(config):
            config['modules'][0]['timer_c'] = '%ds' % (200 + self.number % 7)
            config['limits'] = {'held_per_conversation': 20 + self.number % 9}
        return self._copy(change)

    def change_partners(self):
        def change(config):
            config['partners'][-1]['domain'] = 'new%d.example' % self.number
        return self._copy(change)

    def change_certificate(self):
        cast = self.cast
        for which, authority, name in (('edge', cast.partners, self.hanse.config['node']),
                                       ('inside', cast.corporate, self.hanse.config['listen'][0]['name'])):
            self.hanse.install(which, authority.issue('renewed', [name], serial=1000 + self.number))
        return self.base

    def change_domains(self):
        self.hanse.rebuild('domains')
        return self._copy(lambda config: config['modules'][2].update(block=['evil%d.example' % self.number]))

    def change_sip(self):
        self.hanse.rebuild('sip')
        return self.base

    def _copy(self, change):
        kept, self.hanse.config = self.hanse.config, self.base
        try:
            return self.hanse.changed(change)
        finally:
            self.hanse.config = kept

    # ---- what is looked at ----

    def instances(self):
        """The instances that are not the running generation's."""
        return [row for row in self.hanse.ctl_json('generations')['rows'] if 'module' in row]

    def maps(self):
        with open('/proc/%d/maps' % self.hanse.child.pid) as file:
            return sorted({line.split(None, 5)[5].strip() for line in file if '/cache/code/' in line})

    def descriptors(self):
        folder = '/proc/%d/fd' % self.hanse.child.pid
        found = []
        for number in os.listdir(folder):
            try:
                found.append(os.readlink(os.path.join(folder, number)))
            except FileNotFoundError:
                pass  # closed meanwhile
        return sorted(found)

    def wait_descriptors(self, before):
        """Those of hansectl's own connection may close a moment later."""
        try:
            wait_for(lambda: len(self.descriptors()) == len(before), 5, 'descriptors')
        except NotReady:
            raise Wrong('%d descriptors, %d before: %s' % (len(self.descriptors()), len(before),
                                                           self.descriptors())) from None

    def memory(self):
        with open('/proc/%d/status' % self.hanse.child.pid) as file:
            return next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))

    def accepted_links(self):
        own = self.cast.own_links
        return {role: [link for link in self.cast.endpoint(role).links if link is not own.get(role)]
                for role in ('home', 'partner')}

    # ---- one reload in the middle of everything ----

    def in_hand(self, count):
        """Messages that have reached the partner, who has not answered yet."""
        sent = [self.message('in hand %d' % n) for n in range(count)]
        return [(message, self.cast.endpoint('partner').take_request('MESSAGE', 8, message.call_id)) for message in sent]

    def settle(self, handed):
        for message, arrival in handed:
            self.cast.endpoint('partner').send(response(arrival.message, 200, tag='p'), arrival.link)
        for message, _ in handed:
            status = self.cast.endpoint('home').take_answer(message).message.status
            if status != 200:
                raise Wrong('a message that was in hand during a reload was answered %d' % status)

    def once(self, kind, session):
        self.number += 1
        config = getattr(self, 'change_' + kind)()
        handed = self.in_hand(3)
        flying = [self.message('flying %d' % n) for n in range(10)]  # unread when the reload begins
        began = time.monotonic()
        self.reload_well(config)
        took = time.monotonic() - began
        for message in flying:
            handed.append((message, self.cast.endpoint('partner').take_request('MESSAGE', 8, message.call_id)))
        self.settle(handed)
        session.talk('after reload %d' % self.number)
        return took

    def wait_empty(self):
        try:
            wait_for(lambda: not self.instances(), GONE, 'old generations end', step=0.2)
        except NotReady:
            raise Wrong('still there: %s' % self.instances()) from None
        if self.sanitized:
            return  # code stays open, for the symbols in a leak report
        maps = self.maps()
        if len(maps) != 3 or any('deleted' in path for path in maps):
            raise Wrong('code is mapped that does not run: %s' % maps)
