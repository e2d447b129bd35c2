#!/usr/bin/python3
"""Every plugin of tests/bad against the router: what must be refused is refused with the words of EXPECT.tsv, by --check
and by a reload, and the running generation serves on; what is loaded and misbehaves is contained (G1, G5, G6, G7,
G8, G10, K1, K2, K5, K6, K7, K8).

    test_bad_plugins.py [NAME…]      only these plugins"""
import hashlib
import os
import sys
import time
from functools import partial

from trial import HERE, Trial, Wrong, hanse, lacks, main

REFUSED = 78  # EX_CONFIG of sysexits.h: what --check ends with
POLICIES = ('no_slots', 'empty_slot', 'garbage_verdict', 'defers_unasked', 'answers_twice', 'blocks', 'crashes', 'never_answers',
            'cannot_judge', 'unsized_refusal')


def expectations():
    """[(name, where, [phrases])]"""
    rows = []
    with open(os.path.join(HERE, '..', 'bad', 'EXPECT.tsv')) as file:
        for line in file:
            if line.strip() and not line.startswith('#'):
                name, where, phrases = line.rstrip('\n').split('\t')
                rows.append((name, where, [phrase for phrase in phrases.split(' | ') if phrase]))
    return rows


class BadPlugins(Trial):
    """Plugins of tests/bad come and go."""

    def refusal(self, seconds=8):
        """One message that must not get through; the status that says so."""
        message = self.message()
        status = self.cast.endpoint('home').take_answer(message, 300, 699, seconds).message.status
        self.empty()
        return status

    def with_module(self, name, more=None):
        return super().with_module(name, {}, ['admit'] if name in POLICIES else [], more)

    def install(self, name):
        super().install('bad', name)

    # ---- the kinds of EXPECT.tsv ----

    def on_check(self, name, phrases):
        self.install(name)
        self.hanse.write(self.with_module(name))
        status, text = self.hanse.check()
        if status != REFUSED:
            raise Wrong('--check ended with %d:\n%s' % (status, text))
        if lacks(text, phrases):
            raise Wrong('--check lacks %s:\n%s' % (lacks(text, phrases), text))
        self.on_start(name, phrases)

    def on_start(self, name, phrases):
        self.install(name)
        self.hanse.write(self.with_module(name))
        mark = len(self.hanse.child.log())
        status, text = self.hanse.ctl('reload')
        if status == 0:
            raise Wrong('the reload was accepted')
        self.cast.reactor.idle(0.05)
        if lacks(text + self.log_from(mark), phrases):
            raise Wrong('the reload lacks %s:\n%s' % (lacks(text + self.log_from(mark), phrases), text))
        if '"%s"' % name in self.hanse.ctl('--json', 'modules')[1]:
            raise Wrong('it is among the modules nevertheless')
        self.exchange()

    def on_reload(self, name, phrases):
        self.install(name)
        config = self.with_module(name)
        self.reload_well(config)
        self.exchange()
        self.hanse.rebuild(name)
        status, text = self.reload(config)
        if status == 0 or lacks(text, phrases):
            raise Wrong('status %d, lacking %s:\n%s' % (status, lacks(text, phrases), text))
        self.exchange()

    def on_run(self, name, phrases):
        self.install(name)
        mark = len(self.hanse.child.log())
        getattr(self, 'run_' + name)(mark)
        self.wait_log(mark, phrases, 25)

    def on_crash(self, name, phrases):
        """`b2sum -l 128` of the file is what the report calls the build."""
        self.install(name)
        self.reload_well(self.with_module(name))
        path = os.path.join(self.hanse.modules, name + '.so')
        with open(path, 'rb') as file:
            build = hashlib.blake2b(file.read(), digest_size=16).hexdigest()
        if {row.get('build') for row in self.hanse.ctl_json('modules')['rows'] if row['module'] == name} != {build}:
            raise Wrong('hansectl modules does not show build %s' % build)
        mark = len(self.hanse.child.log())
        self.message()
        self.cast.reactor.until(lambda: not self.hanse.child.alive, 10, 'the router ends')
        self.wait_log(mark, [phrase.replace('FILE', '%s of %s' % (build, path)) for phrase in phrases])
        self.cast.clear()
        self.hanse.config = self.good
        self.hanse.start()

    def run_declines_start(self, mark):
        self.reload_well(self.with_module('declines_start'))
        self.exchange()

    def run_garbage_verdict(self, mark):
        self.reload_well(self.with_module('garbage_verdict'))
        if self.refusal() != 500:
            raise Wrong('a message with a garbage verdict is not answered 500')

    def run_defers_unasked(self, mark):
        self.reload_well(self.with_module('defers_unasked'))
        self.refusal()

    def run_unsized_refusal(self, mark):
        """The denial counts; the reason is not read."""
        self.reload_well(self.with_module('unsized_refusal'))
        if self.refusal() != 403:
            raise Wrong('a message that was denied without a reason is not answered 403')

    def run_never_answers(self, mark):
        """Two that wait in vain, and the third is refused at once."""
        self.reload_well(self.with_module('never_answers', lambda config: config['policy'].update(
            deferred_timeout='200ms', failing='2/m')))
        for _ in range(2):
            self.refusal()
        began = time.monotonic()
        self.refusal()
        if time.monotonic() - began > 0.15:
            raise Wrong('it is still waited for')

    def run_cannot_judge(self, mark):
        self.reload_well(self.with_module('cannot_judge'))
        statuses = [self.refusal() for _ in range(6)]
        if statuses != [500] * 5 + [480]:
            raise Wrong('six messages were answered %s' % statuses)

    def run_slow_event(self, mark):
        self.reload_well(self.with_module('slow_event'))
        for _ in range(3):
            self.exchange()

    def run_answers_twice(self, mark):
        """The first answer counts (allow); the others find nobody and are counted."""
        self.reload_well(self.with_module('answers_twice'))
        before = self.late_verdicts()
        self.exchange(5)
        self.cast.reactor.idle(0.1)
        if self.late_verdicts() < before + 5:
            raise Wrong('late answers are not counted: %d, then %d' % (before, self.late_verdicts()))

    def late_verdicts(self):
        return sum(value for key, value in self.hanse.counters().items() if 'late' in key and isinstance(value, int))

    def run_blocks(self, mark):
        """Nothing can be served around it, but nothing is lost."""
        self.reload_well(self.with_module('blocks'))
        began = time.monotonic()
        self.exchange(50, seconds=12)
        if time.monotonic() - began < 1.9:
            raise Wrong('it did not block')

    def run_calls_from_thread(self, mark):
        self.reload_well(self.with_module('calls_from_thread'))
        self.exchange()

    def run_leaks_timer(self, mark):
        self.reload_well(self.with_module('leaks_timer'))
        self.exchange()
        self.reload_well(self.good)

    def run_keeps_message(self, mark):
        network = self.cast.lab.network
        address = network.address()
        port = network.port(address, 5061)

        def listener(config):
            config['listen'].append({'protocol': 'keeper', 'side': 'home', 'address': '%s:%d' % (address, port),
                                     'tls': 'inside'})
            config.setdefault('limits', {})['code_age'] = '10s'
        self.reload_well(self.with_module('keeps_message', listener))
        home = self.cast.endpoint('home')
        link = home.dial((address, port), self.cast.client_contexts['home'], self.cast.targets['home'][1])
        link.send(b'one message that is never given back')
        self.wait_log(mark, ['bad.kept', 'kept=1'])
        link.close()
        self.reload_well(self.hanse.changed(lambda config: config.setdefault('limits', {}).update(code_age='10s')))

    def run_later_untold(self, mark):
        """A type that was given no token is not waited for."""
        def partner(config):
            config['partners'].append({'domain': 'dwarf.example', 'type': 'later'})
        self.reload_well(self.with_module('later_untold', partner))
        sent = self.message(domain='dwarf.example')
        status = self.cast.endpoint('home').take_answer(sent).message.status
        if status != 500:
            raise Wrong('a message to a type that answers without a token was answered %d' % status)
        self.reload_well(self.good)

    def run_silent_lower(self, mark):
        """Whoever sent it is told nevertheless, once the message is gone."""
        def partner(config):
            config['partners'].append(dict(config['partners'][0], domain='dwarf.example', protocol='silent'))
        self.reload_well(self.with_module('silent_lower', partner))
        sent = self.message(domain='dwarf.example')
        status = self.cast.endpoint('home').take_answer(sent).message.status
        if status != 500:
            raise Wrong('a message of which nothing is said was answered %d' % status)
        self.reload_well(self.good)


def run(trial, name):
    where, phrases = next(row[1:] for row in expectations() if row[0] == name)
    return partial(getattr(trial, 'on_' + where), name, phrases)


if __name__ == '__main__':
    if not os.path.isdir(os.path.join(hanse.build_folder(), 'bad')):
        print('tests/bad is not built: ./dev build')
        sys.exit(77)
    sys.exit(main('bad-plugins', BadPlugins, [row[0] for row in expectations()], run))
