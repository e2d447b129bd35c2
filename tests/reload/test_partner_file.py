#!/usr/bin/python3
"""`hansectl partner`: a file of its own, judged by the router's code before it counts, and told to the router (L1, L2).

    test_partner_file.py [NAME…]      only these"""
import json
import os
import subprocess
import sys
import threading

from trial import HOME, PARTNER, Trial, Wrong, hanse, lacks, main


def expect(condition, what):
    if not condition:
        raise Wrong(what)


class PartnerFile(Trial):
    def prepare(self):
        self.hanse.config['modules'] += [{'name': 'enhanced'}, {'name': 'hosting', 'providers': [
            {'name': 'cloud', 'edge': 'sip.cloud.example', 'enabled': True}]}]
        self.folder = os.path.join(self.hanse.folder, 'conf.d')
        self.path = os.path.join(self.folder, 'partners.conf')

    def command(self, *words, config=None):
        done = subprocess.run([hanse.program('hansectl'), '--config', config or self.hanse.config_path, 'partner', *words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def does(self, *words, says=''):
        status, text = self.command(*words)
        expect(status == 0 and says in text, '%s ended with %d:\n%s' % (' '.join(words), status, text))
        return text

    def fails(self, status, *words, says=()):
        """It ends so, says this, and changes nothing."""
        before = self.content()
        got, text = self.command(*words)
        expect(got == status and not lacks(text, says), '%s ended with %d, not %d, or lacks %s:\n%s' % (
            ' '.join(words), got, status, lacks(text, says), text))
        expect(self.content() == before, 'the file is another')
        left = os.listdir(self.folder) if os.path.isdir(self.folder) else []
        expect(left in ([], ['partners.conf']), 'something is left in conf.d: %s' % left)

    def content(self):
        try:
            with open(self.path, encoding='utf-8') as file:
                return file.read()
        except FileNotFoundError:
            return None

    def reason(self, domain):
        return self.hanse.ctl('explain', 'alice@' + HOME, 'bob@' + domain)[1]

    def anew(self):
        """No file, and the router knows."""
        if self.content() is not None:
            os.unlink(self.path)
        self.hanse.ctl('reload')

    # ---- tests ----

    def added(self):
        """A partner with its edge, one that the DNS is asked for, one of a provider; and out again."""
        self.does('add', 'litware.example', '--edge', 'sip.litware.example:5061', '--comment', 'since "May"\\\tand é',
                  says='the router knows it')
        self.does('add', 'wingtip.example')
        self.does('add', 'hosted.example', '--provider', 'cloud')
        for domain, kind in (('litware', 'direct'), ('wingtip', 'enhanced'), ('hosted', 'hosting')):
            found = self.reason(domain + '.example')
            expect(domain + '.example' in found and kind in found and 'partners.conf' in found, found)
        rows = json.loads(self.command('list', '--json')[1])['rows']
        marked = self.command('list', '--markdown')[1]
        expect(marked.startswith('| domain | list |') and '| litware.example | partner |' in marked, marked)
        listed = {row['domain']: row for row in rows}
        expect(listed['litware.example']['comment'] == 'since "May"\\\tand é', 'the comment: %r' % rows)
        expect(listed[PARTNER]['file'] == self.hanse.config_path and listed[HOME]['list'] == 'home', repr(rows))
        self.does('remove', 'LITWARE.example.', says='was taken out')
        self.does('add', 'söder.example')
        self.does('remove', 'xn--sder-5qa.example', says='was taken out')
        self.does('block', 'xn--sder-5qa.example')
        self.fails(1, 'block', 'SÖDER.example', says=['in the list block already'])
        self.does('remove', 'söder.example.', says='was taken out')
        expect('litware' not in self.hanse.ctl('partners')[1], 'the router still knows it')
        expect('wingtip.example' in self.content() and 'litware' not in self.content(), self.content())

    def blocked(self):
        """R9, R11, L6: a blocked domain is refused at once, and cannot be a partner."""
        self.does('block', 'spam.example', says='is blocked now')
        expect('blocked' in self.reason('x.spam.example'), self.reason('x.spam.example'))
        expect('spam.example' not in self.hanse.ctl('domains')[1], 'the lists of hanse.conf are others')
        status, text = self.hanse.ctl('partner-lists.domains')
        expect(status == 0 and not lacks(text, ['spam.example', 'block', 'partners.conf']), text)
        expect(self.hanse.ctl('partner-list.domains')[0] == 2, 'there is no such instance')
        self.fails(1, 'block', 'Spam.Example', says=['in the list block already', 'partners.conf:'])
        self.fails(1, 'add', 'spam.example', '--edge', 'sip.spam.example', says=['it is a partner at', 'nothing was changed'])
        self.fails(1, 'block', PARTNER, says=['it is a partner at', 'hanse.conf:', 'partners.conf:'])
        self.fails(1, 'block', HOME, says=['one of our own domains', 'hanse.conf:'])
        self.does('block', 'evil.example')
        self.does('remove', 'spam.example')
        expect('blocked' not in self.reason('spam.example') and 'blocked' in self.reason('evil.example'), self.content())

    def refused(self):
        """R11, R12, R13: what the router would refuse is refused here, by the same code and with the same words."""
        self.fails(1, 'add', PARTNER, '--edge', 'sip.other.example', says=['partners.conf:', 'hanse.conf:', PARTNER])
        self.fails(1, 'add', HOME, '--edge', 'sip.other.example', says=['partners.conf:', 'hanse.conf:'])
        self.fails(1, 'add', 'under_score.example', says=['partners.conf:'])
        self.fails(1, 'add', '192.0.2.7', says=['partners.conf:'])
        self.fails(1, 'add', 'a.example', '--edge', '192.0.2.7', says=['is an IP address'])
        self.fails(1, 'add', 'a.example', '--type', 'neighbour', says=['neighbour'])
        self.fails(1, 'add', 'a.example', '--type', 'direct', says=['edge'])
        self.fails(1, 'block', '.'.join(['label'] * 50), says=['partners.conf:'])
        self.fails(5, 'remove', 'a.example', says=['neither a partner nor blocked'])
        self.fails(1, 'remove', PARTNER, says=['hanse.conf:', 'only you may change'])
        self.fails(2, 'add')
        self.fails(2, 'forget', 'a.example')
        self.fails(2, 'block', 'a.example', '--edge', 'sip.a.example')
        self.fails(2, 'list', 'a.example')

    def dry(self):
        """Nothing is written, not even the folder."""
        self.fails(0, 'add', 'a.example', '--dry-run', says=['nothing was changed'])
        self.fails(1, 'add', PARTNER, '--dry-run', says=['hanse.conf:'])
        expect(not os.path.exists(self.folder), 'the folder is there')

    def offline(self):
        """Without a router, with one that is not told, and with a configuration that is wrong elsewhere."""
        self.does('add', 'a.example', '--no-reload')
        expect('a.example' not in self.hanse.ctl('partners')[1], 'it was told')
        self.hanse.child.kill()
        self.cast.reactor.idle(0.05)  # those who were connected notice
        self.does('add', 'b.example', says='no router runs')
        self.hanse.start()
        expect(not lacks(self.hanse.ctl('partners')[1], ['a.example', 'b.example']), self.hanse.ctl('partners')[1])
        with open(self.hanse.config_path, 'a') as file:
            file.write('nonsense = 1;\n')
        self.fails(1, 'add', 'c.example', says=['nonsense', 'nothing was changed'])
        self.hanse.write()

    def kept(self):
        """Settings that somebody wrote into the file by hand stay."""
        self.does('add', 'a.example', '--edge', 'sip.a.example')
        text = self.content().replace('type = "direct";', 'type = "direct"; wildcards = true;')
        with open(self.path, 'w') as file:
            file.write(text + 'limits = { queue_messages = 7; };\n')
        self.does('block', 'b.example')
        expect(not lacks(self.content(), ['wildcards = true', 'queue_messages = 7', 'b.example']), self.content())
        with open(self.path, 'a') as file:
            file.write('partners = broken')
        self.fails(1, 'add', 'c.example', says=['partners.conf:', 'mend the file'])

    def together(self):
        """Twenty at once: none is lost, and whoever reads meanwhile sees a whole file."""
        self.does('add', 'first.example', '--no-reload')
        halves, stop = [], threading.Event()

        def watch():
            while not stop.is_set():
                text = self.content()
                if not text.startswith('# Kept by') or not text.rstrip().endswith(';') or 'first.example' not in text:
                    halves.append(text)
        watcher = threading.Thread(target=watch)
        watcher.start()
        children = [subprocess.Popen([hanse.program('hansectl'), '--config', self.hanse.config_path, 'partner', 'add',
                                      'p%d.example' % n, '--no-reload'], stdout=subprocess.DEVNULL) for n in range(20)]
        statuses = [child.wait(60) for child in children]
        stop.set()
        watcher.join()
        expect(statuses == [0] * 20, 'they ended with %s' % statuses)
        expect(not lacks(self.content(), ['"p%d.example"' % n for n in range(20)]), self.content())
        expect(not halves, 'somebody saw a part of it: %r' % halves[:1])

    def run(self, name):
        self.anew()
        try:
            getattr(self, name)()
        finally:
            self.anew()


NAMES = ('dry', 'added', 'blocked', 'refused', 'offline', 'kept', 'together')

if __name__ == '__main__':
    sys.exit(main('partner-file', PartnerFile, NAMES, lambda trial, name: lambda: trial.run(name)))
