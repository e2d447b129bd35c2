/* Conversion by option tables: values, defaults, lists, comparison by value, listing, manual, sample, tables that are
   wrong, and memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "contract/option_manual.h"
#include "contract/source.h"
#include "router/option_print.h"
#include "tests/lib/sample_options.h"

/* One text, converted by the sample table. */
struct run {
  struct source_set set;
  struct problem_list problems;
  struct option_pool pool;
  struct option_references references;
  const config_setting_t *roots[4];
  struct option_group group;
  struct sample sample;
  int status;
};

static char folder[64];

static int enter(void **state) {
  (void)state;
  strcpy(folder, "/tmp/hanse-option-XXXXXX");
  return !mkdtemp(folder) || chdir(folder) != 0;
}

static int leave(void **state) {
  char command[100];
  (void)state;
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return chdir("/") != 0 || system(command) != 0;
}

static void put(const char *path, const char *text, mode_t mode) {
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
  assert_int_equal(chmod(path, mode), 0);
}

/* Reads up to four texts as so many files. */
static void read_texts(struct run *run, const char *const *texts) {
  static const char *const names[] = {"a.conf", "b.conf", "c.conf", "d.conf"};
  memset(run, 0, sizeof *run);
  source_set_init(&run->set);
  problem_list_init(&run->problems);
  option_pool_init(&run->pool);
  size_t count = 0;
  for (; texts[count]; count++)
    assert_int_equal(source_set_read_text(&run->set, hanse_text(texts[count]), names[count], folder, &run->problems),
                     HANSE_OK);
  assert_int_equal(run->set.count, count);
  for (size_t i = 0; i < count; i++) run->roots[i] = source_root(run->set.items[i]);
  run->group = (struct option_group){run->roots, count, "sample"};
}

static void convert(struct run *run) {
  struct option_reader reader = {&run->pool, &run->problems, &run->references, geteuid(), false};
  run->status = option_convert(&reader, &run->group, sample_table, NULL, &run->sample, sizeof run->sample);
}

static void begin(struct run *run, const char *text) {
  const char *texts[] = {text, NULL};
  read_texts(run, texts);
  convert(run);
}

static void end(struct run *run) {
  source_set_clear(&run->set);
  problem_list_clear(&run->problems);
  option_pool_clear(&run->pool);
  free(run->references.items);
}

static void begin_good(struct run *run, const char *text) {
  begin(run, text);
  problem_list_print(&run->problems, stderr);
  assert_int_equal(run->status, HANSE_OK);
  assert_int_equal(run->problems.errors, 0);
}

#define SAME(slice, literal) assert_true(hanse_same(slice, HANSE_LIT(literal)))

static const char full[] =
    "flag = false; count = 7; bytes = \"128k\"; wait = \"5m\"; rate = \"600/m\"; text = \"a \\\"b\\\"\";\n"
    "password = \"secret\"; data = \"data.txt\"; peer = \"Host.Example:5061\"; zone = \"Z.example.\";\n"
    "below = \"m\xc3\xbcnchen.example\"; mode = \"careful\"; profile = \"edge\"; friend = \"f.example\";\n"
    "inner = { word = \"w\"; deep = false; };\n"
    "words = [ \"x\" ]; numbers = [ 1, -2, 3 ]; zones = ( \"A.example\", \"b.example\" );\n"
    "items = ( { name = \"first\"; },\n  { name = \"second\"; weight = 5; } ); waits = [ ];\n";

static void put_files(void) {
  put("secret", "hunter2\n", 0600);
  put("data.txt", "content", 0644);
}

static void test_scalars(void **state) {
  struct run run;
  char path[100];
  (void)state;
  put_files();
  begin_good(&run, full);
  const struct sample *s = &run.sample;
  assert_false(s->flag);
  assert_int_equal(s->count, 7);
  assert_int_equal(s->bytes, 131072);
  assert_int_equal(s->wait, 300 * HANSE_SECOND);
  assert_int_equal(s->rate.count, 600);
  SAME(s->text, "a \"b\"");
  SAME(s->password, "hunter2");
  SAME(s->data.content, "content");
  snprintf(path, sizeof path, "%s/data.txt", folder);
  assert_string_equal(s->data.path.at, path);
  SAME(s->peer.host, "host.example");
  assert_int_equal(s->peer.port, 5061);
  SAME(s->zone.name, "z.example");
  SAME(s->below.name, "xn--mnchen-3ya.example");
  assert_int_equal(s->mode, 2);
  SAME(s->profile, "edge");
  SAME(s->inner.word, "w");
  assert_false(s->inner.deep);
  end(&run);
}

