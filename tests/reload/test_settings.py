#!/usr/bin/python3
"""What a reload changes without a restart, and what it cannot: a refusal names the place, the running generation and its
links stay as they are, hansectl's exit status says so.

    test_settings.py [NAME…]      only these"""
import json
import os
import sys
import time

from trial import NotReady, Trial, Wrong, hanse, lacks, main, wait_for


def expect(condition, what):
    if not condition:
        raise Wrong(what)


class Settings(Trial):
    def generation(self):
        return self.hanse.ctl_json('status')['rows'][0]['generation']

    def refused(self, *phrases):
        """With the files as they are: refused with these words, and nothing else happens."""
        self.cast.own_link('home')
        before, links = self.generation(), self.links()
        status, text = self.hanse.ctl('reload')
        expect(status == 1, 'hansectl reload ended with %d:\n%s' % (status, text))
        expect(not lacks(text, phrases), 'it lacks %s:\n%s' % (lacks(text, phrases), text))
        expect('the old configuration goes on' in text, 'it does not say what goes on:\n' + text)
        expect(self.generation() == before, 'the generation changed')
        self.exchange()
        expect(self.links() == links, 'links changed: %s, then %s' % (links, self.links()))
        checked, told = self.hanse.check()
        expect(checked == 78, '--check ended with %d:\n%s' % (checked, told))
        return text

    def links(self):
        return sorted(row['link'] for row in self.hanse.ctl_json('links')['rows'] if row['state'] == 'open')

    def path(self, name):
        return os.path.join(self.hanse.folder, name)

    # ---- what is refused ----

    def broken_text(self):
        self.exchange()
        self.hanse.write(self.good)
        with open(self.hanse.config_path, 'a') as file:
            file.write('partners = ( { domain = ;\n')
        self.refused('hanse.conf:')

    def every_error_at_once(self):
        def change(config):
            config['policy']['admit'] = ['nobody']
            config['partners'][0]['type'] = 'dirct'
            config['limits'] = {'message': 'much'}
        self.exchange()
        self.hanse.write(self.hanse.changed(change))
        text = self.refused('nobody', 'dirct', 'direct', 'much')
        expect(text.count('hanse.conf:') >= 3, 'not every error has its line:\n' + text)

    def missing_files(self):
        """G1: a certificate, an authority, the hosts, a plugin, the configuration itself."""
        self.exchange()
        self.hanse.write(self.good)
        for name in ('edge.pem', 'partners-ca.pem', 'hosts', 'modules/domains.so', 'hanse.conf'):
            os.rename(self.path(name), self.path(name + '.away'))
            try:
                self.refused(os.path.basename(name))
            finally:
                os.rename(self.path(name + '.away'), self.path(name))

    def broken_plugin(self):
        self.exchange()
        self.hanse.write(self.good)
        target = self.path('modules/sip.so')
        with open(target, 'rb') as file:
            kept = file.read()
        for content in (b'', b'no shared object', kept[:60], kept[:3000], kept[:40000], kept[:100000]):
            with open(target + '.new', 'wb') as file:
                file.write(content)
            os.chmod(target + '.new', 0o755)
            os.replace(target + '.new', target)
            self.refused('sip.so')
        with open(target + '.new', 'wb') as file:
            file.write(kept)
        os.chmod(target + '.new', 0o755)
        os.replace(target + '.new', target)

    def writable_plugin(self):
        """G9: a plugin that others could have written is not loaded."""
        self.exchange()
        self.hanse.write(self.good)
        target = self.path('modules/domains.so')
        os.chmod(target, 0o777)
        try:
            self.refused('domains.so')
        finally:
            os.chmod(target, 0o755)

    def fixed_folders(self):
        self.exchange()
        for name in ('run_dir', 'state_dir', 'cache_dir'):
            other = self.path('other')
            os.makedirs(other, 0o700, exist_ok=True)
            self.hanse.write(self.hanse.changed(lambda config: config.update({name: other})))
            before = self.generation()
            status, text = self.hanse.ctl('reload')
            expect(status == 1 and name in text and 'restart' in text, '%s: %d\n%s' % (name, status, text))
            expect(self.generation() == before, 'the generation changed')

    # ---- what takes effect ----

    def deferred_timeout(self):
        """A verdict that never comes is given up after the configured time, also after a reload."""
        self.install('test_modules', 'defer')
        for seconds in (0.3, 1.2):
            self.reload_well(self.with_module('defer', {'delay': '1h'}, ['admit'], lambda config: config[
                'policy'].update(deferred_timeout='%dms' % (1000 * seconds))))
            withdrawn = self.hanse.counters()['defer.withdrawn']
            began = time.monotonic()
            answer = self.cast.endpoint('home').take_answer(self.message(user='defer-bob'), 200, 699, 8).message
            took = time.monotonic() - began
            expect(answer.status == 480, 'it is answered %d' % answer.status)
            expect(seconds - 0.05 < took < seconds + 0.8, 'after %.2f s, not %.1f' % (took, seconds))
            expect(self.hanse.counters()['defer.withdrawn'] == withdrawn + 1, 'the plugin was not told')

    def log(self):
        """Its level, format and file are the new configuration's from the next line on."""
        other = self.path('other.log')

        def change(config):
            config['log'] = {'level': 'notice', 'format': 'json', 'file': other}
        self.reload_well(self.hanse.changed(change))
        self.exchange()
        self.reload_well(self.hanse.changed(change))
        try:
            wait_for(lambda: os.path.exists(other) and 'reload.done' in open(other).read(), 5, 'the new log')
        except NotReady as problem:
            raise Wrong(str(problem)) from None
        with open(other) as file:
            lines = [json.loads(line) for line in file]
        expect(all(line['level'] in ('NOTICE', 'WARNING', 'ERROR') for line in lines), 'levels: %s' % lines)
        self.hanse.write(self.hanse.changed(lambda config: config.update(log={'file': '/nowhere/at/all.log'})))
        status, text = self.hanse.ctl('reload')
        expect(status == 1 and '/nowhere/at/all.log' in text, 'a log that cannot be written: %d\n%s' % (status, text))
        self.reload_well(self.good)
        mark = len(self.hanse.child.log())
        self.exchange()
        self.wait_log(mark, ['message.routed'])

    def limits(self):
        """limits.message is asked for the next message on an old link."""
        self.exchange()
        large = 'x' * 40000
        self.reload_well(self.hanse.changed(lambda config: config.update(limits={'message': '30k', 'headers': '8k'})))
        answer = self.cast.endpoint('home').take_answer(self.message(large), 300, 699, 5).message
        expect(answer.status == 513, 'a message over the new limit is answered %d' % answer.status)
        self.cast.reactor.idle(0.3)
        self.cast.endpoint('home').inbox.clear()
        self.cast.own_links.pop('home')

    def link_times(self):
        """How long half a message may take, and how long a link may be silent, as the configuration now says (A7)."""
        self.exchange()
        self.reload_well(self.hanse.changed(lambda config: config.update(
            limits={'message_timeout': '1s', 'idle_timeout': '10s', 'keepalive': '5s'})))
        link = self.cast.own_link('partner')
        link.send(b'MESSAGE sip:alice@contoso.example SIP/2.0\r\nVia: ')
        began = time.monotonic()
        self.cast.reactor.until(lambda: link.closed, 5, 'half a message ends the link')
        took = time.monotonic() - began
        expect(0.9 < took < 3, 'half a message was waited for %.1f s' % took)
        self.cast.own_links.pop('partner')
        self.cast.clear()


NAMES = ('broken_text', 'every_error_at_once', 'missing_files', 'broken_plugin', 'writable_plugin', 'fixed_folders',
         'deferred_timeout', 'log', 'limits', 'link_times')


if __name__ == '__main__':
    sys.exit(main('settings', Settings, NAMES))
