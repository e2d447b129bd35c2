"""tools/abi.sh: what is saved of the plugins' ABI, and whether the headers keep it.

    abi.py save | layout | check | release

sdk/abi/M.m/include holds the headers of a version, sdk/abi/M.m/layout.c its layout, sdk/abi/M.m/released says that it
was given out: then it is never saved again. The rule of what raises which number stands in hanse/plugin.h."""
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import abi_layout  # noqa: E402
import abi_types  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Saved:
    """One saved version."""

    def __init__(self, folder):
        self.folder = folder
        self.version = tuple(int(part) for part in os.path.basename(folder).split('.'))
        self.include = os.path.join(folder, 'include')
        self.released = os.path.exists(os.path.join(folder, 'released'))

    @property
    def name(self):
        return '%d.%d' % self.version

    def layout(self):
        with open(os.path.join(self.folder, 'layout.c')) as file:
            return abi_layout.Layout(file.read())


class Abi:
    """The headers below `root`, and what is saved beside them."""

    def __init__(self, root):
        self.include = os.path.join(root, 'sdk', 'include')
        self.folder = os.path.join(root, 'sdk', 'abi')
        self.version = abi_types.version(self.include)
        self.name = '%d.%d' % self.version

    def saved(self):
        """Every saved version, oldest first."""
        found = [name for name in os.listdir(self.folder) if re.fullmatch(r'\d+\.\d+', name)]
        return sorted((Saved(os.path.join(self.folder, name)) for name in found), key=lambda one: one.version)

    def own(self):
        return next((one for one in self.saved() if one.version == self.version), None)

    def layout(self):
        return layout_of(self.include, abi_types.text_of(self.include))

    # ---- the commands ----

    def save(self):
        findings = self.check() if self.own() and self.own().released else []
        if findings:
            return findings
        target = os.path.join(self.folder, self.name)
        text = self.layout()
        shutil.rmtree(os.path.join(target, 'include'), ignore_errors=True)
        os.makedirs(os.path.join(target, 'include', 'hanse'))
        for name in abi_types.to_build_with(self.include):
            shutil.copyfile(os.path.join(self.include, 'hanse', name), os.path.join(target, 'include', 'hanse', name))
        with open(os.path.join(target, 'layout.c'), 'w') as file:
            file.write(text)
        return []

    def release(self):
        findings = self.check()
        if not findings:
            with open(os.path.join(self.own().folder, 'released'), 'w') as file:
                file.write('What changes from here on raises the number.\n')
        return findings

    def check(self):
        """[findings]: each says what is wrong, and what to do."""
        own = self.own()
        if not own:
            return ['ABI %s is not saved; run tools/abi.sh save' % self.name]
        text = self.layout()
        findings = self.against_own(own, abi_layout.Layout(text))
        for one in self.saved():
            if one is not own and one.version[0] == self.version[0] > 0 and one.version < self.version:
                findings += self.against_older(one, abi_layout.Layout(text))
        findings += ['struct that grows: ' + what for what in abi_layout.embedded(abi_layout.Layout(text))]
        return findings

    def against_own(self, own, layout):
        minor, major = abi_layout.compare(own.layout(), layout)
        findings = ['ABI %s: %s; %s' % (self.name, what, self.cure(own, raises))
                    for raises, whats in (('MAJOR', major), ('MINOR', minor)) for what in whats]
        if findings:
            return findings
        status, report = diff(own.include, self.include)
        if status:
            return ['ABI %s: abidiff sees a change that the table does not; %s\n%s'
                    % (self.name, self.cure(own, 'MINOR'), report)]
        if not own.released and abi_types.without_comments(own.include) != abi_types.without_comments(self.include):
            return ['ABI %s: the headers changed, though not in what is built; run tools/abi.sh save' % self.name]
        return []

    def against_older(self, older, layout):
        major = abi_layout.compare(older.layout(), layout)[1]
        findings = ['ABI %s: plugins built for %s break: %s; take it back, or raise HANSE_ABI_MAJOR in plugin.h'
                    % (self.name, older.name, what) for what in major]
        status, report = diff(older.include, self.include)
        if not findings and status & 8:
            findings.append('ABI %s: plugins built for %s break, says abidiff; take it back, or raise HANSE_ABI_MAJOR in '
                            'plugin.h\n%s' % (self.name, older.name, report))
        return findings

    def cure(self, own, raises):
        if not own.released:
            return ('that raises the %s of a version that was released; %s was not: if it is meant, run tools/abi.sh save'
                    % (raises.lower(), own.name))
        if raises == 'MINOR' or not self.version[0]:
            return ('raise HANSE_ABI_MINOR in plugin.h to %d, write a line into the list of changes there, then run '
                    'tools/abi.sh save' % (self.version[1] + 1))
        return ('take it back, or raise HANSE_ABI_MAJOR in plugin.h to %d with minor 0, write a line into the list of '
                'changes there, then run tools/abi.sh save' % (self.version[0] + 1))


@functools.lru_cache(maxsize=None)
def layout_of(include, _text):
    """As layout.c; the same text is read once."""
    with tempfile.TemporaryDirectory() as folder:
        return abi_layout.write(include, folder)


def diff(before, now):
    """(abidiff's exit status, its report) of two folders of headers."""
    if abi_types.text_of(before) == abi_types.text_of(now):
        return 0, ''
    with tempfile.TemporaryDirectory() as folder:
        libraries = [abi_types.library(include, os.path.join(folder, name))
                     for name, include in (('before', before), ('now', now))]
        done = subprocess.run(['abidiff', '--no-show-locs'] + libraries, stdout=subprocess.PIPE, universal_newlines=True)
        return done.returncode, done.stdout


def main(words):
    if len(words) != 1 or words[0] not in ('save', 'layout', 'check', 'release'):
        print(__doc__, file=sys.stderr)
        return 2
    abi = Abi(ROOT)
    if words[0] == 'layout':
        print(abi.layout(), end='')
        return 0
    findings = getattr(abi, words[0])()
    print(''.join(finding + '\n' for finding in findings), end='')
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
