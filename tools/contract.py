"""docs/plugins/contract.md and fake-host.md are the comments of the public headers, declaration by declaration.

    contract.py          compares the pages with the headers, and says what has no comment
    contract.py write    writes the pages anew

The headers are uniform: one comment before each declaration, field or value, or behind it on its line. A declaration
without one that follows another without an empty line between shares its comment. `/* ---- text ---- */` is a heading."""
import os
import re
import sys
import textwrap

FOLDER = 'sdk/include/hanse'
FIRST = ['plugin', 'base', 'arena', 'option', 'policy', 'facts', 'message', 'federation', 'service', 'observer', 'command',
         'store', 'host', 'worker', 'protocol', 'lifted', 'link', 'probe', 'need', 'decoration', 'octets', 'failure']
PAGES = {'docs/plugins/contract.md': lambda name: name != 'fake_host',
         'docs/plugins/fake-host.md': lambda name: name == 'fake_host'}
HEADS = {'docs/plugins/contract.md': 'The contract, slot by slot', 'docs/plugins/fake-host.md': 'The fake host, call by call'}
INTRO = {
    'docs/plugins/contract.md':
        'What the headers of `hanse-dev` say, in the order in which one needs them. Every struct whose first field is\n'
        '`size` has it filled by whoever fills the struct; `reserved` is 0. [lifecycle.md](lifecycle.md) has the order of\n'
        'the calls as a picture, [ownership.md](ownership.md) the rules of who owns what.\n',
    'docs/plugins/fake-host.md':
        'What `libhanse-fakehost` offers to tests of plugins. [testing.md](testing.md) shows how it is used.\n'}
SILENT = {'size', 'reserved'}  # fields that the page's head explains
TABLES = {'hanse_host_ops'}  # plugins use its wrappers: its fields have their comments there
TOKEN = re.compile(r'/\*(?P<comment>.*?)\*/|(?P<define>^#(?:[^\n\\]|\\\n|\\.)*)|(?P<string>"(?:[^"\\]|\\.)*")|(?P<other>\s+|\w+|.)',
                   re.S | re.M)
GUARD = re.compile(r'^#\s*(if|el|endif|include|undef)|^#\s*define\s+(\w+_H|HANSE_BEGIN|HANSE_END)\b')


def squeeze(text):
    return re.sub(r'\s+', ' ', text).strip()


class Item:
    """A declaration, field or value, with its comment; a heading has a comment alone."""

    def __init__(self, text, before, line):
        self.text, self.before, self.line = text, before, line
        self.behind, self.blank = '', False

    def comment(self):
        return ' '.join(part for part in (self.before, self.behind) if part)


class Cutter:
    """Cuts C text into items, each ended by one of `ends` at depth 0, or at the end of a function's body."""

    def __init__(self, line, ends):
        self.line, self.ends = line, ends
        self.items, self.text, self.comment = [], '', ''
        self.depth, self.newlines, self.blank = 0, 1, True

    def end(self):
        if squeeze(self.text):
            item = Item(self.text, self.comment, self.line)
            item.blank = self.blank
            last = re.search(r'/\*(.*?)\*/\s*$', self.text, re.S)  # of a last value, which no comma ends
            item.behind = squeeze(last.group(1)) if last else ''
            self.items.append(item)
        self.text, self.comment, self.blank, self.newlines = '', '', False, 0

    def say(self, comment):
        if self.depth or squeeze(self.text):
            self.text += '/*' + comment + '*/'
        elif self.newlines == 0 and self.items and not self.items[-1].behind:
            self.items[-1].behind = squeeze(comment)
        else:
            if self.comment:  # of nothing that follows: it heads what comes
                self.items.append(Item('', self.comment, self.line))
            self.comment, self.blank, self.newlines = comment.strip(), self.blank or self.newlines > 1, 0

    def take(self, text):
        if text.isspace():
            self.space(text)
            return
        self.text += text
        self.depth += (text in '{([') - (text in '})]')
        if self.depth == 0 and (text in self.ends or (text == '}' and re.search(r'\)\s*\{', self.text))):
            self.end()

    def space(self, text):
        if not squeeze(self.text):
            self.newlines += text.count('\n')
            self.blank = self.blank or self.newlines > 1
            if self.newlines > 1 and self.comment:
                self.items.append(Item('', self.comment, self.line))
                self.comment = ''
        else:
            self.text += text

    def define(self, text):
        found = re.match(r'^(#.*?)\s*(?:/\*(.*)\*/)?\s*$', text, re.S)
        self.text = found.group(1)
        self.end()
        self.items[-1].behind = squeeze(found.group(2) or '')


