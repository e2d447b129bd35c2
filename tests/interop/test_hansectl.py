#!/usr/bin/python3
"""hansectl against a router that is played: what it asks, what it prints, and its exit status.

usage: test_hansectl.py [unittest arguments]     HANSE_BUILD: the build folder, default build/release
"""
import json
import os
import pty
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HANSECTL = os.path.join(os.environ.get('HANSE_BUILD') or os.path.join(SOURCE, 'build', 'release'), 'bin', 'hansectl')
HELP = {
    'rows': [
        {'argument': 'domain', 'required': True, 'by_name': False, 'flag': False, 'help': 'a domain'},
        {'argument': 'depth', 'required': False, 'by_name': True, 'flag': False, 'help': 'how deep'},
        {'argument': 'all', 'required': False, 'by_name': False, 'flag': True, 'help': 'all of it'},
    ],
    'ok': True, 'outcome': 0, 'text': 'asks a domain',
}


class Router:
    """Answers each request with what `answer` returns for it: an object, octets, or None (closes)."""

    def __init__(self, answer):
        self.folder = tempfile.TemporaryDirectory(prefix='hansectl-')
        self.path = os.path.join(self.folder.name, 'control.sock')
        self.asked = []
        self.answer = answer
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(4)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            with link, link.makefile('rb') as lines:
                for line in lines:
                    request = json.loads(line)
                    self.asked.append(request)
                    reply = self.answer(request)
                    if reply is None:
                        break
                    if isinstance(reply, dict):
                        reply = json.dumps(reply).encode() + b'\n'
                    try:
                        link.sendall(reply)
                    except OSError:
                        break

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)
        self.folder.cleanup()


