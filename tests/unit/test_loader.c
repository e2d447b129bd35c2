/* The loader against the plugins of tests/bad that it must refuse before any of their code runs, with the words of
   EXPECT.tsv; and what it does with the same and with other content under one name. */
#include "router/loader.h"

#include <dirent.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
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
  static const char *const names[] = {"no_symbol",        "wrong_magic",        "other_major",    "newer_minor",
                                      "older_minor",      "unknown_capability", "endless_offers", "later_fields",
                                      "short_descriptor", "wrong_name",         "no_callbacks",   "undefined_symbol",
                                      "undefined_call",   "missing_library"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(names[i], name)) return true;
  return false;
}

/* G1, G6, K1: judged by its descriptor, before any of its code runs; what it lacks is found at once, not at a call
 * (G8). */
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
  assert_int_equal(met, 14);
  assert_null(loader_codes(bench->loader));
}

/* The same content is the same code; other content under the same path is another, beside the first, and the symbols of
   each are its own (G8). */
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

static size_t copies(const struct bench *bench) {
  char path[512];
  size_t n = 0;
  snprintf(path, sizeof path, "%s/code", bench->cache);
  DIR *dir = opendir(path);
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir));) n += entry->d_name[0] != '.';
  closedir(dir);
  return n;
}

/* G3: code runs from a copy of its own, which nobody else may read or write; the file it came from may be overwritten
   in place, which would be a SIGBUS, or removed. */
static void private_copy(void **state) {
  struct bench *bench = *state;
  struct hanse_slice name = HANSE_LIT("declines_start");
  struct stat st;
  install(bench, name.at);
  struct code *code = loader_load(bench->loader, bench->modules, name, &bench->problem);
  if (!code) fail_msg("%s", bench->problem.text);
  assert_non_null(strstr(code->copy, code->hash));
  assert_int_equal(strncmp(code->copy, bench->cache, strlen(bench->cache)), 0);
  assert_int_equal(stat(code->copy, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0700);
  assert_int_equal(copies(bench), 1);
  run("truncate -s 0 '%s/%s.so'", bench->modules, name.at);
  void *self = NULL;
  struct hanse_host host = {.size = sizeof host};
  assert_int_equal(code->plugin->create(&host, &self), HANSE_OK);
  code->plugin->destroy(self);
  assert_null(loader_load(bench->loader, bench->modules, name, &bench->problem)); /* what lies there now is no plugin */
  run("rm '%s/%s.so'", bench->modules, name.at);
  code_release(code);
  assert_int_equal(copies(bench), 0);
}

static void leave(struct bench *bench, const char *pid) {
  run("touch '%s/code/sip-0123456789abcdef0123456789abcdef-%s-1.so'", bench->cache, pid);
}

/* What killed processes left is removed at the next start, not what a living one has open. */
static void leftovers(void **state) {
  struct bench *bench = *state;
  char alive[32];
  snprintf(alive, sizeof alive, "%d", (int)getppid());
  leave(bench, alive);
  leave(bench, "4194305"); /* above the highest process id there is */
  leave(bench, "0");
  leave(bench, "x");
  run("touch '%s/code/%s'", bench->cache, "notes.txt");
  assert_int_equal(copies(bench), 5);
  struct loader *second = loader_new(bench->cache, geteuid(), &bench->problem);
  assert_non_null(second);
  assert_int_equal(copies(bench), 2);
  loader_free(second);
}

/* A file system that forbids execution, in a mount namespace of our own. */
static bool mount_without_execution(const char *folder) {
  return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount("tmpfs", folder, "tmpfs", MS_NOEXEC | MS_NODEV | MS_NOSUID, "mode=0700") == 0;
}

/* It is named as the reason, with the cure; libltdl would say "file not found". */
static void no_execution(void **state) {
  struct bench *bench = *state;
  char cache[128];
  snprintf(cache, sizeof cache, "%s/cannot-execute", bench->folder);
  assert_int_equal(mkdir(cache, 0700), 0);
  if (!mount_without_execution(cache)) skip(); /* for root only */
  struct loader *loader = loader_new(cache, geteuid(), &bench->problem);
  assert_non_null(loader);
  install(bench, "declines_start");
  assert_null(loader_load(loader, bench->modules, HANSE_LIT("declines_start"), &bench->problem));
  loader_free(loader);
  assert_int_equal(umount2(cache, MNT_DETACH), 0); /* glibc leaves the piece mapped that it could not execute */
  if (!strstr(bench->problem.text, "noexec")) fail_msg("%s", bench->problem.text);
}

/* Files that somebody else could have written, and names that are paths (G9). */
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
      cmocka_unit_test_setup_teardown(private_copy, setup, teardown),
      cmocka_unit_test_setup_teardown(leftovers, setup, teardown),
      cmocka_unit_test_setup_teardown(no_execution, setup, teardown),
      cmocka_unit_test_setup_teardown(untrusted, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
