#!/usr/bin/python3
"""T28, T30, I5, I6: what is installed is position-independent, its relocations are read-only and bound at the start, its
stacks are guarded and not executable, its libc calls are checked where that is possible; the unit leaves the service
little.

    test_resources_hardening.py [CASE…]      only these: objects flags unit"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

from resources import Skip, expect, hanse, run

EXPOSURE = 1.5      # of systemd-analyze security, at most
FLAGS = ('-fstack-protector-strong', '-D_FORTIFY_SOURCE=2', '-fPI')
GUARDED = ('hanse', 'hansectl', 'sip.so')   # large enough to have something to guard and to check


def output(*command, environment=None):
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False,
                            env=dict(os.environ, **(environment or {})))
    expect(result.returncode == 0, '%s: %s' % (' '.join(command), result.stderr or result.stdout))
    return result.stdout


def installed(lab):
    if b'libasan' in open(hanse.program('hanse'), 'rb').read():
        raise Skip('a sanitizer build is not what is installed')
    output('cmake', '--install', hanse.build_folder(), environment={'DESTDIR': lab.folder})
    found = []
    for folder, _, names in os.walk(lab.folder):
        paths = [os.path.join(folder, name) for name in names]
        found += [path for path in paths if open(path, 'rb').read(4) == b'\x7fELF']
    expect({os.path.basename(path) for path in found} >= set(GUARDED), 'only %s is installed' % found)
    return found


def faults(path):
    """What is wrong with one object."""
    name, elf = os.path.basename(path), output('readelf', '-W', '-h', '-l', '-d', path)
    symbols = output('readelf', '-W', '--dyn-syms', path)
    stack = re.search(r'GNU_STACK.* (\S+) +0x', elf)
    wrong = {
        'is not position-independent': not re.search(r'Type: +DYN', elf),
        'has writable relocations': 'GNU_RELRO' not in elf,
        'binds lazily': not re.search(r'FLAGS.*(BIND_)?NOW', elf),
        'has an executable stack': not stack or 'E' in stack.group(1),
        'has a segment that is writable and executable': re.search(r'LOAD.* RWE +0x', elf),
        'relocates its text': 'TEXTREL' in elf,
        'looks for libraries in places of its own': re.search(r'\((RPATH|RUNPATH)\)', elf),
        'has no guarded stack': name in GUARDED and '__stack_chk_fail' not in symbols,
        'has no checked call of libc': name in GUARDED and not re.search(r'__(memcpy|snprintf|vsnprintf|memmove|read)_chk',
                                                                         symbols),
        'lacks symbols (-z defs)': 'undefined symbol' in output('ldd', '-r', path),
    }
    return ['%s %s' % (name, what) for what, true in wrong.items() if true]


def objects(lab):
    found = installed(lab)
    problems = sum((faults(path) for path in found), [])
    expect(not problems, '\n    '.join(problems))
    return '%d objects: %s' % (len(found), ' '.join(sorted(os.path.basename(path) for path in found)))


def flags(lab):
    """How each file of what is installed is compiled."""
    del lab
    with open(os.path.join(hanse.build_folder(), 'compile_commands.json')) as file:
        commands = json.load(file)
    ours = [entry for entry in commands
            if os.path.relpath(entry['file'], hanse.SOURCE).split(os.sep)[0] in ('router', 'plugins', 'ctl')]
    if any('-fsanitize' in entry['command'] for entry in ours):
        raise Skip('a sanitizer build is not what is installed')
    bad = ['%s: %s' % (entry['file'], flag) for entry in ours for flag in FLAGS if flag not in entry['command']]
    expect(ours and not bad, 'without that flag:\n    ' + '\n    '.join(bad[:20]))
    return '%d files with %s' % (len(ours), ' '.join(FLAGS))


def unit(lab):
    """systemd's own judgement of the unit."""
    if not shutil.which('systemd-analyze'):
        raise Skip('systemd-analyze is not here')
    path = os.path.join(lab.folder, 'hanse.service')
    shutil.copy(glob.glob(os.path.join(hanse.SOURCE, 'etc', 'hanse.service'))[0], path)
    text = output('systemd-analyze', 'security', '--offline=true', '--no-pager', path)
    found = re.search(r'Overall exposure level for hanse\.service: ([\d.]+)', text)
    expect(found, text[-300:])
    expect(float(found.group(1)) <= EXPOSURE, 'its exposure is %s' % found.group(1))
    with open(path) as file:
        settings = file.read()
    for line in ('LimitCORE=0', 'UMask=0077', 'User=hanse', 'CapabilityBoundingSet=\n', 'NoNewPrivileges=yes',
                 'MemoryDenyWriteExecute=yes', 'PrivateTmp=yes'):
        expect(line in settings, 'the unit lacks ' + line)
    return 'exposure %s' % found.group(1)


if __name__ == '__main__':
    sys.exit(run('hardening', [('objects', objects), ('flags', flags), ('unit', unit)]))
