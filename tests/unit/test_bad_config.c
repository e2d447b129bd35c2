/* Wrong configurations, each with exactly the problems that are to be reported: tests/data/config/bad/<case>.conf with
   <case>.expect beside it, or a folder <case> with hanse.conf, conf.d and the file "expect". "DIR" stands for the
   folder in which the case is run. keepalive: R87; two-routes: R110. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "router/settings_read.h"
#include "tests/lib/sample_options.h"

#define CASES HANSE_SOURCE_DIR "/tests/data/config/bad"

static char *read_text(const char *path) {
  FILE *in = fopen(path, "r");
  if (!in) return NULL;
  char *text = NULL;
  size_t length = 0;
  if (getdelim(&text, &length, '\0', in) < 0) {
    free(text);
    text = strdup("");
  }
  fclose(in);
  return text;
}

static void write_file(const char *path, const char *text, mode_t mode) {
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs(text, out);
  assert_int_equal(fclose(out), 0);
  assert_int_equal(chmod(path, mode), 0);
}

static void write_large(const char *path) {
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  for (size_t i = 0; i <= (size_t)1 << 20; i++) fputc('x', out);
  assert_int_equal(fclose(out), 0);
  assert_int_equal(chmod(path, 0644), 0);
}

/* The folder that holds what the cases refer to; the test runs inside it. */
static char *enter_folder(void) {
  char *folder = strdup("/tmp/hanse-bad-XXXXXX");
  assert_non_null(folder);
  assert_non_null(mkdtemp(folder));
  assert_int_equal(chdir(folder), 0);
  write_file("cert.pem", "certificate\n", 0644);
  write_file("good.key", "key\n", 0600);
  write_file("open.key", "key\n", 0644);
  write_file("empty.key", "\n", 0600);
  write_file("writable", "text\n", 0666);
  write_large("large");
  assert_int_equal(mkdir("folder", 0755), 0);
  return folder;
}

static int remove_all(const char *folder) {
  char command[300];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return chdir("/") != 0 || system(command) != 0;
}

/* Copies a tree, with the modes that a careful administrator gives it: git may have made them group-writable. */
static void copy_tree(const char *from, const char *to) {
  struct stat st;
  assert_int_equal(stat(from, &st), 0);
  if (S_ISREG(st.st_mode)) {
    char *text = read_text(from);
    assert_non_null(text);
    write_file(to, text, 0644);
    free(text);
    return;
  }
  assert_true(mkdir(to, 0755) == 0 || access(to, F_OK) == 0);
  assert_int_equal(chmod(to, 0755), 0);
  DIR *dir = opendir(from);
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir));) {
    char inner_from[1024], inner_to[1024];
    if (entry->d_name[0] == '.' || strcmp(entry->d_name, "expect") == 0) continue;
    snprintf(inner_from, sizeof inner_from, "%s/%s", from, entry->d_name);
    snprintf(inner_to, sizeof inner_to, "%s/%s", to, entry->d_name);
    copy_tree(inner_from, inner_to);
  }
  closedir(dir);
}

/* Everything that is reported about hanse.conf in the working folder. */
static char *problems_of_case(void) {
  struct problem_list problems;
  struct settings *settings = NULL;
  struct option_pool pool;
  char *text = NULL;
  size_t length = 0;
  problem_list_init(&problems);
  option_pool_init(&pool);
  assert_int_equal(settings_read(&settings, "hanse.conf", NULL, geteuid(), &problems), HANSE_OK);
  assert_int_equal(sample_convert(settings, &pool, &problems), HANSE_OK);
  FILE *out = fopen("/dev/null", "w");
  assert_non_null(out);
  settings_show(settings, NULL, NULL, out); /* whatever was written can be listed */
  fclose(out);
  out = open_memstream(&text, &length);
  assert_non_null(out);
  problem_list_print(&problems, out);
  fclose(out);
  settings_free(settings);
  option_pool_clear(&pool);
  problem_list_clear(&problems);
  return text;
}

/* The text with the name of the folder replaced, so that it is the same in every run. */
static char *without_folder(const char *text, const char *folder) {
  char *found = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&found, &length);
  assert_non_null(out);
  for (const char *hit; (hit = strstr(text, folder)); text = hit + strlen(folder))
    fprintf(out, "%.*sDIR", (int)(hit - text), text);
  fputs(text, out);
  fclose(out);
  return found;
}

/* Runs one case in the working folder; false when it differs. */
static bool run_case(const char *name, const char *from, const char *expect, const char *folder) {
  bool is_folder = !strstr(name, ".conf");
  copy_tree(from, is_folder ? folder : "hanse.conf");
  char *raw = problems_of_case(), *found = without_folder(raw, folder), *wanted = read_text(expect);
  bool same = wanted && strcmp(found, wanted) == 0;
  if (!same) fprintf(stderr, "%s: found\n%s-- but expected\n%s--\n", name, found, wanted ? wanted : "(no file)\n");
  free(raw);
  free(found);
  free(wanted);
  assert_int_equal(system("rm -rf conf.d hanse.conf"), 0);
  return same;
}

static int is_case(const struct dirent *entry) {
  const char *dot = strrchr(entry->d_name, '.');
  return entry->d_name[0] != '.' && (!dot || strcmp(dot, ".conf") == 0);
}

static void test_cases(void **state) {
  struct dirent **entries = NULL;
  int count = scandir(CASES, &entries, is_case, alphasort), failed = 0;
  char *folder = enter_folder();
  (void)state;
  assert_true(count >= 40);
  for (int i = 0; i < count; i++) {
    const char *name = entries[i]->d_name;
    char from[1024], expect[1024];
    int stem = (int)strcspn(name, ".");
    snprintf(from, sizeof from, "%s/%s", CASES, name);
    snprintf(expect, sizeof expect, name[stem] ? "%s/%.*s.expect" : "%s/%.*s/expect", CASES, stem, name);
    failed += !run_case(name, from, expect, folder);
    free(entries[i]);
  }
  free(entries);
  assert_int_equal(remove_all(folder), 0);
  free(folder);
  assert_int_equal(failed, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
