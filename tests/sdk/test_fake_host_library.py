#!/usr/bin/python3
"""libhanse-fakehost.a as an author of plugins has it: installed into a prefix of its own, linked into the test of a
plugin by gcc and clang, with and without AddressSanitizer, by pkg-config and by CMake. What it must find is found:
leaks without a sanitizer, and what a sanitizer sees in a plugin (P33, P35).

    test_fake_host_library.py       HANSE_BUILD: the build that is installed (build/release)

Exit status 77 when what it needs is not here."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BUILD = os.environ.get('HANSE_BUILD', os.path.join(SOURCE, 'build/release'))
HEADER = os.path.join(SOURCE, 'sdk/include/hanse/fake_host.h')
ALLOCATOR = {'malloc', 'calloc', 'realloc', 'free', 'strdup', 'strndup'}

PLUGIN = r'''
#include <hanse/plugin.h>
#include <stdlib.h>

struct settings { struct hanse_list words; };
struct mine { struct hanse_host *host; const struct settings *settings; const struct hanse_facts *kept; char *name; };

static enum hanse_verdict decide(void *self, struct hanse_case *c) {
  struct mine *mine = self;
#ifdef READS_ON /* facts of a message that is gone */
  if (mine->kept && mine->kept->text.len && mine->kept->text.at[0] == 'z') return HANSE_ABSTAIN;
#endif
  mine->kept = c->facts;
  for (size_t i = 0; i < mine->settings->words.count; i++)
    if (hanse_same(((const struct hanse_slice *)mine->settings->words.items)[i], c->facts->text)) return HANSE_DENY;
  return HANSE_ALLOW;
}
static const struct hanse_policy policy = {.size = sizeof policy, .stages = HANSE_STAGE_ADMIT, .decide = decide};
static const struct hanse_offer offers[] = {{HANSE_POLICY, NULL, NULL, &policy, NULL, 0}, HANSE_OFFERS_END};
static const struct hanse_option options[] = {
    {.name = "words", .type = HANSE_STRING, .flags = HANSE_LIST, .offset = offsetof(struct settings, words),
     .help = "What may not be said."},
    HANSE_OPTIONS_END};

static void destroy(void *self) {
  struct mine *mine = self;
#ifndef LEAKS
  free(mine->name);
#endif
  free(mine);
}
static int create(struct hanse_host *host, void **self) {
  struct mine *mine = calloc(1, sizeof *mine);
  if (!mine) return HANSE_NOMEM;
  mine->host = host;
  *self = mine;
  return HANSE_OK;
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct mine *mine = self;
  mine->settings = settings;
  mine->name = strdup("mine");
  if (!mine->name) hanse_explain(problem, "no memory");
  return mine->name ? HANSE_OK : HANSE_NOMEM;
}
HANSE_EXPORT const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(HANSE_ABI_MINOR), .name = "mine", .version = "1", .summary = "denies words", .options = options,
    .settings_size = sizeof(struct settings), .offers = offers, .create = create, .configure = configure,
    .destroy = destroy};
'''

TEST = r'''
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hanse/fake_host.h>

/* Names that the library's inside uses as well. */
int option_convert, problem_list_init, descriptor_fits, source_set_read_text, fake_keep, fake_question_new;

static void denies(void **state) {
  struct fake_world *world = fake_world_new();
  struct fake_instance *mine = fake_load_text(world, fake_open(HANSE_PLUGIN_FILE), "words = [ \"no\" ];", NULL);
  struct fake_judgement judgement;
  (void)state;
  if (!mine) fail_msg("%s", fake_problem(world));
  fake_decide(mine, HANSE_STAGE_ADMIT, fake_facts_text(world, "text=no"), false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  fake_decide(mine, HANSE_STAGE_ADMIT, fake_facts_text(world, "text=yes"), false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_ALLOW);
  fake_unload(mine);
  assert_string_equal(fake_left(world), "");
  fake_world_free(world);
}

static void life(void *argument) {
  struct fake_world *world = fake_world_new();
  fake_load_text(world, argument, NULL, NULL);
  fake_world_free(world);
}
static void no_memory(void **state) {
  (void)state;
  assert_int_equal(fake_each_allocation_fails(life, (void *)(uintptr_t)fake_open(HANSE_PLUGIN_FILE)), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(denies),
#ifndef LEAKS_SEEN_BY_SANITIZER
                                     cmocka_unit_test(no_memory)
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
'''

PROJECT = '''cmake_minimum_required(VERSION 3.20)
project(mine C)
find_package(HanseSDK REQUIRED)
hanse_add_plugin(mine SOURCES mine.c)
enable_testing()
hanse_add_plugin_test(mine SOURCES test_mine.c)
'''


class Wrong(Exception):
    """The library is not as it must be."""


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def output(command, folder, environment=None, status=0):
    result = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    expect(status is None or result.returncode == status,
           '%s: exit status %d\n%s' % (' '.join(command), result.returncode, result.stdout[-3000:]))
    return result.returncode, result.stdout


class Author:
    """Somebody with the development files in a prefix, and a plugin."""

    def __init__(self, folder):
        self.folder, self.prefix = folder, os.path.join(folder, 'prefix')
        output(['cmake', '--install', BUILD, '--component', 'hanse-dev', '--prefix', self.prefix], folder)
        found = [where for where, _, names in os.walk(self.prefix) if 'hanse-fakehost.pc' in names]
        expect(len(found) == 1, 'hanse-fakehost.pc is not installed')
        self.environment = dict(os.environ, PKG_CONFIG_PATH=found[0])
        for name, text in (('mine.c', PLUGIN), ('test_mine.c', TEST), ('CMakeLists.txt', PROJECT)):
            with open(os.path.join(folder, name), 'w') as file:
                file.write(text)

    def flags(self, package):
        return output(['pkg-config', '--cflags', '--libs', package], self.folder, self.environment)[1].split()

    def run(self, compiler, *flags, status=0):
        """Builds plugin and test with these flags, runs the test."""
        # A plugin that is sanitized finds the sanitizer in the program.
        sanitized = any(flag.startswith('-fsanitize') for flag in flags)
        link = [flag for flag in self.flags('hanse-sdk') if not sanitized or 'defs' not in flag]
        output([compiler, '-g', *flags, '-o', 'mine.so', 'mine.c', *link], self.folder)
        output([compiler, '-g', *flags, '-DHANSE_PLUGIN_FILE="./mine.so"', '-o', 'test_mine', 'test_mine.c',
                *self.flags('hanse-fakehost'), '-lcmocka'], self.folder)
        return output(['./test_mine'], self.folder, status=status)


def names(author):
    """Only what the header declares, and the allocator, has a name; and all of it."""
    with open(HEADER) as file:
        text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
    declared = set(re.findall(r'\b(fake_\w+)\(', text))
    library = [os.path.join(where, name) for where, _, found in os.walk(author.prefix) for name in found
               if name == 'libhanse-fakehost.a']
    rows = output(['nm', '--defined-only', '--extern-only', library[0]], author.folder)[1].splitlines()
    defined = {row.split()[2] for row in rows if len(row.split()) == 3}
    expect(defined == declared | ALLOCATOR, 'too many names: %s; missing: %s' %
           (sorted(defined - declared - ALLOCATOR), sorted((declared | ALLOCATOR) - defined)))
    print('%d functions, %d octets' % (len(declared), os.path.getsize(library[0])))


def compilers(author):
    for compiler in ('gcc', 'clang'):
        for flags in ((), ('-O2',), ('-fsanitize=address',), ('-fsanitize=address,undefined', '-O1')):
            begin = time.monotonic()
            author.run(compiler, *flags)
            print('%s %s: %.1f s' % (compiler, ' '.join(flags) or 'without flags', time.monotonic() - begin))


def mistakes(author):
    """What is wrong in a plugin comes out."""
    for compiler in ('gcc', 'clang'):
        status, said = author.run(compiler, '-DLEAKS', status=None)
        expect(status and 'blocks of memory were left' in said, '%s: a leak was not found\n%s' % (compiler, said))
        status, said = author.run(compiler, '-fsanitize=address', '-DLEAKS', '-DLEAKS_SEEN_BY_SANITIZER', status=None)
        expect(status and 'LeakSanitizer' in said and 'configure' in said,
               '%s: LeakSanitizer was not heard\n%s' % (compiler, said))
        status, said = author.run(compiler, '-fsanitize=address', '-DREADS_ON', status=None)
        expect(status and 'heap-use-after-free' in said and 'decide' in said,
               '%s: facts that are gone were read in peace\n%s' % (compiler, said))
    print('a leak and a late reader are found, by gcc and clang')


def by_cmake(author):
    build = os.path.join(author.folder, 'build')
    output(['cmake', '-S', author.folder, '-B', build, '-DCMAKE_PREFIX_PATH=' + author.prefix,
            '-DCMAKE_BUILD_TYPE=Debug', '-DCMAKE_C_FLAGS=-fsanitize=address'], author.folder)
    output(['cmake', '--build', build], author.folder)
    output(['ctest', '--test-dir', build, '--output-on-failure'], author.folder)
    print('by CMake, with a sanitizer')


def main():
    for needed in ('gcc', 'clang', 'cmake', 'pkg-config', 'nm'):
        if not shutil.which(needed):
            print('SKIP: %s is not here' % needed)
            return 77
    with tempfile.TemporaryDirectory(prefix='hanse-fakehost-') as folder:
        try:
            author = Author(folder)
            for case in (names, compilers, mistakes, by_cmake):
                case(author)
        except Wrong as wrong:
            print('FAILED: %s' % wrong)
            return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