static void test_lists(void **state) {
  struct run run;
  (void)state;
  put_files();
  begin_good(&run, full);
  const struct sample *s = &run.sample;
  const struct sample_item *items = s->items.items;
  assert_int_equal(s->words.count, 1);
  assert_int_equal(s->numbers.count, 3);
  assert_int_equal(((const int64_t *)s->numbers.items)[1], -2);
  assert_int_equal(s->zones.count, 2);
  SAME(((const struct hanse_domain *)s->zones.items)[0].name, "a.example");
  assert_int_equal(s->items.count, 2);
  SAME(items[1].name, "second");
  assert_int_equal(items[0].weight, 1);
  assert_int_equal(items[1].weight, 5);
  assert_int_equal(s->waits.count, 0);
  end(&run);
}

/* Places, and what lives on after the text is gone. */
static void test_places(void **state) {
  struct run run;
  (void)state;
  put_files();
  begin_good(&run, full);
  source_set_clear(&run.set);
  const struct sample_item *items = run.sample.items.items;
  assert_string_equal(items[0].where.file, "a.conf");
  assert_int_equal(items[0].where.line, 6);
  assert_int_equal(items[1].where.line, 7);
  assert_int_equal(run.sample.peer.where.line, 2);
  assert_string_equal(run.sample.zone.where.file, "a.conf");
  assert_int_equal(run.references.count, 2);
  assert_string_equal(run.references.items[0].refers, "tls");
  assert_string_equal(run.references.items[1].refers, "partners");
  SAME(run.references.items[1].name, "f.example");
  assert_int_equal(run.references.items[1].where.line, 3);
  end(&run);
}

static void test_defaults(void **state) {
  struct run run;
  (void)state;
  begin_good(&run, "");
  const struct sample *s = &run.sample;
  const struct hanse_slice *words = s->words.items;
  assert_true(s->flag);
  assert_int_equal(s->count, 3);
  assert_int_equal(s->bytes, 65536);
  assert_int_equal(s->wait, 30 * HANSE_SECOND);
  assert_int_equal(s->rate.count, 20);
  SAME(s->text, "some text");
  assert_int_equal(s->password.len, 0);
  assert_int_equal(s->data.path.len, 0);
  assert_int_equal(s->peer.host.len, 0);
  assert_int_equal(s->mode, 1);
  assert_true(s->inner.deep); /* what the group needs is asked for only where it is written */
  assert_int_equal(s->words.count, 2);
  SAME(words[0], "one");
  SAME(words[1], "two");
  assert_int_equal(s->items.count, 0);
  end(&run);
}

/* Lists append and groups add up over files; scalars may be set once. */
static void test_merge(void **state) {
  static const char *const texts[] = {"words = [ \"a\" ]; items = ( { name = \"x\"; } ); inner = { word = \"w\"; };",
                                      "words = [ \"b\", \"c\" ]; inner = { deep = false; };",
                                      "items = ( { name = \"y\"; } );", NULL};
  static const char *const twice[] = {"count = 1; inner = { word = \"a\"; };", "inner = { word = \"b\"; };\ncount = 1;",
                                      NULL};
  struct run run;
  (void)state;
  read_texts(&run, texts);
  convert(&run);
  assert_int_equal(run.status, HANSE_OK);
  assert_int_equal(run.sample.words.count, 3);
  SAME(((const struct hanse_slice *)run.sample.words.items)[2], "c");
  assert_int_equal(run.sample.items.count, 2);
  assert_string_equal(((const struct sample_item *)run.sample.items.items)[1].where.file, "c.conf");
  SAME(run.sample.inner.word, "w");
  assert_false(run.sample.inner.deep);
  end(&run);
  read_texts(&run, twice);
  convert(&run);
  assert_int_equal(run.status, HANSE_INVALID);
  assert_int_equal(run.problems.errors, 2);
  end(&run);
}

static void digest(const char *text, unsigned char out[32]) {
  struct run run;
  begin_good(&run, text);
  assert_int_equal(option_digest(sample_table, &run.sample, out), HANSE_OK);
  end(&run);
}

static bool same_value(const char *a, const char *b) {
  unsigned char left[32], right[32];
  digest(a, left);
  digest(b, right);
  return memcmp(left, right, sizeof left) == 0;
}

