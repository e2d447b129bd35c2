"""Tests of the test library itself: what reads, writes, compares and reports must not be taken on trust."""
import os
import re
import subprocess
import sys
import unittest

import checks
import cast
import hanse
import hostile
import scenario
import sip
import steps
import steps_node

HERE = os.path.dirname(os.path.abspath(__file__))

MESSAGE = (b'MESSAGE sip:bob@fabrikam.example SIP/2.0\r\nv: SIP/2.0/TLS a;branch=z9hG4bK1,\r\n SIP/2.0/TCP b\r\n'
           b'Subject:  two  blanks \r\nl: 2\r\n\r\nhi')


def run(*arguments):
    result = subprocess.run([sys.executable, os.path.join(HERE, 'scenario.py'), '--direct', *arguments], cwd=HERE,
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    return result.returncode, result.stdout + result.stderr


class Sip(unittest.TestCase):
    def test_stream_in_any_pieces(self):
        for size in (1, 2, 7, 1000):
            stream, got = sip.Stream(), []
            data = b'\r\n\r\n' + MESSAGE * 3
            for start in range(0, len(data), size):
                got += stream.feed(data[start:start + size])
            self.assertEqual([message.raw for message in got], [MESSAGE] * 3)
            self.assertEqual(stream.blank, 2)

    def test_headers(self):
        message = sip.Stream().feed(MESSAGE)[0]
        self.assertEqual(message.values('Via'), ['SIP/2.0/TLS a;branch=z9hG4bK1', 'SIP/2.0/TCP b'])
        self.assertEqual(message.body, b'hi')
        self.assertEqual(checks.header_lines(message)[1], b'Subject:  two  blanks ')

    def test_values_are_split_only_outside_quotes_and_brackets(self):
        self.assertEqual(sip.split_values('"a, b" <sip:c@d;x="1,2">;t=1, <sip:e,f@g>'),
                         ['"a, b" <sip:c@d;x="1,2">;t=1', '<sip:e,f@g>'])

    def test_dialog_of_both_sides(self):
        ours = sip.Dialog('sip:a@x', 'sip:b@y', 'TLS h:1', '<sip:a@h>')
        invite = ours.request('INVITE')
        invite.add('Record-Route', '<sip:p2;lr>, <sip:p1;lr>')
        theirs = sip.Dialog.from_request(invite, 'TLS i:2', '<sip:b@i>')
        ours.learn(sip.response(invite, 200, tag=theirs.local_tag, contact=theirs.contact))
        self.assertEqual(ours.request('BYE').all('Route'), ['<sip:p1;lr>', '<sip:p2;lr>'])
        self.assertEqual(theirs.request('BYE').all('Route'), ['<sip:p2;lr>', '<sip:p1;lr>'])
        self.assertEqual(ours.target, 'sip:b@i')
        self.assertEqual(sip.parameter(ours.request('INFO').get('To'), 'tag'), theirs.local_tag)


class Checks(unittest.TestCase):
    def check(self, line, good):
        message = sip.Stream().feed(MESSAGE)[0]
        other = sip.Stream().feed(MESSAGE.replace(b'two  blanks', b'one blank'))[0]
        for original, expected in ((lambda: message, good), (lambda: other, None)):
            if expected is None and 'same' not in line:
                continue
            try:
                checks.run(line, message, original)
                self.assertTrue(expected, line)
            except cast.Failure:
                self.assertFalse(expected, line)

    def test_checks(self):
        for line, good in (('header Via count 2', True), ('header Via count 1', False),
                           ('header Subject absent', False),
                           ('header Route absent', True), ('header Subject ~ blanks', True), ('body = hi', True),
                           ('body ~ ho', False), ('uri = sip:bob@fabrikam.example', True), ('uri ~ carol', False),
                           ('headers same except Nothing', True), ('header Subject same', True)):
            self.check(line, good)

    def test_escapes(self):
        self.assertEqual(checks.quoted(r'"a\r\n\x41\"\\"'), 'a\r\nA"\\')
        self.assertEqual(checks.quoted(r'"\xff"').encode('utf-8', 'surrogateescape'), b'\xff')


class Configuration(unittest.TestCase):
    def test_libconfig(self):
        text = hanse.libconfig({'a': 'x"y', 'b': [1, 2], 'c': [{'d': True}], 'e': {'f': []}})
        self.assertEqual(re.sub(r'\s+', ' ', text),
                         '{ a = "x\\"y"; b = [ 1, 2 ]; c = ( { d = true; } ); e = { f = [ ]; }; }')

    def test_paths(self):
        config = {'modules': [{'name': 'sip'}, {'name': 'domains', 'block': []}], 'limits': {}}
        container, key = steps_node.locate(config, 'modules[domains].block')
        self.assertIs(container, config['modules'][1])
        self.assertEqual(key, 'block')
        self.assertEqual(steps_node.locate(config, 'partners')[1], 'partners')
        with self.assertRaises(cast.Failure):
            steps_node.locate(config, 'modules[none].x')

    def test_log_lines(self):
        event = hanse.parse_event('2026-11-22T10:00:00Z INFO sip routed partner=fabrikam.example rule="a b" ms=1.2')
        self.assertEqual((event['level'], event['event'], event['rule'], event['ms']), ('INFO', 'routed', 'a b', '1.2'))


class Hostile(unittest.TestCase):
    def test_verdicts(self):
        for outcome, verdict, good in (((['x'], False, 0), '403', False), (([403], False, 0), '403', True),
                                       (([403], True, 0), '403', False), (([400], True, 0), '400+close', True),
                                       (([], True, 0), 'close', True), (([200], False, 1), 'forward', True),
                                       (([200, 200], False, 2), 'forward', False),
                                       (([200, 403], False, 1), 'forward+403', True),
                                       (([200], False, 0), 'forward', False)):
            outcome = hostile.Outcome([0 if s == 'x' else s for s in outcome[0]], *outcome[1:])
            self.assertEqual(outcome.is_like(verdict), good, '%s %s' % (outcome, verdict))

    def test_tables_and_scenarios_can_be_read(self):
        for folder in ('scenario', 'reload'):
            path = os.path.join(HERE, '..', folder)
            for name in sorted(os.listdir(path)):
                if name.endswith('.txt'):
                    group = scenario.Group(os.path.join(path, name))
                    self.assertTrue(group.scenarios, name)
                    self.assertTrue(all(one.shows and one.lines for one in group.scenarios), name)
                if name.endswith('.table'):
                    self.assertTrue(hostile.read_table(os.path.join(path, name)), name)


class Runner(unittest.TestCase):
    def test_what_is_right_passes(self):
        status, text = run('selftest.txt')
        self.assertEqual(status, 0, text)

    def test_what_is_wrong_fails(self):
        status, text = run('selftest_fails.txt')
        count = len(scenario.Group(os.path.join(HERE, 'selftest_fails.txt')).scenarios)
        self.assertEqual(status, 1, text)
        self.assertIn('0 passed, %d failed, 0 skipped' % count, text)

    def test_every_line_is_a_step(self):
        lines = [line.text for name in ('selftest.txt', 'selftest_fails.txt')
                 for one in scenario.Group(os.path.join(HERE, name)).scenarios for line in one.lines]
        for text in lines:
            matching = [step for step in steps.STEPS if step.pattern.fullmatch(text)]
            self.assertTrue(matching, text)


if __name__ == '__main__':
    unittest.main()