def cut(text, line=1, ends=';'):
    cutter = Cutter(line, ends)
    for found in TOKEN.finditer(text):
        cutter.line = line + text.count('\n', 0, found.start())
        if found.group('comment') is not None:
            cutter.say(found.group('comment'))
        elif found.group('define') is not None and not cutter.depth:
            if not GUARD.match(found.group()):
                cutter.define(found.group())
            else:  # a comment before it is of what it guards
                cutter.newlines = 0
        else:
            cutter.take(found.group())
    cutter.end()
    if cutter.comment:
        cutter.items.append(Item('', cutter.comment, line))
    return cutter.items


# ---- what kind of thing it is ----

def body_of(item):
    """(what stands before the braces, what stands within them) of a struct or enum; None for anything else."""
    found = re.match(r'^\s*((?:struct|enum)\b[^({;]*)\{(.*)\}[^}]*;\s*$', item.text, re.S)
    return (squeeze(found.group(1)), found.group(2)) if found else None


def signature(item):
    """A declaration as one reads it: without its body, its initializer and what is for the compiler only."""
    text = re.sub(r'/\*.*?\*/', '', item.text, flags=re.S)
    if text.startswith('#'):
        text = squeeze(re.sub(r'^#\s*define\s+', '', text).replace('\\\n', ' '))
        return re.match(r'\w+(\([^)]*\))?', text).group() if len(text) > 70 or re.match(r'\w+\(', text) else text
    text = re.sub(r'\bHANSE_PRINTF\([^)]*\)|\bstatic inline\b|\bHANSE_EXPORT\b|\bextern\b', '', text)
    if re.search(r'\)\s*\{', text):
        text = text[:text.index('{')]
    return squeeze(text).rstrip(';, ')


def name_of(item):
    text = signature(item)
    slot = re.search(r'\(\*(\w+)\)', text)
    if slot:
        return slot.group(1)
    if item.text.startswith('#'):
        return re.match(r'\w+', text).group()
    call = re.search(r'(\w+)\s*\(', text)
    return call.group(1) if call else re.findall(r'\w+', re.sub(r'\[.*?\]', '', text))[-1]


# ---- markdown ----

def prose(text):
    """A comment as markdown: nothing in it is read as markup. Deeper lines below an empty one are code; other deeper lines,
    and those that begin with `- `, are a list."""
    text = text.replace('\n   ', '\n').strip()
    parts = re.split(r'(?<=\n\n)((?:  .*\n?)+)', text)
    return ''.join('```c\n%s\n```\n' % textwrap.dedent(part).rstrip() if n % 2 else plain(part)
                   for n, part in enumerate(parts)).rstrip()


def plain(text):
    lines, kind = [], ''  # what the line before was: '- ' or '  ' of a list, '' of none
    for line in text.split('\n'):
        deeper = line.startswith('  ')
        if line.startswith('- ') or (deeper and kind != '- '):
            lines += ([] if kind or not lines or not lines[-1] else ['']) + ['* ' + line[2:].strip()]
            kind = line[:2]
        else:
            lines += ([''] if kind and line and not deeper else []) + [line]
            kind = kind if deeper else ''
    parts = re.split(r'(`[^`]*`|^\* )', '\n'.join(lines), flags=re.M)
    return ''.join(part if part.startswith(('`', '* ')) else re.sub(r'([*<>|])', r'\\\1', part) for part in parts)


def sentence(text):
    """As prose, in one line."""
    return prose(squeeze(text))


def code(text):
    return '`%s`' % squeeze(text)