static void test_compare(void **state) {
  unsigned char before[32], after[32];
  (void)state;
  put_files();
  assert_true(same_value("count = 3;", "# moved\n\n"));
  assert_true(same_value("bytes = \"1M\";", "bytes = \"1024k\";"));
  assert_true(same_value("zone = \"A.example.\";", "\n\nzone = \"a.example\";"));
  assert_true(same_value("words = [ \"one\", \"two\" ];", ""));
  assert_false(same_value("words = [ \"one, two\" ];", ""));
  assert_false(same_value("words = [ \"two\", \"one\" ];", ""));
  assert_false(same_value("text = \"a\\nflag=false\";", "text = \"a\";"));
  assert_false(same_value("items = ( { name = \"a\"; } );", "items = ( { name = \"b\"; } );"));
  assert_false(same_value("inner = { word = \"w\"; };", ""));
  /* A file is its content: what is renewed under the same name differs. */
  digest(full, before);
  digest(full, after);
  assert_memory_equal(before, after, 32);
  put("data.txt", "renewed", 0644);
  digest(full, after);
  assert_memory_not_equal(before, after, 32);
  put_files();
  put("secret", "hunter3", 0600);
  digest(full, after);
  assert_memory_not_equal(before, after, 32);
}

static char *listing(const struct run *run) {
  char *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  option_show(sample_table, &run->sample, &run->group, 0, NULL, out);
  fclose(out);
  return text;
}

/* The line that begins so has this comment. */
static void assert_line(const char *text, const char *start, const char *comment) {
  const char *line = strstr(text, start), *stop = line ? strchr(line, '\n') : NULL;
  if (!stop) fail_msg("no line with %s", start);
  size_t length = strlen(comment);
  if ((size_t)(stop - line) < length || memcmp(stop - length, comment, length) != 0)
    fail_msg("%.*s: not %s", (int)(stop - line), line, comment);
}

/* Passwords are not shown (I2). */
static void test_show(void **state) {
  static const char *const texts[] = {full, "words = [ \"y\" ];", NULL};
  struct run run, again;
  unsigned char before[32], after[32];
  (void)state;
  put_files();
  read_texts(&run, texts);
  convert(&run);
  assert_int_equal(run.status, HANSE_OK);
  char *text = listing(&run);
  assert_line(text, "count = 7;", "# a.conf:1");
  assert_line(text, "password = \"(set)\";", "# a.conf:2");
  assert_line(text, "words = [ \"x\", \"y\" ];", "# a.conf:5, b.conf:1");
  assert_line(text, "    weight = 1;", "# default");
  assert_line(text, "    weight = 5;", "# a.conf:7");
  assert_line(text, "text = \"a \\\"b\\\"\";", "# a.conf:1");
  assert_null(strstr(text, "hunter2"));
  /* It reads back as the same settings, once the secret is named again. */
  char *set = strstr(text, "\"(set)\"");
  memcpy(set, "\"secret\"", 7);
  set[7] = '"';
  begin_good(&again, text);
  assert_int_equal(option_digest(sample_table, &run.sample, before), HANSE_OK);
  assert_int_equal(option_digest(sample_table, &again.sample, after), HANSE_OK);
  assert_memory_equal(before, after, 32);
  end(&again);
  end(&run);
  free(text);
}

static void test_show_defaults(void **state) {
  struct run run;
  (void)state;
  begin_good(&run, "");
  char *text = listing(&run);
  assert_line(text, "# password = \"(set)\";", "# default");
  assert_line(text, "# zone = \"\";", "# default");
  assert_line(text, "count = 3;", "# default");
  free(text);
  end(&run);
}

static char *written(void (*write)(FILE *out)) {
  char *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  write(out);
  fclose(out);
  return text;
}

static void write_manual(FILE *out) { option_manual(sample_table, out); }
static void write_sample(FILE *out) { option_sample(sample_table, 0, out); }

static void test_manual(void **state) {
  char *text = written(write_manual);
  (void)state;
  assert_non_null(strstr(text, "| `count` | number | `3` | 1 to 10 | A number \\| with a bar. |"));
  assert_non_null(strstr(text, "| `inner.word` | text | must be set |  | One word. |"));
  assert_non_null(strstr(text, "| `items` | list of: group | `( )` |  | Groups. |"));
  assert_non_null(strstr(text, "| `items[].weight` | number | `1` | at least 0 | How heavy it is. |"));
  assert_non_null(strstr(text, "| `mode` | choice | `\"fast\"` | \"fast\", \"careful\" | A choice. |"));
  assert_non_null(strstr(text, "| `words` | list of: text | `[ \"one\", \"two\" ]` |  | Texts. |"));
  assert_non_null(strstr(text, "| `profile` | name of an entry of `tls` | not set |"));
  assert_null(strstr(text, "where"));
  free(text);
}

/* Without its comment marks the sample is a configuration that means the defaults. */
static void test_sample(void **state) {
  char *text = written(write_sample);
  struct run run;
  (void)state;
  assert_non_null(strstr(text, "#count = 3;\n"));
  assert_non_null(strstr(text, "#words = [ \"one\", \"two\" ];\n"));
  assert_null(strstr(text, "waits"));
  for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
    if (*line == '#' && (strstr(line, "count =") == line + 1 || strstr(line, "bytes =") == line + 1)) *line = ' ';
  begin_good(&run, text);
  assert_int_equal(run.sample.bytes, 65536);
  end(&run);
  free(text);
}

