"""What the programs of this folder share: a router between scripted servers whose modules are changed while it runs."""
import os
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))

import hanse  # noqa: E402
from cast import HOME, PARTNER, Cast  # noqa: E402
from lab import Lab  # noqa: E402
from process import NotReady, wait_for  # noqa: E402
from sip import Dialog, response  # noqa: E402


class Wrong(Exception):
    """The router did not do what EXPECT.tsv says."""


def lacks(text, phrases):
    return [phrase for phrase in phrases if phrase not in text]


class Trial:
    """One router with scripted servers on both sides; modules come and go."""

    def __init__(self, lab):
        self.cast = Cast(lab)
        self.hanse = self.cast.hanse
        self.prepare()
        self.cast.start()
        self.good = self.hanse.changed(lambda config: None)

    def prepare(self):
        """What a kind of trial changes before the router starts."""

    # ---- traffic ----

    def message(self, text='hello', user='bob', domain=PARTNER):
        endpoint = self.cast.endpoint('home')
        dialog = Dialog('sip:alice@' + HOME, 'sip:%s@%s' % (user, domain), endpoint.via, endpoint.contact('alice'))
        return endpoint.send(dialog.request('MESSAGE', text), self.cast.own_link('home'))

    def exchange(self, count=1, seconds=8):
        """That many messages at once, each delivered once and answered."""
        home, partner = self.cast.endpoint('home'), self.cast.endpoint('partner')
        sent = [self.message('hello %d' % number) for number in range(count)]
        for message in sent:
            arrival = partner.take_request('MESSAGE', seconds, message.call_id)
            partner.send(response(arrival.message, 200, tag='p'), arrival.link)
        for message in sent:
            answer = home.take_answer(message, seconds=seconds).message
            if answer.status != 200:
                raise Wrong('a message was answered %d' % answer.status)
        self.empty()

    def empty(self):
        self.cast.reactor.idle(0.05)
        for role in ('home', 'partner'):
            left = [a.message.line() for a in self.cast.endpoint(role).inbox if a.message.status != 100]
            if left:
                raise Wrong('%s was left with %s' % (role, '; '.join(left)))
            self.cast.endpoint(role).inbox.clear()

    # ---- configuration ----

    def install(self, folder, name):
        """Puts <build>/<folder>/<name>.so where modules lie."""
        target = os.path.join(self.hanse.modules, name + '.so')
        shutil.copy(os.path.join(hanse.build_folder(), folder, name + '.so'), target + '.new')
        os.chmod(target + '.new', 0o755)
        os.replace(target + '.new', target)

    def with_module(self, name, options, stages=(), more=None):
        """The configuration with one more module, and that module asked at these policy stages."""
        def change(config):
            config['modules'].append(dict(options, name=name))
            for stage in stages:
                config['policy'][stage].append(name)
            if more:
                more(config)
        return self.hanse.changed(change)

    def reload(self, config):
        self.hanse.write(config)
        return self.hanse.ctl('reload')

    def reload_well(self, config):
        status, text = self.reload(config)
        if status:
            raise Wrong('the reload was refused:\n' + text)

    def log_from(self, mark):
        return self.hanse.child.log()[mark:]

    def wait_log(self, mark, phrases, seconds=10):
        try:
            wait_for(lambda: not lacks(self.log_from(mark), phrases), seconds, 'the log')
        except NotReady:
            raise Wrong('the log lacks %s:\n%s' % (lacks(self.log_from(mark), phrases),
                                                   '\n'.join(self.log_from(mark).splitlines()[-20:]))) from None

    def attempt(self, name, test):
        """Runs test(), then the good configuration again; says how it went. None, or the problem."""
        began = time.monotonic()
        problem = None
        try:
            test()
            self.reload_well(self.good)
            self.exchange()
        except Exception as error:  # one result must not hide the others
            problem = '%s: %s' % (type(error).__name__, error)
        print('  %-5s %-20s %6.0f ms' % ('FAIL' if problem else 'ok', name, (time.monotonic() - began) * 1e3))
        if problem:
            print('    ' + problem.replace('\n', '\n    '))
            self.recover()
        sys.stdout.flush()
        return problem

    def recover(self):
        """After a failure: the next one meets a router as if nothing had happened."""
        self.cast.clear()
        if not self.hanse.child.alive:
            self.hanse.config = self.good
            self.hanse.start()
        else:
            self.reload(self.good)


def main(folder, make, names, test=getattr):
    """A program's all: make(lab) is the trial, test(trial, name) what is done under each of the names, or of those that
    the command line gives. Returns the exit status; 77: nothing is built."""
    if not hanse.built():
        print('the router is not built: ./dev build')
        return 77
    chosen = [name for name in names if len(sys.argv) == 1 or name in sys.argv[1:]]
    with Lab(folder) as lab:
        trial = make(lab)
        bad = sum(trial.attempt(name, test(trial, name)) is not None for name in chosen)
    print('%d passed, %d failed' % (len(chosen) - bad, bad))
    return 1 if bad or not chosen else 0
