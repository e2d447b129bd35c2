/* The observer json_log on a host in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants the four above */

#include <fcntl.h>
#include <hanse/fake_host.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct fixture {
  struct fake_world *world;
  char folder[40], file[60], moved[60];
};

static struct fake_instance *load(struct fixture *f, const char *more) {
  char settings[200];
  snprintf(settings, sizeof settings, "file = \"%s\"; %s", f->file, more);
  return fake_load_text(f->world, fake_open(HANSE_PLUGIN_FILE), settings, NULL);
}

static int setup(void **state) {
  struct fixture *f = *state = calloc(1, sizeof *f);
  strcpy(f->folder, "/tmp/json_log-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  snprintf(f->file, sizeof f->file, "%s/events.json", f->folder);
  snprintf(f->moved, sizeof f->moved, "%s/events.json.1", f->folder);
  f->world = fake_world_new();
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  while (fake_newest(f->world)) fake_unload(fake_newest(f->world));
  assert_string_equal(fake_left(f->world), "");
  fake_world_free(f->world);
  unlink(f->file);
  unlink(f->moved);
  rmdir(f->folder);
  free(f);
  return 0;
}

/* What the thread has done comes to the loop as a post; the test is the loop. */
static void wait_for_thread(struct fake_world *world) { assert_true(fake_await_posts(world, 10 * HANSE_SECOND) > 0); }

static void accepted(struct fixture *f, const char *facts) {
  fake_event(fake_newest(f->world), HANSE_EVENT_ACCEPTED, fake_facts_text(f->world, facts), NULL);
}

/* All that the file holds; lives until the next call. */
static const char *content(const char *path) {
  static char text[4096];
  int fd = open(path, O_RDONLY | O_NONBLOCK);
  ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  text[n > 0 ? n : 0] = '\0';
  if (fd >= 0) close(fd);
  return text;
}

static void has(const char *text, const char *words) {
  if (!strstr(text, words)) fail_msg("%s lacks %s", text, words);
}

static void writes_a_line_for_each_event(void **state) {
  struct fixture *f = *state;
  const struct hanse_refusal why = {.size = sizeof why,
                                    .failure = HANSE_F_BLOCKED,
                                    .text = HANSE_LIT("on a \"list\""),
                                    .where = {"/etc/hanse.conf", 12}};
  assert_non_null(load(f, ""));
  accepted(f, "side=partner from=eve@b.example to=bob@a.example method=MESSAGE bytes=321");
  wait_for_thread(f->world);
  has(content(f->file), "\"event\":\"accepted\"");
  has(content(f->file),
      "\"side\":\"partner\",\"from\":\"eve@b.example\",\"to\":\"bob@a.example\","
      "\"method\":\"MESSAGE\",\"bytes\":321}\n");
  fake_event(fake_newest(f->world), HANSE_EVENT_REFUSED, fake_facts_text(f->world, "from=eve@b.example"), &why);
  wait_for_thread(f->world);
  has(content(f->file), "\"why\":\"on a \\\"list\\\"\",\"file\":\"/etc/hanse.conf\",\"line\":12}\n");
  assert_int_equal(fake_counter(f->world, "written"), 2);
}

static void writes_what_is_no_utf8_as_well(void **state) {
  struct fixture *f = *state;
  struct hanse_facts facts = *fake_facts_text(f->world, "side=partner to=bob@a.example");
  facts.method = HANSE_LIT("ME\xff\xfeSSAGE");
  assert_non_null(load(f, ""));
  fake_event(fake_newest(f->world), HANSE_EVENT_ACCEPTED, &facts, NULL);
  wait_for_thread(f->world);
  has(content(f->file), "\"method\":\"ME??SSAGE\"");
}

static void begins_a_new_file_when_the_old_one_was_moved(void **state) {
  struct fixture *f = *state;
  assert_non_null(load(f, ""));
  accepted(f, "from=first@b.example");
  wait_for_thread(f->world);
  assert_int_equal(rename(f->file, f->moved), 0);
  close(open(f->file, O_WRONLY | O_CREAT, 0600)); /* as logrotate does with `create` */
  accepted(f, "from=second@b.example");
  wait_for_thread(f->world);
  has(content(f->moved), "first@b.example");
  has(content(f->file), "second@b.example");
  assert_null(strstr(content(f->file), "first@b.example"));
}

/* A pipe that nobody reads is the slowest disk there is. */
static void counts_what_does_not_fit_and_writes_the_rest_before_it_ends(void **state) {
  struct fixture *f = *state;
  assert_int_equal(mkfifo(f->file, 0600), 0);
  struct fake_instance *instance = load(f, "most = 3;");
  assert_non_null(instance);
  for (int i = 0; i < 5; i++) accepted(f, "from=eve@b.example"); /* returns at once, each time */
  assert_int_equal(fake_counter(f->world, "lost"), 2);
  int reader = open(f->file, O_RDONLY | O_NONBLOCK);
  fake_unload(instance);
  char text[2000];
  ssize_t n = read(reader, text, sizeof text);
  unsigned lines = 0;
  for (ssize_t i = 0; i < n; i++) lines += text[i] == '\n';
  assert_int_equal(lines, 3);
  assert_int_equal(fake_counter(f->world, "written"), 3);
  close(reader);
}

/* As a disk that gets full in the middle of a line, and then has room again: only that line is lost. */
static void ends_a_line_that_was_written_in_part(void **state) {
  struct fixture *f = *state;
  struct rlimit before, small;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 10;
  assert_non_null(load(f, ""));
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  accepted(f, "from=first@b.example");
  wait_for_thread(f->world);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(strlen(content(f->file)), 10);
  accepted(f, "from=second@b.example");
  accepted(f, "from=third@b.example");
  while (fake_counter(f->world, "written") < 2) wait_for_thread(f->world);
  const char *line = content(f->file);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(*line, '{');
    if (i == 1) has(line, "second@b.example");
    line = strchr(line, '\n') + 1;
  }
  assert_int_equal(*line, '\0');
  assert_int_equal(fake_counter(f->world, "lost"), 1);
}

