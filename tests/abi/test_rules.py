#!/usr/bin/python3
"""tools/abi.sh against changed copies of the contract's headers: what may stay, what raises the minor and what the major
is told apart, each with a sentence that says what to do (K4).

    test_rules.py [NAME…]      only these"""
import os
import re
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, '..', '..')
sys.path.insert(0, os.path.join(ROOT, 'tools'))

try:
    import abi
except ImportError as error:
    print(error)
    sys.exit(77)

MINOR, MAJOR = 'raise HANSE_ABI_MINOR in plugin.h to 1', 'raise HANSE_ABI_MAJOR in plugin.h to 2'
BREAKS = 'plugins built for 1.0 break: '

# name, header, what is replaced there, what by, phrases of each finding (none: nothing is found).
ROWS = [
    ('nothing', 'policy.h', 'judges facts', 'judges the facts', []),
    ('helper', 'policy.h', 'struct hanse_policy {', 'static inline int hanse_more(void) { return 1; }\nstruct hanse_policy {',
     []),
    ('field', 'policy.h', '  uint32_t answers;\n', '  uint32_t answers, reserved;\n  void (*more)(void *self);\n',
     [['hanse_policy: the field reserved is new, and not behind the 32 octets', MAJOR],
      ['hanse_policy: the field more is new', MINOR]]),
    ('field at the end', 'protocol.h', '(*conclude)(void *self, struct hanse_message *message, uint16_t status);\n',
     '(*conclude)(void *self, struct hanse_message *message, uint16_t status);\n  void (*more)(void *self);\n',
     [['hanse_protocol: the field more is new', MINOR]]),
    ('field in the padding', 'federation.h', '  bool catch_all; ', '  bool catch_all, more; ',
     [['hanse_federation: the field more is new, and not behind the 40 octets', MAJOR]]),
    ('field in between', 'observer.h', '  uint32_t mask; ', '  uint64_t more;\n  uint32_t mask; ',
     [['hanse_observer: the field mask has moved from 4 to 16', MAJOR], ['the field event has moved', MAJOR]]),
    ('field gone', 'policy.h', '  uint32_t answers;\n', '', [['hanse_policy: the field answers is gone', MAJOR]]),
    ('reserved field', 'host.h', '  uint32_t reserved;\n  const struct hanse_host_ops', '  uint32_t more;\n  const struct hanse_host_ops',
     [['hanse_host: reserved is now more', MINOR]]),
    ('type', 'policy.h', '  uint32_t stages;', '  int32_t stages;',
     [['hanse_policy: the field stages was "uint32_t" and is "int32_t"', MAJOR]]),
    ('slot takes more', 'policy.h', '(*withdrawn)(void *self, hanse_token token)',
     '(*withdrawn)(void *self, hanse_token token, int why)',
     [['hanse_policy: the field withdrawn was "void (*)(void *, hanse_token)"', MAJOR]]),
    ('slot gives more', 'observer.h', 'void (*event)(', 'int (*event)(', [['the field event was "void (*)', MAJOR]]),
    ('slot may write', 'observer.h', '(void *self, const struct hanse_event *event)', '(void *self, struct hanse_event *event)',
     [['the field event was "void (*)', MAJOR]]),
    ('struct without a size', 'option.h', '  const char *help; ', '  const char *more;\n  const char *help; ',
     [['hanse_option: the field help has moved'], ['the field more is new, in a struct without a size', MAJOR]]),
    ('room of a text', 'base.h', 'char text[480]', 'char text[512]', [['hanse_problem: the field text was "char [480]"', MAJOR]]),
    ('value', 'policy.h', 'HANSE_DEFER = 3', 'HANSE_DEFER = 4', [['HANSE_DEFER was 3 and is 4', MAJOR]]),
    ('new value', 'observer.h', 'HANSE_EVENT_FAILED = 32', 'HANSE_EVENT_FAILED = 32,\n  HANSE_EVENT_MORE = 64',
     [['HANSE_EVENT_MORE is new', MINOR]]),
    ('constant', 'store.h', 'HANSE_STORE_KEY_MAX 512u', 'HANSE_STORE_KEY_MAX 256u',
     [['the constant HANSE_STORE_KEY_MAX was 512u and is 256u', MAJOR]]),
    ('new struct', 'need.h', 'struct hanse_needs {', 'struct hanse_more {\n  uint32_t size;\n};\nstruct hanse_needs {',
     [['struct hanse_more is new', MINOR]]),
    ('grows inside', 'need.h', 'struct hanse_needs {',
     'struct hanse_more {\n  uint32_t size;\n};\nstruct hanse_both {\n  struct hanse_more one;\n};\nstruct hanse_needs {',
     [['hanse_both: the field one is a struct hanse_more, which grows: make it a pointer']]),
]


