#!/usr/bin/python3
"""Pages that are made or compared by tools (P50): the contract out of the headers' comments, links, excerpts; pages whose
commands are pasted (P51).

usage: test_pages.py [unittest arguments]"""
import os
import sys
import tempfile
import unittest

SOURCE = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
sys.path[:0] = [os.path.join(SOURCE, 'tools'), os.path.join(SOURCE, 'tests', 'stranger')]

import contract  # noqa: E402
import excerpts  # noqa: E402
import follow  # noqa: E402
import links  # noqa: E402

HEADER = '''/* What it is. */
#ifndef HANSE_X_H
#define HANSE_X_H
HANSE_BEGIN
#define HANSE_X 1u /* one */

/* Two of them:
   - the first *one*
     goes on
   - the second
   Then:
     0.9  new
     0.1  old

     one(line); */
enum hanse_x {
  HANSE_X_A = 1, /* a */
  /* the others */
  HANSE_X_B = 2 /* b, without a comma */
};

/* A struct. */
struct hanse_y {
  uint32_t size;
  const char *const *names; /* of a,
                               and b */
  /* go: runs. */
  int (*go)(void *self, struct hanse_y *y);
  /* theirs */
  int first, second;
  int third;
};

/* Adds. */
static inline int hanse_add(int a, int b) {
  return a + (b);
}
static inline int hanse_more(int a) { return a; }

/* ---- a heading ---- */

HANSE_END
#endif
'''


class Contract(unittest.TestCase):
    def render(self, text):
        page = contract.Page('hanse/x.h')
        page.render(text.replace('HANSE_BEGIN\n', '').replace('HANSE_END\n', ''))
        return '\n'.join(page.lines), page.missing

    def test_says_what_the_comments_say(self):
        page, missing = self.render(HEADER)
        for line in ('What it is.', 'HANSE_X 1u', 'one', '### enum hanse_x', '* the first \\*one\\*\n  goes on\n* the second\n\nThen:\n\n* 0.9  new\n* 0.1  old',
                     '```c\none(line);\n```', '| `HANSE_X_A` | 1 | a |',
                     '| | | _the others_ |', '| `HANSE_X_B` | 2 | b, without a comma |', '### struct hanse_y',
                     '* `const char *const *names`: of a, and b', '* **go**: runs.',
                     '  `int (*go)(void *self, struct hanse_y *y)`', '* `int first, second`: theirs', '* `int third`',
                     'int hanse_add(int a, int b)', 'int hanse_more(int a)', 'Adds.', '### a heading'):
            self.assertIn('\n' + line + '\n', '\n' + page + '\n')
        self.assertEqual(missing, [])

    def test_finds_what_has_no_comment(self):
        for comment, what in (('/* A struct. */\n', 'struct hanse_y'), ('/* Adds. */\n', 'hanse_add'),
                              (' /* of a,\n                               and b */', 'names of struct hanse_y')):
            self.assertIn(comment, HEADER)
            _, missing = self.render(HEADER.replace(comment, '\n'))
            self.assertEqual([line.split(': ')[1] for line in missing], [what + ' has no comment'])

    def test_every_header_is_read_to_its_end(self):
        """Whatever a header declares stands in the page."""
        text = links.read(os.path.join(SOURCE, 'docs/plugins/contract.md'))
        for name in ('struct hanse_plugin', 'hanse_wall_time', 'hanse_link_failure', 'HANSE_F_PRIVACY', 'hanse_undecorate',
                     'hanse_store_answer', 'HANSE_MARK_LOG_AS', 'hanse_octets_bits'):
            self.assertIn(name, text)


class Pages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.before = os.getcwd()
        self.addCleanup(os.chdir, self.before)
        os.chdir(self.folder.name)
        self.write('other.md', '# A heading: *one*\n')
        self.write('x.c', 'int x(void) {\n  return 1;\n}\n')

    def write(self, name, text):
        with open(name, 'w', encoding='utf-8') as file:
            file.write(text)

    def problems(self, tool, text):
        self.write('page.md', text)
        return [line.split(': ', 1)[1] for line in tool.problems('page.md')]

    def test_links(self):
        for good in ('[a](other.md)', '[a](other.md#a-heading-one)', '[a](https://x.example/)', '`[a](gone.md)`',
                     '# Here\n[a](#here)', '```\n[a](gone.md)\n```'):
            self.assertEqual(self.problems(links, good), [])
        self.assertEqual(self.problems(links, '[a](gone.md)'), ['the link to gone.md leads nowhere'])
        self.assertEqual(self.problems(links, '[a](other.md#two)'), ['other.md has no heading #two'])

    def test_excerpts(self):
        self.assertEqual(self.problems(excerpts, '<!-- from x.c -->\n```c\nint x(void) {\n  return 1;\n```\n'), [])
        self.assertEqual(self.problems(excerpts, '<!-- from x.c -->\n```c\n  return 2;\n```\n'), ['x.c has no such lines'])
        self.assertEqual(self.problems(excerpts, '<!-- from y.c -->\n```c\nint y;\n```\n'), ['y.c does not exist'])
        self.assertEqual(len(self.problems(excerpts, '<!-- from x.c -->\n\nno block\n')), 1)

    PAGE = '# One\n```sh\necho a\nif true; then\n  echo b\nfi\n```\n```text\na  …  b\n```\nwords\n```sh\nlast\n```\n'

    def follow(self, printed, page=PAGE):
        self.write('page.md', page)
        ran, done = [], []
        follow.follow('page.md', lambda command: ran.append(command) or printed, done.append)
        return ran, done

    def test_pages_are_followed(self):
        ran, done = self.follow('a x b')
        self.assertEqual(ran, ['echo a', 'if true; then\n  echo b\nfi', 'last'])
        self.assertEqual(done, ['One: if true; then', 'One: last'])
        self.follow('a   x\tb')  # as wide as it likes
        for printed in ('b', 'b a', 'a\nb'):  # not there, in another order, in two lines
            with self.assertRaises(follow.Strayed):
                self.follow(printed, self.PAGE.replace('echo a\n', ''))


if __name__ == '__main__':
    unittest.main(verbosity=1)
