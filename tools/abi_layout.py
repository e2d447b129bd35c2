"""The layout of one version of the ABI as a table that a compiler checks (sdk/abi/M.m/layout.c): written, read, and two
of them compared by the rule at the head of hanse/plugin.h."""
import re

import abi_types

HEAD = '''/* The layout of ABI %(major)d.%(minor)d: written by `tools/abi.sh save`, not by hand. It does not compile where the headers have
   another one; then `tools/abi.sh check` says what to do. long because it is a table */
/* clang-format off */
#include "../layout.h"

%(includes)s
#if %(applies)s
'''
TAIL = '#endif\n'


def write(include, folder):
    """The text of layout.c for these headers; `folder` is for what is made meanwhile."""
    types = abi_types.Types(abi_types.library(include, folder))
    major, minor = abi_types.version(include)
    applies = 'LAYOUT_MACHINE && HANSE_ABI_MAJOR == %d' % major
    if not major:
        applies += ' && HANSE_ABI_MINOR == %d' % minor
    lines = ['#define LAYOUT_SAVED_MINOR %d' % minor]
    for kind, name in abi_types.names(include):
        if kind == 'enum':
            for one in types.node('enum-decl', name).findall('enumerator'):
                lines.append('VALUE(%s, %s)' % (one.get('name'), one.get('value')))
            continue
        node = types.node('class-decl', name)
        fields = types.fields(node)
        grows = fields[0] == ('size', 0, 'uint32_t') or name == 'hanse_plugin'
        lines.append('STRUCT(%s, %d, %s)' % (name, int(node.get('size-in-bits')) // 8, 'GROWS' if grows else 'FIXED'))
        lines += ['FIELD(%s, %s, %d, %s)' % (name, field, offset, kind) for field, offset, kind in fields]
    for name, text in abi_types.constants(include):
        lines.append(('TEXT(%s, %s)' if text.startswith('"') else 'CONSTANT(%s, %s)') % (name, text))
    words = {'major': major, 'minor': minor, 'includes': abi_types.includes(include), 'applies': applies}
    return HEAD % words + '\n'.join(lines) + '\n' + TAIL


class Layout:
    """One table, read."""

    def __init__(self, text):
        self.structs = {name: (int(size), how)
                        for name, size, how in re.findall(r'^STRUCT\((\w+), (\d+), (\w+)\)$', text, re.M)}
        self.fields = {name: [] for name in self.structs}
        for name, field, offset, kind in re.findall(r'^FIELD\((\w+), (\w+), (\d+), (.*)\)$', text, re.M):
            self.fields[name].append((field, int(offset), kind))
        self.values = dict(re.findall(r'^VALUE\((\w+), (-?\d+)\)$', text, re.M))
        self.constants = dict(re.findall(r'^(?:CONSTANT|TEXT)\((\w+), (.*)\)$', text, re.M))


def compare(old, new):
    """([what raises the minor], [what raises the major]), each a sentence."""
    minor, major = [], []
    for name in old.structs:
        if name not in new.structs:
            major.append('struct %s is gone' % name)
        else:
            compare_struct(name, old, new, minor, major)
    minor += ['struct %s is new' % name for name in new.structs if name not in old.structs]
    for what, before, now in (('', old.values, new.values), ('the constant ', old.constants, new.constants)):
        for name, value in before.items():
            if name not in now:
                major.append('%s%s is gone' % (what, name))
            elif now[name] != value:
                major.append('%s%s was %s and is %s' % (what, name, value, now[name]))
        minor += ['%s%s is new' % (what, name) for name in now if name not in before]
    major += embedded(new)
    return minor, major


def compare_struct(name, old, new, minor, major):
    size, how = old.structs[name]
    now = {field: (offset, kind) for field, offset, kind in new.fields[name]}
    at = {offset: (field, kind) for field, offset, kind in new.fields[name]}
    known = {field for field, _, _ in old.fields[name]}
    if new.structs[name][1] != how:
        major.append('struct %s was one that %s and is one that %s' % (name, says(how), says(new.structs[name][1])))
    for field, offset, kind in old.fields[name]:
        if now.get(field) == (offset, kind):
            continue
        if field.startswith('reserved') and offset in at and at[offset][1] == kind:
            minor.append('struct %s: %s is now %s' % (name, field, at[offset][0]))
            known.add(at[offset][0])
        elif field not in now:
            major.append('struct %s: the field %s is gone' % (name, field))
        elif now[field][0] != offset:
            major.append('struct %s: the field %s has moved from %d to %d' % (name, field, offset, now[field][0]))
        else:
            major.append('struct %s: the field %s was "%s" and is "%s"' % (name, field, kind, now[field][1]))
    for field, (offset, _) in now.items():
        if field in known:
            continue
        if how == 'FIXED':
            major.append('struct %s: the field %s is new, in a struct without a size' % (name, field))
        elif offset < size:
            major.append('struct %s: the field %s is new, and not behind the %d octets that it had: what was built '
                         'before has anything there; put a reserved field in between' % (name, field, size))
        else:
            minor.append('struct %s: the field %s is new' % (name, field))
    if how == 'FIXED' and new.structs[name][0] != size and set(now) == known:
        major.append('struct %s had %d octets and has %d' % (name, size, new.structs[name][0]))


def says(how):
    return 'grows (it begins with its size)' if how == 'GROWS' else 'never changes'


def embedded(layout):
    """A struct that grows must lie in no other one, and in no array."""
    for name, fields in layout.fields.items():
        for field, _, kind in fields:
            found = re.match(r'struct (\w+)(?:$|\[| \[)', kind)
            if found and layout.structs.get(found.group(1), (0, ''))[1] == 'GROWS':
                yield 'struct %s: the field %s is a struct %s, which grows: make it a pointer' % (name, field, found.group(1))