class World:
    """A copy of the headers that say they are 1.0, saved."""

    def __init__(self, folder):
        self.root = folder
        self.include = os.path.join(folder, 'sdk', 'include')
        shutil.copytree(os.path.join(ROOT, 'sdk', 'include'), self.include)
        os.makedirs(os.path.join(folder, 'sdk', 'abi'))
        self.number(1, 0)
        self.expect('save', [])
        self.expect('check', [])

    def edit(self, header, change):
        path = os.path.join(self.include, 'hanse', header)
        with open(path) as file:
            text = file.read()
        changed = change(text)
        if changed == text:
            raise AssertionError('%s has nothing to be changed so' % header)
        with open(path, 'w') as file:
            file.write(changed)

    def number(self, major, minor):
        for part, value in (('MAJOR', major), ('MINOR', minor)):
            pattern = r'(#define HANSE_ABI_%s) \d+u' % part
            self.edit('plugin.h', lambda text: re.sub(pattern, r'\1 %du ' % value, text))

    def expect(self, command, wanted):
        """The command's findings: each of `wanted` has its phrases in one of them, and there is none without."""
        findings = getattr(abi.Abi(self.root), command)()
        for phrases in wanted:
            if not any(all(phrase in finding for phrase in phrases) for finding in findings):
                raise AssertionError('%s: nothing says %s in:\n%s' % (command, phrases, '\n'.join(findings)))
        if bool(findings) != bool(wanted):
            raise AssertionError('%s: found is\n%s' % (command, '\n'.join(findings) or 'nothing'))


def row(world, header, before, after, wanted):
    """As the version is: released. As the next minor: what breaks it still does, and what adds to it does not."""
    world.expect('release', [])
    world.edit(header, lambda text: text.replace(before, after))
    world.expect('check', wanted)
    world.expect('save', wanted)
    world.number(1, 1)
    world.expect('check', [['ABI 1.1 is not saved; run tools/abi.sh save']])
    world.expect('save', [])
    breaks = [phrases[:1] + [BREAKS] for phrases in wanted if MAJOR in phrases]
    inside = [phrases for phrases in wanted if 'make it a pointer' in phrases[0]]
    world.expect('check', breaks + inside)
    world.number(2, 0)
    world.expect('save', [])
    world.expect('check', inside)


def unreleased(world):
    """Until a version is given out, saving anew is all."""
    world.edit('policy.h', lambda text: text.replace('HANSE_DEFER = 3', 'HANSE_DEFER = 4'))
    world.expect('check', [['HANSE_DEFER was 3 and is 4', 'if it is meant, run tools/abi.sh save']])
    world.expect('save', [])
    world.expect('check', [])
    world.edit('policy.h', lambda text: text.replace('struct hanse_policy {', 'struct hanse_later;\nstruct hanse_policy {'))
    world.expect('check', [['the headers changed, though not in what is built; run tools/abi.sh save']])


def before_one(world):
    """While the major is 0 every change raises the minor, and older minors are not asked."""
    world.number(0, 9)
    world.expect('save', [])
    world.expect('release', [])
    world.edit('policy.h', lambda text: text.replace('HANSE_DEFER = 3', 'HANSE_DEFER = 4'))
    world.expect('check', [['HANSE_DEFER was 3 and is 4', 'raise HANSE_ABI_MINOR in plugin.h to 10']])
    world.number(0, 10)
    world.expect('save', [])
    world.expect('check', [])


def main():
    tests = [(name, row, rest) for name, *rest in ROWS] + [('unreleased', unreleased, []), ('before 1.0', before_one, [])]
    chosen = [test for test in tests if len(sys.argv) == 1 or test[0] in sys.argv[1:]]
    bad = 0
    for name, run, arguments in chosen:
        with tempfile.TemporaryDirectory() as folder:
            try:
                run(World(folder), *arguments)
                print('  ok    ' + name)
            except Exception as error:  # one result must not hide the others
                bad += 1
                print('  FAIL  %s\n    %s: %s' % (name, type(error).__name__, str(error).replace('\n', '\n    ')))
        sys.stdout.flush()
    print('%d passed, %d failed' % (len(chosen) - bad, bad))
    return 1 if bad or not chosen else 0


if __name__ == '__main__':
    sys.exit(main())
