"""Prints a conversation so that a person enjoys reading it."""
import os
import sys
import textwrap

COLOURS = {'bold': '1', 'dim': '2', 'red': '31', 'green': '32', 'yellow': '33', 'blue': '34', 'magenta': '35',
           'cyan': '36'}
WIDTH = 100


class Story:
    """Lines of a play: chapters, who said what to whom, and how it travelled. Colours only on a terminal."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.coloured = out.isatty() and 'NO_COLOR' not in os.environ
        self.home = None  # the domain whose people are drawn on the left

    def paint(self, colour, text):
        return '\033[%sm%s\033[0m' % (COLOURS[colour], text) if self.coloured else text

    def line(self, text=''):
        print(text, file=self.out, flush=True)

    def title(self, text):
        self.line()
        self.line(self.paint('bold', text))

    def chapter(self, text):
        self.line()
        self.line(self.paint('bold', '── %s %s' % (text, '─' * (WIDTH - 4 - len(text)))))

    def said(self, sender, receiver, what, milliseconds=None, note=None):
        """One exchange; sender and receiver are user@domain."""
        ours = sender.endswith('@' + str(self.home))
        left, right = (sender, receiver) if ours else (receiver, sender)
        arrow = '──▶' if ours else '◀──'
        took = '%8.1f ms' % milliseconds if milliseconds is not None else ''
        who = '%-23s %s %-22s' % (left, arrow, right)
        self.line('  %s  %-34s%s' % (self.paint('cyan' if ours else 'magenta', who), what, self.paint('dim', took)))
        if note:
            self.note(note)

    def note(self, text):
        for part in textwrap.wrap(text, WIDTH - 8):
            self.line(self.paint('dim', '        ' + part))

    def good(self, text):
        self.line('  %s %s' % (self.paint('green', '✓'), text))

    def bad(self, text):
        self.line('  %s %s' % (self.paint('red', '✗'), text))