def call(*words, path=None, environment=None):
    """Runs hansectl; returns (exit status, standard output, standard error)."""
    if path:
        words = ('--socket', path) + words
    variables = {name: value for name, value in os.environ.items() if name not in ('HANSE_SOCKET', 'NO_COLOR')}
    variables.update(environment or {})
    done = subprocess.run([HANSECTL, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                          env=variables, check=False)
    return done.returncode, done.stdout, done.stderr


def played(answer, *words, **named):
    """As call, with a router that answers so; returns also what it was asked."""
    with Router(answer if callable(answer) else lambda _: answer) as router:
        return (*call(*words, path=router.path, **named), router.asked)


def rows(*items, **more):
    return {'rows': list(items), 'ok': True, 'outcome': 0, 'text': '', **more}


def refusal(outcome, text, *items, **error):
    return {'rows': list(items), 'ok': False, 'outcome': outcome, 'error': {'text': text, **error}}


class ExitStatus(unittest.TestCase):
    def test_done(self):
        status, out, err, asked = played(rows({'n': 1}), 'links')
        self.assertEqual((status, out, err), (0, 'N\n1\n', ''))
        self.assertEqual(asked, [{'command': 'links', 'arguments': {}}])

    def test_outcomes_of_the_router(self):
        for outcome in (1, 2, 4, 5, 6):
            status, out, err, _ = played(refusal(outcome, 'so it is', where='/etc/hanse/hanse.conf:3'), 'reload')
            self.assertEqual((status, out), (outcome, ''))
            self.assertEqual(err, 'hansectl: so it is (/etc/hanse/hanse.conf:3)\n')

    def test_no_router(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'none')
            status, out, err = call('links', path=path)
            self.assertEqual((status, out), (3, ''))
            self.assertIn('is it running?', err)
            with socket.socket(socket.AF_UNIX) as dead:
                dead.bind(path)
            self.assertEqual(call('links', path=path)[0], 3)
        self.assertEqual(call('links', path='/' + 'x' * 200)[0], 3)

    @unittest.skipUnless(os.geteuid() == 0, 'needs to become somebody else')
    def test_not_permitted(self):
        with Router(lambda _: rows()) as router:
            os.chmod(router.path, 0o600)
            os.chmod(router.folder.name, 0o755)
            done = subprocess.run([HANSECTL, '--socket', router.path, 'links'], capture_output=True, text=True,
                                  user=65534, group=65534, extra_groups=[], timeout=30, check=False)
            self.assertEqual(done.returncode, 4)
            self.assertIn('not permitted', done.stderr)

    def test_could_not_be_determined(self):
        for reply in (None, b'hello\n', b'[]\n', b'{}\n', b'{"rows":[],"outcome":77}\n', b'{"rows":[]'):
            with self.subTest(reply=reply):
                played_with = (lambda r: lambda _: r)(reply)
                words = ('--timeout', '1', 'links')
                self.assertEqual(played(played_with, *words)[0], 6)

    def test_silence(self):
        never = threading.Event()

        def wait(_):
            never.wait(3)
        status, _, err, _ = played(wait, '--timeout=1', 'links')
        self.assertEqual(status, 6)
        self.assertIn('in time', err)

    def test_patience(self):
        """A check and a probe answer when their time is over, so that is how long silence may last, and a little more
        (R115)."""
        over = threading.Event()

        def wait(_):
            over.wait(20)
        with Router(wait) as router:
            began = time.monotonic()
            status, _, err = call('check', '--within', '1', path=router.path)
            took = time.monotonic() - began
            over.set()
        self.assertEqual(status, 6)
        self.assertIn('in time', err)
        self.assertTrue(9 < took < 14, took)


class Usage(unittest.TestCase):
    def fails(self, *words, says):
        with Router(lambda _: rows()) as router:
            status, out, err = call(*words, path=router.path)
            self.assertEqual((status, out), (2, ''), words)
            self.assertIn(says, err)
            self.assertEqual(router.asked, [])

    def test_wrong_words(self):
        self.fails('explain', 'a', says='missing: to; usage: hansectl explain FROM TO')
        self.fails('explain', 'a', 'b', 'c', says='one word too many: c')
        self.fails('explain', 'a', 'b', '--nmes', 'x', says='did you mean "names"')
        self.fails('explain', 'a', 'b', '--names', says='needs a value: --names')
        self.fails('explain', 'a', 'b', '--from', 'c', says='given twice: from')
        self.fails('stop', '--now=yes', says='takes no value: --now=yes')
        self.fails('links', '--timeout', '0', says='--timeout')
        self.fails('links', '--json=yes', says='takes no value')
        self.fails('--colour', 'links', says='unknown option --colour')
        self.fails('completion', 'fish', says='bash or zsh')

    def test_nothing(self):
        status, out, err = call()
        self.assertEqual((status, out), (2, ''))
        self.assertIn('usage: hansectl', err)

    def test_unknown_without_router(self):
        status, _, err = call('lniks', path='/nonexistent')
        self.assertEqual(status, 2)
        self.assertIn('did you mean "links"', err)
        status, _, err = call('domains', path='/nonexistent')
        self.assertEqual(status, 3)
        self.assertIn('may be a command of a plugin, but no router answers', err)

    def test_unknown_to_the_router(self):
        why = 'there is no command "prob", did you mean "probe"?; help lists them'
        status, _, err, asked = played(refusal(5, why), 'prob', 'x')
        self.assertEqual(status, 2)
        self.assertIn('did you mean "probe"', err)
        self.assertEqual(len(asked), 1)

    def test_config(self):
        with Router(lambda _: rows({'n': 1})) as router:
            path = os.path.join(router.folder.name, 'hanse.conf')
            with open(path, 'w', encoding='utf-8') as file:
                file.write('run_dir = "%s";\nlisten = ( { side = "home"; } );\n' % router.folder.name)
            self.assertEqual(call('--config', path, 'links')[0], 0)
            with open(path, 'a', encoding='utf-8') as file:
                file.write('=\n')
            status, _, err = call('--config', path, 'links')
            self.assertEqual(status, 2)
            self.assertIn('hanse.conf:3: syntax error', err)
            self.assertEqual(call('--config', '/nonexistent', 'links')[0], 2)
            self.assertEqual(call('links', environment={'HANSE_SOCKET': router.path})[0], 0)


class Requests(unittest.TestCase):
    def asked(self, *words):
        request, = played(rows(), *words)[3]
        return request['arguments']

    def test_arguments(self):
        self.assertEqual(self.asked('explain', 'a', '--method', 'INVITE', 'b'),
                         {'from': 'a', 'to': 'b', 'method': 'INVITE'})
        self.assertEqual(self.asked('explain', '--to=b', 'a', '--names=x,y'), {'to': 'b', 'from': 'a', 'names': 'x,y'})
        self.assertEqual(self.asked('counters'), {})
        self.assertEqual(self.asked('counters', 'sip.'), {'prefix': 'sip.'})
        self.assertEqual(self.asked('stop', '--now'), {'now': 'true'})
        self.assertEqual(self.asked('close', '--', '--5'), {'link': '--5'})

    def test_command_of_a_plugin(self):
        def answer(request):
            return HELP if request['command'] == 'help' else rows({'step': 'dns.srv'})
        status, out, _, asked = played(answer, 'survey', 'b.example', '--all', '--depth', '2')
        self.assertEqual((status, out), (0, 'STEP\ndns.srv\n'))
        self.assertEqual(asked, [{'command': 'help', 'arguments': {'command': 'survey'}},
                                 {'command': 'survey', 'arguments': {'domain': 'b.example', 'all': 'true', 'depth': '2'}}])
        self.assertEqual(played(answer, 'survey')[0], 2)
        status, out, _, _ = played(answer, 'help', 'survey')
        self.assertEqual(status, 0)
        self.assertIn('usage: hansectl survey DOMAIN [--depth DEPTH] [--all]', out)

    def test_not_utf8(self):
        self.assertEqual(played(rows(), 'counters', b'\xff'.decode('utf-8', 'surrogateescape'))[0], 2)


class Output(unittest.TestCase):
    def test_table(self):
        answer = rows({'id': 9, 'peer': '192.0.2.1:5061', 'open': True}, {'id': 10, 'peer': 'x', 'open': False, 'note': 'z'},
                      text='2 links')
        out = played(answer, 'links')[1]
        self.assertEqual(out, 'ID  PEER            OPEN  NOTE\n'
                              ' 9  192.0.2.1:5061  yes\n'
                              '10  x               no    z\n'
                              '2 links\n')

    def test_wide_characters(self):
        out = played(rows({'a': '漢字', 'b': 1}, {'a': 'ü', 'b': 2}), 'links')[1]
        self.assertEqual(out, 'A     B\n漢字  1\nü     2\n')

    def test_explain(self):
        answer = refusal(1, 'the message would be refused: 403', {
            'from': 'a@a.example', 'partner': 'b.example', 'type': 'direct', 'note': '', 'rule': 'block evil.example',
            'file': '/etc/hanse/conf.d/b.conf', 'line': 12, 'verdict': 'deny', 'cure': 'remove it'})
        status, out, err, _ = played(answer, 'explain', 'a@a.example', 'b@b.example')
        self.assertEqual((status, err), (1, ''))
        self.assertEqual(out, 'from     a@a.example\n'
                              'partner  b.example\n'
                              'type     direct\n'
                              'rule     block evil.example  (/etc/hanse/conf.d/b.conf:12)\n'
                              'verdict  deny\n'
                              'cure     remove it\n'
                              'the message would be refused: 403\n')

        answer['rows'][0]['text'] = answer['error']['text']
        out = played(answer, 'explain', 'a@a.example', 'b@b.example')[1]
        self.assertEqual(out.count('the message would be refused'), 1)

    def test_nothing_reaches_the_terminal(self):
        answer = rows({'a\x1b[2J': 'x\x1b]0;title\x07\u202e\r\n'}, text='\x1b[31m')
        for command in (('links',), ('status',), ('explain', 'a', 'b')):
            out = played(answer, *command)[1]
            self.assertIsNone(re.search('[\x00-\x09\x0b-\x1f\x7f\u202e]', out), out)

    def test_json(self):
        answer = rows({'id': 9})
        status, out, _, _ = played(answer, 'links', '--json')
        self.assertEqual((status, json.loads(out)), (0, answer))
        status, out, err = call('--json', 'links', path='/nonexistent')
        self.assertEqual((status, err), (3, ''))
        said = json.loads(out)
        self.assertEqual((said['ok'], said['outcome'], said['rows']), (False, 3, []))
        self.assertIn('no router', said['error']['text'])
        status, out, err = call('explain', '--json')
        self.assertEqual((status, json.loads(out)['outcome'], err), (2, 2, ''))

    def test_long_answer(self):
        many = [{'n': n, 'text': 'x' * 50} for n in range(20000)]
        status, out, _, _ = played(rows(*many), 'links')
        self.assertEqual((status, out.count('\n')), (0, 20001))

    def on_terminal(self, environment):
        """What hansectl prints on a terminal."""
        with Router(lambda _: rows({'a': 1})) as router:
            master, slave = pty.openpty()
            variables = {**os.environ, 'TERM': 'xterm', **environment}
            subprocess.run([HANSECTL, '--socket', router.path, 'links'], stdin=slave, stdout=slave, stderr=slave,
                           timeout=30, check=False, env=variables)
            os.close(slave)
            said = os.read(master, 4096).decode()
            os.close(master)
            return said

    def test_colour(self):
        self.assertIn('\x1b[1m', self.on_terminal({}))
        self.assertNotIn('\x1b', self.on_terminal({'NO_COLOR': '1'}))
        self.assertNotIn('\x1b', self.on_terminal({'TERM': 'dumb'}))


class Documents(unittest.TestCase):
    def test_markdown(self):
        answer = rows({'a_b': 'x|y', 'n': 7}, {'a_b': '*', 'late': True})
        status, out, _, asked = played(answer, '--markdown', 'links')
        self.assertEqual((status, out), (0, '| a b | n | late |\n|---|---|---|\n| x\\|y | 7 |  |\n| \\* |  | yes |\n'))
        self.assertEqual(asked, [{'command': 'links', 'arguments': {}}])

    def test_several_tables(self):
        answer = rows({'table': 'one', 'x': 1}, {'table': 'two', 'y': 2}, {'table': 'one', 'x': 3})
        self.assertEqual(played(answer, 'plan')[1], 'One\nX\n1\n3\n\nTwo\nY\n2\n')
        self.assertEqual(played(answer, 'plan', '--markdown')[1],
                         '## One\n\n| x |\n|---|\n| 1 |\n| 3 |\n\n## Two\n\n| y |\n|---|\n| 2 |\n')

    def test_findings(self):
        answer = refusal(14, '1 failed', {'result': 'FAIL', 'rule': 'tls.name', 'text': 'no\x1b[2J', 'us': 2500,
                                          'side': 'theirs', 'meaning': 'm', 'try': 't'}, {'Result': 'Failure'})
        status, out, err, _ = played(answer, 'probe', 'a.example')
        self.assertEqual((status, err), (14, ''))
        self.assertEqual(out, 'FAIL tls.name no\\x1b[2J  [theirs]  (2 ms)\n     meaning:  m\n     try:      t\n\n'
                              'Result  Failure\n1 failed\n')


class FromTheTable(unittest.TestCase):
    COMMANDS = ('status', 'links', 'partners', 'modules', 'generations', 'counters', 'explain', 'reload', 'close', 'log',
                'stop', 'help', 'completion', 'manual')

    def test_help(self):
        for words in (('help',), ('--help',)):
            status, out, _ = call(*words, path='/nonexistent')
            self.assertEqual(status, 0)
            for command in self.COMMANDS:
                self.assertRegex(out, r'(?m)^  %s\b' % command)
        self.assertIn('explain FROM TO [--names NAMES] [--method METHOD]', call('explain', '--help')[1])

    def test_help_of_plugins(self):
        answer = rows({'command': 'links', 'usage': 'links', 'help': 'x'}, {'command': 'survey', 'usage': 'p', 'help': 'y'})
        out = played(answer, 'help')[1]
        self.assertIn('commands of plugins', out)
        self.assertEqual(len(re.findall(r'(?m)^links ', out)), 0)
        self.assertEqual(len(re.findall(r'(?m)^survey ', out)), 1)

    def test_bash(self):
        script = call('completion', 'bash')[1]
        test = script + '''
ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _hansectl; echo "${COMPREPLY[*]}"; }
ask hansectl ex
ask hansectl --socket /x explain a b --na
ask hansectl log de
'''
        done = subprocess.run(['bash', '--norc', '-c', test], capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual((done.stdout, done.stderr), ('explain\n--names\ndebug\n', ''))

    def test_zsh(self):
        script = call('completion', 'zsh')[1]
        self.assertTrue(script.startswith('#compdef hansectl\n'))
        for command in self.COMMANDS:
            self.assertRegex(script, r"(?m)^    '%s:" % command)

    def test_manual(self):
        page = call('manual')[1]
        for command in self.COMMANDS:
            self.assertRegex(page, r'(?m)^\.SS %s\b' % command)
        self.assertIn('.SH EXIT STATUS', page)

    def test_version(self):
        status, out, _ = call('--version')
        self.assertEqual(status, 0)
        self.assertRegex(out, r'^hansectl \d+\.\d+\.\d+\n$')


if __name__ == '__main__':
    if not os.access(HANSECTL, os.X_OK):
        print('hansectl is not built: ./dev build')
        sys.exit(77)
    unittest.main()
