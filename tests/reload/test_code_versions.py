#!/usr/bin/python3
"""Old code lives as long as its pending transactions. When a reload would exceed the cap on versions that are alive, it
waits and says so, and what is asked for meanwhile becomes one more reload that follows (G2); each caller gets the result
of the reload that began after it asked.

    test_code_versions.py [NAME…]      only these: waits coalesces ends"""
import signal
import subprocess
import sys
import time

from trial import NotReady, Trial, Wrong, hanse, main, wait_for

from conversation import Conversation


class CodeVersions(Trial):
    def ask(self, *arguments):
        """hansectl that may take its time."""
        return subprocess.Popen([hanse.program('hansectl'), '--socket', self.hanse.socket, *arguments],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def row(self, command):
        return self.hanse.ctl_json(command)['rows'][0]

    def draining(self):
        return [row for row in self.hanse.ctl_json('generations')['rows'] if 'module' in row]

    def done(self):
        return self.hanse.counters()['reload.done']

    def expect(self, test, what, seconds=10):
        try:
            wait_for(test, seconds, what)
        except NotReady:
            raise Wrong('%s; status: %s, generations: %s' % (what, self.row('status'), self.draining())) from None

    def crowd(self):
        """Two versions of sip.so ring, the third waits for its place. The calls, and who asked for the reload."""
        self.reload_well(self.hanse.changed(lambda config: config.update(limits={'code_versions': 2})))
        calls = []
        for _ in range(2):
            calls.append(Conversation(self, 'audio').ring())
            self.hanse.rebuild('sip')
            if len(calls) == 1:
                status, text = self.hanse.ctl('reload')
                if status:
                    raise Wrong('two versions are allowed:\n' + text)
        return calls, self.ask('reload')

    def finish(self, asker, status, words, seconds=30):
        try:
            text = asker.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            asker.kill()
            raise Wrong('the reload never ended: %s' % self.row('status')) from None
        if asker.returncode != status or words not in text:
            raise Wrong('hansectl reload ended with %d:\n%s' % (asker.returncode, text))

    def waits(self):
        mark = len(self.hanse.child.log())
        calls, asker = self.crowd()
        self.wait_log(mark, ['reload.waits'])
        state = self.row('status')
        if state['reload'] != 'waiting for old code to finish':
            raise Wrong('it is not said that the reload waits: %s' % state)
        held = self.draining()
        if len(held) != 1 or held[0]['module'] != 'sip' or 'transactions' not in held[0]['holds']:
            raise Wrong('who holds the old code is not said: %s' % held)
        before = state['generation']
        time.sleep(1)
        self.exchange(5)  # the running generation serves on
        if asker.poll() is not None or self.row('status')['generation'] != before:
            raise Wrong('it did not wait')
        calls[0].cancel()
        self.finish(asker, 0, 'the new configuration runs')
        calls[1].cancel()
        self.expect(lambda: not self.draining(), 'old code is still there', 20)

    def coalesces(self):
        calls, asker = self.crowd()
        self.expect(lambda: self.row('status')['reload'].startswith('waiting'), 'it does not wait')
        before = self.done()
        for _ in range(5):
            self.hanse.child.signal(signal.SIGHUP)
        with open(self.hanse.config_path, 'a') as file:
            file.write('\nnonsense = "for those who asked meanwhile";\n')
        later = [self.ask('reload') for _ in range(3)]
        time.sleep(0.5)
        if any(one.poll() is not None for one in later):
            raise Wrong('one that was asked for meanwhile did not wait for the first')
        refused = self.hanse.counters()['reload.failed']
        calls[0].cancel()
        self.finish(asker, 0, 'the new configuration runs')
        for one in later:
            self.finish(one, 1, 'nonsense')
        if self.done() != before + 1 or self.hanse.counters()['reload.failed'] != refused + 1:
            raise Wrong('eight requests during one reload made more than one that follows')
        calls[1].cancel()

    def ends(self):
        """The process ends while a reload waits and others have asked for one: cleanly, and nobody is told that it was
        done."""
        _, asker = self.crowd()
        self.expect(lambda: self.row('status')['reload'].startswith('waiting'), 'it does not wait')
        later = self.ask('reload')
        time.sleep(0.2)
        self.hanse.ctl('stop', '--now')
        status = self.hanse.child.wait(10)
        if status != 0:
            raise Wrong('it ended with %s\n%s' % (status, self.hanse.child.tail()))
        for one in (asker, later):
            text = one.communicate(timeout=10)[0]
            if one.returncode == 0:
                raise Wrong('a reload that was not done is told as done: ' + text)
        self.cast.clear()
        self.hanse.config = self.good
        self.hanse.start()


NAMES = ('waits', 'coalesces', 'ends')


if __name__ == '__main__':
    sys.exit(main('code-versions', CodeVersions, NAMES))
