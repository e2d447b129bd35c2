/* Reading files, their includes and conf.d; tokens and the explanation of syntax errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "contract/lexeme.h"
#include "contract/source.h"
#include "contract/syntax.h"
#include "contract/trusted.h"

static char folder[64];

static int enter(void **state) {
  (void)state;
  strcpy(folder, "/tmp/hanse-source-XXXXXX");
  return !mkdtemp(folder) || chdir(folder) != 0;
}

static int leave(void **state) {
  char command[100];
  (void)state;
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return chdir("/") != 0 || system(command) != 0;
}

static void put(const char *path, const char *text) {
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
  assert_int_equal(chmod(path, 0644), 0);
}

static void put_folder(const char *path) { assert_int_equal(mkdir(path, 0755), 0); }

/* Everything of a set: `name@file:line` for each top-level setting, then the problems. */
static char *summary(const char *path) {
  struct source_set set;
  struct problem_list problems;
  char *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  source_set_init(&set);
  problem_list_init(&problems);
  assert_int_equal(source_set_read(&set, path, NULL, geteuid(), &problems), HANSE_OK);
  for (size_t i = 0; i < set.count; i++) {
    const config_setting_t *root = source_root(set.items[i]);
    for (int k = 0; k < config_setting_length(root); k++) {
      const config_setting_t *setting = config_setting_get_elem(root, (unsigned)k);
      struct hanse_where where = source_where(setting);
      fprintf(out, "%s@%s:%u\n", config_setting_name(setting), where.file, where.line);
    }
  }
  problem_list_print(&problems, out);
  fclose(out);
  problem_list_clear(&problems);
  source_set_clear(&set);
  return text;
}

static void expect(const char *path, const char *wanted) {
  char *found = summary(path);
  assert_string_equal(found, wanted);
  free(found);
}

static void expect_part(const char *path, const char *part) {
  char *found = summary(path);
  if (!strstr(found, part)) fail_msg("\"%s\" is not in: %s", part, found);
  free(found);
}

static void test_folder(void **state) {
  (void)state;
  put("hanse.conf", "a = 1;\n");
  expect("hanse.conf", "a@hanse.conf:1\n");
  put_folder("conf.d");
  put_folder("conf.d/folder.conf");
  put("conf.d/b.conf", "\nb = 1;");
  put("conf.d/B.conf", "bb = 1; // end without a line end");
  put("conf.d/.hidden.conf", "hidden = 1;");
  put("conf.d/c.conf~", "c = 1;");
  put("conf.d/.conf", "d = 1;");
  put("elsewhere", "linked = 1;\n");
  assert_int_equal(mkfifo("conf.d/pipe.conf", 0600), 0);
  assert_int_equal(symlink("../elsewhere", "conf.d/link.conf"), 0);
  expect("hanse.conf", "a@hanse.conf:1\nbb@conf.d/B.conf:1\nb@conf.d/b.conf:2\nlinked@conf.d/link.conf:1\n");
  assert_int_equal(symlink("nowhere", "conf.d/gone.conf"), 0);
  expect_part("hanse.conf", "conf.d/gone.conf: \"conf.d/gone.conf\" cannot be opened: No such file or directory;");
}

static void test_absolute(void **state) {
  char path[100], wanted[400];
  (void)state;
  put("hanse.conf", "a = 1;\n");
  put_folder("conf.d");
  put("conf.d/b.conf", "b = 1;\n");
  snprintf(path, sizeof path, "%s/hanse.conf", folder);
  snprintf(wanted, sizeof wanted, "a@%s/hanse.conf:1\nb@%s/conf.d/b.conf:1\n", folder, folder);
  expect(path, wanted);
}

static void test_include(void **state) {
  (void)state;
  put_folder("one");
  put_folder("one/two");
  put("hanse.conf",
      "a = 1;\n@include \"one/x.inc\"\nb = 1;\n  @include \"one/x.inc2\"\n/*\n@include \"no\"\n*/\n"
      "c = \"\n@include \";\nd = 1;\n");
  put("one/x.inc", "x = 1;\n@include \"two/y.inc\"\nxx = 1;");
  put("one/x.inc2", "");
  put("one/two/y.inc", "\ny = {\n z = 1;\n};");
  expect("hanse.conf",
         "a@hanse.conf:1\nx@one/x.inc:1\ny@one/two/y.inc:2\nxx@one/x.inc:3\nb@hanse.conf:3\n"
         "c@hanse.conf:8\nd@hanse.conf:10\n");
  put("one/two/y.inc", "\ny = {\n z = yes;\n};");
  expect("hanse.conf", "one/two/y.inc:3: \"yes\" is not a value; write true (the line is: z = yes;)\n");
  put("one/two/y.inc", "a = 2;\n");
  expect("hanse.conf", "one/two/y.inc:1: \"a\" is set already at hanse.conf:1; remove one of them\n");
}