static void says_once_that_it_cannot_write(void **state) {
  struct fixture *f = *state;
  assert_int_equal(mkdir(f->file, 0700), 0);
  assert_non_null(load(f, ""));
  for (int i = 0; i < 3; i++) {
    accepted(f, "from=eve@b.example");
    wait_for_thread(f->world);
    assert_int_equal(fake_logged_with(f->world, "json_log.failing") != NULL, i == 0);
    fake_forget_log(f->world);
  }
  assert_int_equal(fake_counter(f->world, "lost"), 3);
  rmdir(f->file);
}

static void refuses_a_file_that_is_no_absolute_path(void **state) {
  struct fixture *f = *state;
  assert_null(fake_load_text(f->world, fake_open(HANSE_PLUGIN_FILE), "file = \"events.json\";", NULL));
  has(fake_problem(f->world), "\"events.json\" is no absolute path");
}

static void load_and_write(void *argument) {
  struct fixture f = {.world = fake_world_new()};
  strcpy(f.file, argument);
  if (load(&f, "")) accepted(&f, "from=eve@b.example");
  fake_world_free(f.world);
}

static void survives_without_memory(void **state) {
  struct fixture *f = *state;
#if defined(__SANITIZE_ADDRESS__)
  skip(); /* a sanitizer needs memory itself where a thread begins, and ends without it */
#endif
  assert_true(fake_each_allocation_fails(load_and_write, f->file) > 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(writes_a_line_for_each_event),
      TEST(writes_what_is_no_utf8_as_well),
      TEST(begins_a_new_file_when_the_old_one_was_moved),
      TEST(counts_what_does_not_fit_and_writes_the_rest_before_it_ends),
      TEST(ends_a_line_that_was_written_in_part),
      TEST(says_once_that_it_cannot_write),
      TEST(refuses_a_file_that_is_no_absolute_path),
      TEST(survives_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
