/* The loader against the plugins of tests/bad that it must refuse before any of their code runs, with the words of
   EXPECT.tsv; and what it does with the same and with other content under one name. */
#include "router/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#define BAD HANSE_BUILD_DIR "/bad"

struct bench {
  char folder[64]; /* of this test: cache and modules */
  char cache[80], modules[80];
  struct loader *loader;
  struct hanse_problem problem;
};

static void run(const char *format, const char *a, const char *b) {
  char command[2048];
  assert_true(snprintf(command, sizeof command, format, a, b) < (int)sizeof command);
  assert_int_equal(system(command), 0);
}

static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  snprintf(bench->folder, sizeof bench->folder, "/tmp/hanse-loader-XXXXXX");
  assert_non_null(mkdtemp(bench->folder));
  snprintf(bench->cache, sizeof bench->cache, "%s/cache", bench->folder);
  snprintf(bench->modules, sizeof bench->modules, "%s/modules", bench->folder);
  assert_int_equal(mkdir(bench->modules, 0700), 0);
  bench->loader = loader_new(bench->cache, geteuid(), &bench->problem);
  if (!bench->loader) fail_msg("%s", bench->problem.text);
  *state = bench;
  return 0;
}

static int teardown(void **state) {
  struct bench *bench = *state;
  loader_free(bench->loader);
  run("rm -rf '%s'%s", bench->folder, "");
  free(bench);
  return 0;
}

static void install(struct bench *bench, const char *name) {
  char source[512], target[512];
  snprintf(source, sizeof source, BAD "/%s.so", name);
  snprintf(target, sizeof target, "%s/%s.so", bench->modules, name);
  run("install -m 755 '%s' '%s'", source, target);
}

/* All phrases, which " | " parts. */
static void says(const char *name, const char *text, char *phrases) {
  for (char *next, *phrase = phrases; phrase; phrase = next) {
    next = strstr(phrase, " | ");
    if (next) *next = '\0', next += 3;
    if (!strstr(text, phrase)) fail_msg("%s: \"%s\" lacks \"%s\"", name, text, phrase);
  }
}

static bool is_for_the_loader(const char *name) {
  static const char *const names[] = {"no_symbol",    "wrong_magic",      "other_major",
                                      "newer_minor",  "short_descriptor", "wrong_name",
                                      "no_callbacks", "undefined_symbol", "missing_library"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(names[i], name)) return true;
  return false;
}

static void refused(void **state) {
  struct bench *bench = *state;
  char line[512], name[64], where[16], phrases[400];
  int met = 0;
  FILE *file = fopen(HANSE_SOURCE_DIR "/tests/bad/EXPECT.tsv", "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "%63[a-z_]\t%15[a-z]\t%399[^\n]", name, where, phrases) != 3 || !is_for_the_loader(name)) continue;
    assert_string_equal(where, "check");
    install(bench, name);
    if (loader_load(bench->loader, bench->modules, hanse_text(name), &bench->problem)) fail_msg("%s was loaded", name);
    says(name, bench->problem.text, phrases);
    met++;
  }
  fclose(file);
  assert_int_equal(met, 9);
  assert_null(loader_codes(bench->loader));
}

/* The same content is the same code; other content under the same path is another, beside the first. */
static void versions(void **state) {
  struct bench *bench = *state;
  struct hanse_slice name = HANSE_LIT("declines_start");
  install(bench, name.at);
  struct code *one = loader_load(bench->loader, bench->modules, name, &bench->problem);
  if (!one) fail_msg("%s", bench->problem.text);
  assert_ptr_equal(loader_load(bench->loader, bench->modules, name, &bench->problem), one);
  run("printf x >> '%s/%s.so'", bench->modules, name.at);
  struct code *two = loader_load(bench->loader, bench->modules, name, &bench->problem);
  assert_non_null(two);
  assert_ptr_not_equal(two, one);
  assert_ptr_not_equal(two->plugin, one->plugin);
  assert_int_equal(loader_versions(bench->loader, name), 2);
  code_release(one);
  assert_int_equal(loader_versions(bench->loader, name), 2); /* held twice */
  code_release(one);
  assert_int_equal(loader_versions(bench->loader, name), 1);
  assert_string_equal(two->plugin->name, "declines_start");
  code_release(two);
}

/* Files that somebody else could have written, and names that are paths. */
static void untrusted(void **state) {
  struct bench *bench = *state;
  install(bench, "declines_start");
  run("chmod g+w '%s/%s.so'", bench->modules, "declines_start");
  assert_null(loader_load(bench->loader, bench->modules, HANSE_LIT("declines_start"), &bench->problem));
  assert_non_null(strstr(bench->problem.text, "declines_start.so"));
  const char *const names[] = {"../modules/declines_start", "/etc/passwd", "", ".hidden", "not_there"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    bench->problem.text[0] = '\0';
    assert_null(loader_load(bench->loader, bench->modules, hanse_text(names[i]), &bench->problem));
    assert_true(bench->problem.text[0]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(refused, setup, teardown),
      cmocka_unit_test_setup_teardown(versions, setup, teardown),
      cmocka_unit_test_setup_teardown(untrusted, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