/* Relative paths of a setting resolve beside the file that it stands in. */
static void test_source_folder(void **state) {
  struct source_set set;
  struct problem_list problems;
  char wanted[100];
  (void)state;
  put_folder("one");
  put("hanse.conf", "a = 1;\n@include \"one/x.inc\"\n");
  put("one/x.inc", "x = 1;\n");
  source_set_init(&set);
  problem_list_init(&problems);
  assert_int_equal(source_set_read(&set, "hanse.conf", NULL, geteuid(), &problems), HANSE_OK);
  const config_setting_t *root = source_root(set.items[0]);
  assert_string_equal(source_folder(config_setting_get_elem(root, 0)), folder);
  snprintf(wanted, sizeof wanted, "%s/one", folder);
  assert_string_equal(source_folder(config_setting_get_elem(root, 1)), wanted);
  source_set_clear(&set);
  problem_list_clear(&problems);
}

/* L1: a draft is read in its turn among the files of conf.d, in place of the file of its name or beside the others. */
static void test_draft(void **state) {
  struct source_set set;
  struct problem_list problems;
  static const char *const names[] = {"a.conf", "m.conf", "z.conf", "zz.conf"};
  (void)state;
  put("hanse.conf", "first = 1;\n");
  put("new", "draft = 1;\nmore = 2;\n");
  put_folder("conf.d");
  put("conf.d/m.conf", "old = 1;\n");
  put("conf.d/z.conf", "last = 1;\n");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct source_draft draft = {names[i], "new"};
    char where[40];
    size_t at = i == 0 || i == 1 ? 1 : i;
    source_set_init(&set);
    problem_list_init(&problems);
    assert_int_equal(source_set_read(&set, "hanse.conf", &draft, geteuid(), &problems), HANSE_OK);
    assert_int_equal(problems.errors, 0);
    assert_int_equal(set.count, i == 1 || i == 2 ? 3 : 4);
    const config_setting_t *second = config_setting_get_elem(source_root(set.items[at]), 1);
    assert_non_null(second);
    assert_string_equal(config_setting_name(second), "more");
    snprintf(where, sizeof where, "conf.d/%s", names[i]);
    assert_string_equal(source_where(second).file, where);
    assert_int_equal(source_where(second).line, 2);
    assert_string_equal(source_folder(second), folder);
    source_set_clear(&set);
    problem_list_clear(&problems);
  }
}

static void test_include_cycle(void **state) {
  (void)state;
  put("hanse.conf", "@include \"b.inc\"\n");
  put("b.inc", "@include \"hanse.conf\"\n@include \"hanse.conf\"\n");
  expect_part("hanse.conf", "too many includes within includes; does a file include itself?");
}

/* G9 */
static void test_permissions(void **state) {
  (void)state;
  put("hanse.conf", "a = 1;\n");
  assert_int_equal(chmod("hanse.conf", 0664), 0);
  expect("hanse.conf", "hanse.conf: \"hanse.conf\" is writable by others; run chmod go-w \"hanse.conf\"\n");
  assert_int_equal(chmod("hanse.conf", 0644), 0);
  assert_int_equal(chmod(".", 0770), 0);
  expect_part("hanse.conf", "is writable by others; run chmod go-w");
  assert_int_equal(chmod(".", 01777), 0); /* sticky: nobody can replace a file of another */
  expect("hanse.conf", "a@hanse.conf:1\n");
  assert_int_equal(chmod(".", 0700), 0);
}

/* G9: the folder of a link counts as well as the folder of what it leads to. */
static void test_linked_folder(void **state) {
  (void)state;
  put_folder("open");
  put("open/real.conf", "a = 1;\n");
  assert_int_equal(chmod("open", 0777), 0);
  assert_int_equal(symlink("open/real.conf", "hanse.conf"), 0);
  expect_part("hanse.conf", "/open\" is writable by others");
  assert_int_equal(rename("hanse.conf", "open/link.conf"), 0);
  put("real.conf", "a = 1;\n");
  assert_int_equal(remove("open/link.conf"), 0);
  assert_int_equal(symlink("../real.conf", "open/link.conf"), 0);
  expect_part("open/link.conf", "/open\" is writable by others");
}

/* G9 */
static void test_owner(void **state) {
  struct option_pool pool;
  struct hanse_slice content;
  char why[500];
  (void)state;
  if (geteuid() != 0) skip();
  put("file", "text");
  assert_int_equal(chown("file", 65534, 65534), 0);
  option_pool_init(&pool);
  assert_int_equal(trusted_read("file", 0, TRUSTED_FILE, 100, &pool, &content, why, sizeof why), HANSE_INVALID);
  assert_string_equal(why,
                      "\"file\" belongs to user 65534, neither root nor the router's own; run chown root \"file\"");
  assert_int_equal(trusted_read("file", 65534, TRUSTED_FILE, 100, &pool, &content, why, sizeof why), HANSE_OK);
  assert_true(hanse_same(content, HANSE_LIT("text")));
  assert_int_equal(trusted_read("file", 65534, TRUSTED_FILE, 3, &pool, &content, why, sizeof why), HANSE_INVALID);
  assert_int_equal(trusted_read("file", 65534, TRUSTED_FILE, 4, &pool, &content, why, sizeof why), HANSE_OK);
  pool.bound = pool.taken = 0;
  pool.arena.at = pool.arena.end;
  assert_int_equal(trusted_read("file", 65534, TRUSTED_FILE, 4, &pool, &content, why, sizeof why), HANSE_NOMEM);
  option_pool_clear(&pool);
}