class Page:
    def __init__(self, header):
        self.header, self.lines, self.missing, self.seen = header, [], [], set()

    def lacks(self, item, what):
        self.missing.append('%s:%d: %s has no comment' % (self.header, item.line, what))

    def point(self, text):
        self.lines.append(textwrap.fill(text, 120, initial_indent='* ', subsequent_indent='  ', break_long_words=False,
                                        break_on_hyphens=False))

    def fields(self, item, inner, owner):
        section = None
        for field in cut(inner, item.line):
            if not field.text:
                self.lines.append('* _%s_' % sentence(field.before))
                continue
            note, name = field.comment(), name_of(field)
            if field.before and field.behind:  # what stands before it heads those that follow
                self.lines.append('* _%s_' % sentence(field.before))
                note = field.behind
            section = note or (section if not field.blank else None)
            if not section and name not in SILENT:
                self.lacks(field, '%s of %s' % (name, owner))
            own, shown = sentence(re.sub(r'^%s:\s*' % re.escape(name), '', note)), code(signature(field))
            if '(*' in shown:
                self.point('**%s**: %s' % (name, own or shown))
                self.lines += ['  ' + shown] if own else []
            else:
                self.point('%s%s' % (shown, ': ' + own if own else ''))

    def values(self, inner, line):
        self.lines += ['| name | value | |', '|---|---|---|']
        for value in cut(inner, line, ','):
            if not value.text:
                self.lines.append('| | | _%s_ |' % sentence(value.before))
                continue
            if value.before:
                self.lines.append('| | | _%s_ |' % sentence(value.before))
            name, _, number = signature(value).partition('=')
            self.lines.append('| `%s` | %s | %s |' % (name.strip(), number.strip(), sentence(value.behind)))

    def aggregate(self, item, kind, inner):
        name = kind.split()[-1] if ' ' in kind else ''
        self.lines += ['', '### %s' % (kind if name else re.search(r'\w+', inner).group()), '']
        if item.comment():
            self.lines += [prose(item.comment()), '']
        elif name:
            self.lacks(item, kind)
        if name in TABLES:
            return
        if kind.startswith('enum'):
            self.values(inner, item.line)
        else:
            self.fields(item, inner, kind)

    def calls(self, group):
        fresh = []
        for item in group:
            if name_of(item) not in self.seen:
                fresh.append(item)
            self.seen.add(name_of(item))
        if not fresh:
            return
        notes = [item.before for item in fresh if item.before]
        if len(fresh) == 1 and fresh[0].behind:
            notes.append(fresh[0].behind)
            fresh[0].behind = ''
        if not notes and not any(item.behind for item in fresh):
            self.lacks(fresh[0], name_of(fresh[0]))
        shown = [signature(item) + (' /* %s */' % item.behind if item.behind else '') for item in fresh]
        self.lines += ['', '```c'] + shown + ['```', ''] + [prose(note) for note in notes]

    def render(self, text):
        items, group = cut(text), []
        self.lines += ['', '## hanse/%s' % os.path.basename(self.header)]
        for item in items:
            body = body_of(item) if item.text else None
            alone = body or not item.text
            if group and (alone or item.blank or item.before):
                self.calls(group)
                group = []
            if not item.text:
                title = re.match(r'^-+ (.*?) -+$', item.before)
                self.lines += ['', '### ' + title.group(1)] if title else ['', prose(item.before)]
            elif body:
                self.aggregate(item, *body)
            elif not re.match(r'^\s*HANSE_(BEGIN|END)\s*$', item.text):
                group.append(item)
        if group:
            self.calls(group)


def headers(wanted):
    names = sorted(name[:-2] for name in os.listdir(FOLDER) if name.endswith('.h'))
    names.sort(key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    return [os.path.join(FOLDER, name + '.h') for name in names if wanted(name)]


def make(path):
    """(the page's text, what the headers leave without a comment); None: no header is for it."""
    lines, missing = ['# ' + HEADS[path], '', '<!-- made by tools/contract.py write -->', '', INTRO[path].rstrip('\n')], []
    found = headers(PAGES[path])
    for header in found:
        page = Page(header)
        with open(header, encoding='utf-8') as file:
            page.render(re.sub(r'^HANSE_(BEGIN|END)$', '', file.read(), flags=re.M))
        lines += page.lines
        missing += page.missing
    return (re.sub(r'\n{3,}', '\n\n', '\n'.join(lines)) + '\n', missing) if found else None


def main():
    bad = 0
    for path in PAGES:
        made = make(path)
        if not made:
            continue
        text, missing = made
        if sys.argv[1:] == ['write']:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
        elif not os.path.exists(path) or open(path, encoding='utf-8').read() != text:
            missing.append('%s: old; tools/pages.sh write' % path)
        bad += len(missing)
        print('\n'.join(missing), end='\n' if missing else '')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
