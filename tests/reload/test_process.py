#!/usr/bin/python3
"""The process itself: kill -9 in the middle of a call and an IM session, a second start, `--check` beside a running
router, who may use the control socket, the end during a reload.

    test_process.py [NAME…]      only these"""
import os
import signal
import stat
import subprocess
import sys
import time

from trial import Trial, Wrong, hanse, main, response, wait_for

from conversation import Conversation

NOBODY = 65534


def expect(condition, what):
    if not condition:
        raise Wrong(what)


class Process(Trial):
    def copies(self):
        return sorted(os.listdir(os.path.join(self.hanse.folder, 'cache', 'code')))

    def start_again(self):
        self.hanse.config = self.good
        self.hanse.start()
        self.cast.reactor.idle(0.1)  # the servers notice that their links are gone

    def ended(self, seconds):
        """The exit status; the servers close their links as the router does."""
        self.cast.reactor.until(lambda: not self.hanse.child.alive, seconds, 'the router ends')
        return self.hanse.child.status

    # ---- kill -9 ----

    def killed(self):
        """Nothing about a dialog is in memory: its next request passes, from either side, call and session alike."""
        talks = [Conversation(self, kind, caller).accept() for kind in ('im', 'audio') for caller in ('home', 'partner')]
        for _ in range(2):
            self.hanse.child.kill()
            self.start_again()
            for talk in talks:
                for role in ('home', 'partner'):
                    talk.ask(role, 'MESSAGE' if talk.kind == 'im' else 'INFO', 'after kill -9')
        for talk in talks:
            talk.end()
        expect(len(self.copies()) == 3, 'private copies of killed processes stay: %s' % self.copies())

    def killed_while_ringing(self):
        """The caller's INVITE is lost with the process; who hangs up is told that nothing is there, and all goes on."""
        call = Conversation(self, 'audio').ring()
        self.hanse.child.kill()
        self.start_again()
        dialog = call.dialogs['home']
        cancel = self.cast.endpoint('home').send(dialog.cancel(), self.cast.own_link('home'))
        answer = self.cast.endpoint('home').take_answer(cancel).message
        expect(answer.status == 481, 'a CANCEL of nothing is answered %d' % answer.status)
        self.cast.clear()

    # ---- a start that fails ----

    def unopened_socket(self):
        """A control socket that cannot be opened is said, and the process ends in order although it listens already. Freed
        memory is overwritten, so that its use shows."""
        self.hanse.child.kill()
        folder = os.path.join(self.hanse.folder, 'r' * 120)
        os.mkdir(folder, 0o700)
        self.hanse.write(self.hanse.changed(lambda config: config.update(run_dir=folder)))
        result = subprocess.run([hanse.program('hanse'), '--config', self.hanse.config_path, '--plugins',
                                 self.hanse.modules], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=20, check=False, env={**os.environ, 'MALLOC_PERTURB_': '165'})
        expect(result.returncode == 1 and 'choose a shorter run_dir' in result.stderr,
               'it ended with %d:\n%s' % (result.returncode, result.stderr))
        self.start_again()
        self.exchange()

    # ---- beside it ----

    def second_start(self):
        """G13: refused by the lock, with the process that has it; the first one does not notice."""
        self.exchange()
        before = self.copies()
        result = subprocess.run([hanse.program('hanse'), '--config', self.hanse.config_path, '--plugins',
                                 self.hanse.modules], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=20, check=False)
        expect(result.returncode == 1, 'it ended with %d:\n%s' % (result.returncode, result.stderr))
        expect('already running as pid %d' % self.hanse.child.pid in result.stderr, 'it says:\n' + result.stderr)
        expect(self.copies() == before, 'it removed what runs: %s, then %s' % (before, self.copies()))
        self.hanse.rebuild('sip')
        self.reload_well(self.good)
        self.exchange()

    def check_beside(self):
        """--check and --show load all plugins, and leave nothing behind nor take anything away."""
        before = self.copies()
        for mode in ('--check', '--show'):
            result = subprocess.run([hanse.program('hanse'), '--config', self.hanse.config_path, '--plugins',
                                     self.hanse.modules, mode], stdin=subprocess.DEVNULL, capture_output=True,
                                    text=True, timeout=20, check=False)
            expect(result.returncode == 0, '%s: %d\n%s' % (mode, result.returncode, result.stderr))
        expect(self.copies() == before, 'private copies: %s, then %s' % (before, self.copies()))
        self.exchange()

    def control_socket(self):
        """I3: for us and our group; who else asks is told that it is not permitted."""
        mode = stat.S_IMODE(os.stat(self.hanse.socket).st_mode)
        expect(mode == 0o660, 'the control socket has mode %o' % mode)
        mode = stat.S_IMODE(os.stat(os.path.dirname(self.hanse.socket)).st_mode)
        expect(mode & 0o022 == 0, 'its folder has mode %o' % mode)
        expect(os.stat(os.path.join(self.hanse.folder, 'state', 'secret')).st_mode & 0o077 == 0, 'the secret is open')
        if os.geteuid() != 0:
            return
        os.chmod(self.hanse.folder, 0o711)
        os.chmod(os.path.dirname(self.hanse.socket), 0o711)
        os.chmod(self.cast.lab.folder, 0o711)
        result = subprocess.run([hanse.program('hansectl'), '--socket', self.hanse.socket, 'status'], user=NOBODY,
                                group=NOBODY, extra_groups=[], stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=20, check=False)
        expect(result.returncode == 4, 'hansectl of somebody else ended with %d:\n%s' % (result.returncode,
                                                                                        result.stderr))

    # ---- the end ----

    def end_during_reload(self):
        """G11: SIGTERM and SIGHUP in any order at once: it ends, with status 0."""
        for first, second in ((signal.SIGHUP, signal.SIGTERM), (signal.SIGTERM, signal.SIGHUP)):
            for pause in (0, 0.005, 0.02, 0.05):
                self.exchange()
                self.hanse.child.signal(first)
                time.sleep(pause)
                self.hanse.child.signal(second)
                status = self.ended(10)
                expect(status == 0, '%s, %g s, %s: it ended with %s\n%s' % (first, pause, second, status,
                                                                          self.hanse.child.tail()))
                self.cast.clear()
                self.start_again()

    def no_reload_while_draining(self):
        """Who drains takes no new configuration, and says so."""
        call = Conversation(self, 'audio').ring()
        self.hanse.child.signal(signal.SIGTERM)
        wait_for(lambda: self.hanse.ctl_json('status')['rows'][0]['state'] == 'draining', 5, 'it drains')
        status, text = self.hanse.ctl('reload')
        expect(status == 1 and 'out of service' in text, 'reload: %d\n%s' % (status, text))
        call.cancel()
        status = self.ended(20)
        expect(status == 0, 'it ended with %s' % status)
        self.cast.clear()
        self.start_again()

    def ends_while_deferred(self):
        """Messages wait for a verdict that does not come, others behind them: who drains waits its time and no longer,
        each sender is told, and nothing is called that was stopped."""
        self.install('test_modules', 'defer')
        deferring = self.with_module('defer', {'delay': '1h'}, ['admit'], lambda config: config.update(
            limits={'drain_timeout': '1s'}))
        for last in (signal.SIGTERM, None):
            self.reload_well(deferring)
            waiting = [self.message(user='defer-bob') for _ in range(5)]
            call = Conversation(self, 'audio').ring()
            self.cast.reactor.idle(0.1)
            if last:
                self.hanse.child.signal(last)
            else:
                self.hanse.ctl('stop', '--now')
            status = self.ended(10)
            expect(status == 0, 'it ended with %s\n%s' % (status, self.hanse.child.tail()))
            for request in waiting + [call.invite]:
                answer = self.cast.endpoint('home').take_answer(request, 300).message
                expect(answer.status == 480, '%s is answered %d' % (request.line(), answer.status))
            self.cast.clear()
            self.start_again()

    def last_words(self):
        """G11: who stops waits for a server that reads slowly: every answer that was under way arrives."""
        home, partner = self.cast.endpoint('home'), self.cast.endpoint('partner')
        link = self.cast.own_link('home')
        sent = [self.message('message %d' % number) for number in range(60)]
        link.hear(False)
        for message in sent:
            arrival = partner.take_request('MESSAGE', 8, message.call_id)
            answer = response(arrival.message, 200, tag='p')
            answer.body = b'z' * 100000
            partner.send(answer, arrival.link)
        self.cast.reactor.until(lambda: self.hanse.ctl_json('status')['rows'][0]['transactions'] == 0, 10, 'all end')
        self.hanse.child.signal(signal.SIGTERM)
        self.cast.reactor.idle(1)
        link.hear(True)
        for message in sent:
            answer = home.take_answer(message, 200, seconds=10).message
            expect(answer.status == 200, '%s is answered %d' % (message.line(), answer.status))
        status = self.ended(10)
        expect(status == 0, 'it ended with %s\n%s' % (status, self.hanse.child.tail()))
        self.cast.clear()
        self.start_again()

    def leaves_nothing(self):
        """After a clean end: no private copy, no control socket; the lock is free."""
        self.exchange()
        self.hanse.child.signal(signal.SIGTERM)
        expect(self.ended(20) == 0, 'it did not end well')
        expect(not self.copies(), 'private copies stay: %s' % self.copies())
        expect(not os.path.exists(self.hanse.socket), 'the control socket stays')
        self.cast.clear()
        self.start_again()


NAMES = ('killed', 'killed_while_ringing', 'unopened_socket', 'second_start', 'check_beside', 'control_socket',
         'end_during_reload', 'no_reload_while_draining', 'ends_while_deferred', 'last_words',
         'leaves_nothing')


if __name__ == '__main__':
    sys.exit(main('process', Process, NAMES))