static void test_odd_files(void **state) {
  (void)state;
  expect("hanse.conf",
         "hanse.conf: \"hanse.conf\" cannot be opened: No such file or directory; create it or correct its name\n");
  put_folder("hanse.conf");
  expect("hanse.conf", "hanse.conf: \"hanse.conf\" is not a regular file; name a file\n");
  assert_int_equal(rmdir("hanse.conf"), 0);
  assert_int_equal(mkfifo("hanse.conf", 0600), 0);
  expect("hanse.conf", "hanse.conf: \"hanse.conf\" is not a regular file; name a file\n");
  assert_int_equal(remove("hanse.conf"), 0);
  FILE *out = fopen("hanse.conf", "w");
  assert_non_null(out);
  fwrite("a = 1;\0b", 1, 8, out);
  fclose(out);
  expect("hanse.conf", "hanse.conf: the file contains a NUL octet; is it a text file?\n");
  assert_int_equal(truncate("hanse.conf", (off_t)SOURCE_MAX + 1), 0);
  expect_part("hanse.conf", "has 67108865 bytes, at most 67108864 are read");
  put("hanse.conf", "");
  put("conf.d", "not a folder");
  expect_part("hanse.conf", "conf.d: the folder cannot be read: Not a directory; make it readable or remove it");
}

/* libconfig 1.5 would read 3000000000 as -1294967296 and 4294967297 as 1. */
static void test_wide_integers(void **state) {
  struct source_set set;
  struct problem_list problems;
  static const long long wanted[] = {3000000000, 4294967297, -3000000000, 0xffffffff, 5, 5000000000, -2147483648};
  (void)state;
  source_set_init(&set);
  problem_list_init(&problems);
  struct hanse_slice text = HANSE_LIT(
      "a = 3000000000; b = 4294967297; c = -3000000000; d = 0xFFFFFFFF; e = 5; f = 5000000000L; g = -2147483648;");
  assert_int_equal(source_set_read_text(&set, text, "text", "/", &problems), HANSE_OK);
  assert_int_equal(problems.errors, 0);
  for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++)
    assert_true(config_setting_get_int64(config_setting_get_elem(source_root(set.items[0]), i)) == wanted[i]);
  source_set_clear(&set);
  problem_list_clear(&problems);
}

static void test_depth(void **state) {
  char text[20100] = "a = ";
  char why[400];
  unsigned line;
  (void)state;
  memset(text + 4, '(', 20000);
  assert_true(syntax_explain(hanse_text(text), why, sizeof why, &line));
  assert_string_equal(why, "too many brackets within brackets");
}

static void test_tokens(void **state) {
  static const struct {
    enum lexeme_type type;
    const char *text;
  } wanted[] = {{LEXEME_NAME, "a-b_c*"},
                {LEXEME_MARK, "="},
                {LEXEME_BOOL, "TRUE"},
                {LEXEME_MARK, ";"},
                {LEXEME_INTEGER, "0x1FL"},
                {LEXEME_FLOAT, "-1.5e-3"},
                {LEXEME_FLOAT, ".5"},
                {LEXEME_INTEGER, "+7LL"},
                {LEXEME_STRING, "\"a\\\"b\n\""},
                {LEXEME_BAD, "'"},
                {LEXEME_INCLUDE, "@include \"x\" y"},
                {LEXEME_OPEN_STRING, "\"open"},
                {LEXEME_END, ""}};
  struct lexer lexer;
  (void)state;
  lexer_init(&lexer, HANSE_LIT("a-b_c* = TRUE; # c\n0x1FL -1.5e-3 .5 +7LL /* c\n */ \"a\\\"b\n\" ' // c\n"
                               " @include \"x\" y\n\"open"));
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    struct lexeme found = lexer_next(&lexer);
    assert_int_equal(found.type, wanted[i].type);
    assert_true(hanse_same(found.text, hanse_text(wanted[i].text)));
  }
  assert_int_equal(lexer.line, 6);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void) {
  const struct CMUnitTest tests[] = {IN_FOLDER(test_folder),
                                     IN_FOLDER(test_absolute),
                                     IN_FOLDER(test_include),
                                     IN_FOLDER(test_source_folder),
                                     IN_FOLDER(test_draft),
                                     IN_FOLDER(test_include_cycle),
                                     IN_FOLDER(test_permissions),
                                     IN_FOLDER(test_linked_folder),
                                     IN_FOLDER(test_owner),
                                     IN_FOLDER(test_odd_files),
                                     cmocka_unit_test(test_wide_integers),
                                     cmocka_unit_test(test_depth),
                                     cmocka_unit_test(test_tokens)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