static size_t complaints(const struct hanse_option *table, const struct hanse_option *also, size_t size) {
  struct problem_list problems;
  problem_list_init(&problems);
  int status = option_check_table("bad.so", table, also, size, &problems);
  size_t errors = problems.errors;
  assert_int_equal(status, errors ? HANSE_INVALID : HANSE_OK);
  problem_list_clear(&problems);
  return errors;
}

static void test_tables(void **state) {
  static const struct hanse_choice no_choice[] = {{NULL, 0}};
  static struct hanse_option endless[] = {{.name = "again", .type = HANSE_GROUP, .group = endless, .group_size = 100},
                                          HANSE_OPTIONS_END};
  static const struct hanse_option bad[] = {
      {.name = "a", .type = (enum hanse_option_type)99},
      {.name = "b", .type = HANSE_SIZE, .fallback = "64kb"},
      {.name = "c", .type = HANSE_INT, .fallback = "11", .max = "10"},
      {.name = "d", .type = HANSE_DURATION, .min = "1"},
      {.name = "e", .type = HANSE_STRING, .max = "10"},
      {.name = "f", .type = HANSE_ENUM, .choices = no_choice},
      {.name = "g", .type = HANSE_ENUM, .choices = sample_modes, .fallback = "slow"},
      {.name = "h", .type = HANSE_REFERENCE},
      {.name = "i", .type = HANSE_GROUP},
      {.name = "j", .type = HANSE_INT, .offset = 97},
      {.name = "k", .type = HANSE_INT, .offset = SIZE_MAX},
      {.name = "l", .type = HANSE_DOMAIN, .fallback = "a_b"},
      {.name = "m", .type = HANSE_BOOL, .fallback = "yes"},
      {.name = "b", .type = HANSE_BOOL},
      {.name = "name", .type = HANSE_BOOL},
      {.name = "n", .type = HANSE_DURATION, .flags = HANSE_LIST, .fallback = "1s, 2"},
      HANSE_OPTIONS_END};
  static const struct hanse_option core[] = {{.name = "name", .type = HANSE_STRING}, HANSE_OPTIONS_END};
  (void)state;
  assert_int_equal(complaints(sample_table, core, sizeof(struct sample)), 0);
  assert_int_equal(complaints(sample_none, core, 0), 0);
  assert_int_equal(complaints(bad, core, 100), 16);
  assert_int_equal(complaints(endless, NULL, 100), 1);
  assert_true(complaints(sample_table, NULL, 100) > 0);
}

/* Whichever allocation fails, the conversion says so and nothing is lost. */
static void test_no_memory(void **state) {
  struct run run;
  bool failed = false, passed = false;
  (void)state;
  put_files();
  for (size_t bound = 0; bound < 200000; bound += 1000) {
    const char *texts[] = {full, NULL};
    read_texts(&run, texts);
    run.pool.bound = bound;
    convert(&run);
    assert_true(run.status == HANSE_OK || run.status == HANSE_NOMEM);
    assert_int_equal(run.problems.errors, 0);
    failed |= run.status == HANSE_NOMEM;
    passed |= run.status == HANSE_OK;
    end(&run);
  }
  assert_true(failed && passed);
}

/* Only so many problems are kept, and their texts cannot forge lines. */
static void test_problems(void **state) {
  struct problem_list problems;
  char *text = NULL;
  size_t length = 0;
  (void)state;
  problem_list_init(&problems);
  for (unsigned i = 0; i < PROBLEM_KEPT + 50; i++)
    problem_error(&problems, &(struct hanse_where){"b.conf", 500 - i}, "problem\n%u \x1b[31m \xff", i);
  problem_warning(&problems, NULL, "no place");
  assert_int_equal(problems.errors, PROBLEM_KEPT + 50);
  assert_int_equal(problems.warnings, 1);
  assert_int_equal(problems.count, PROBLEM_KEPT);
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  problem_list_print(&problems, out);
  fclose(out);
  assert_ptr_equal(strstr(text, "b.conf:301: problem?199 ?[31m ?\n"), text);
  assert_non_null(strstr(text, "\nand 51 more\n"));
  free(text);
  problem_list_clear(&problems);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_scalars),        IN_FOLDER(test_lists),         IN_FOLDER(test_places),
      IN_FOLDER(test_defaults),       IN_FOLDER(test_merge),         IN_FOLDER(test_compare),
      IN_FOLDER(test_show),           IN_FOLDER(test_show_defaults), cmocka_unit_test(test_manual),
      IN_FOLDER(test_sample),         cmocka_unit_test(test_tables), IN_FOLDER(test_no_memory),
      cmocka_unit_test(test_problems)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
