/* The policy `archive`, as built, in the host in memory: what is written, what waits for it, and what becomes of texts
   when nothing can be written (R113). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/policy_fixture.h"

#define IN "side=partner action=message from=bob@b.example to=alice@a.example "
#define PATIENCE (10 * HANSE_SECOND)

/* The disk: the plugin's calls come here. */
static struct {
  pthread_mutex_t held; /* while the test holds it, it does not answer */
  atomic_uint synced;
  atomic_int error;
} disk = {PTHREAD_MUTEX_INITIALIZER, 0, 0};

int fdatasync(int fd) {
  pthread_mutex_lock(&disk.held);
  pthread_mutex_unlock(&disk.held);
  atomic_fetch_add(&disk.synced, 1);
  errno = disk.error;
  return errno ? -1 : fsync(fd);
}

struct fixture {
  struct fake_world *world;
  char folder[32], file[48], moved[48], settings[160];
};

static struct fake_instance *load(struct fixture *f, const char *more) {
  snprintf(f->settings, sizeof f->settings, "file = \"%s\"; %s", f->file, more);
  return fake_load_text(f->world, policy_open("archive"), f->settings, fake_newest(f->world));
}

static int setup(void **state) {
  struct fixture *f = (struct fixture *)calloc(1, sizeof *f);
  assert_non_null(f);
  strcpy(f->folder, "/tmp/archive-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  snprintf(f->file, sizeof f->file, "%s/texts", f->folder);
  snprintf(f->moved, sizeof f->moved, "%s/texts.1", f->folder);
  f->world = fake_world_new();
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = (struct fixture *)*state;
  while (fake_newest(f->world)) fake_unload(fake_newest(f->world));
  assert_string_equal(fake_left(f->world), "");
  fake_world_free(f->world);
  unlink(f->file);
  unlink(f->moved);
  rmdir(f->folder);
  free(f);
  return 0;
}

static hanse_token send_text(struct fixture *f, const char *facts) {
  struct fake_judgement judgement;
  fake_decide(fake_newest(f->world), HANSE_STAGE_ROUTED, fake_facts_text(f->world, facts), false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_DEFER);
  return judgement.token;
}

/* HANSE_DEFER: it still waits. */
static enum hanse_verdict verdict_of(struct fixture *f, hanse_token token, enum hanse_failure *failure) {
  int verdict;
  return fake_resolved(f->world, token, &verdict, failure) ? (enum hanse_verdict)verdict : HANSE_DEFER;
}

static void goes_on(struct fixture *f, hanse_token token, enum hanse_verdict wanted) {
  enum hanse_failure failure = HANSE_F_NONE;
  while (verdict_of(f, token, &failure) == HANSE_DEFER) assert_true(fake_await_posts(f->world, PATIENCE) > 0);
  assert_int_equal(verdict_of(f, token, &failure), wanted);
  assert_int_equal(failure, wanted == HANSE_DENY ? HANSE_F_ERROR : HANSE_F_NONE);
}

/* Its lines, as an array; each is an object. */
static json_t *lines_of(const char *path) {
  json_t *lines = json_array();
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  char line[4096];
  while (fgets(line, sizeof line, file)) {
    json_error_t error;
    json_t *object = json_loads(line, JSON_ALLOW_NUL, &error);
    if (!object) fail_msg("%s: %s", error.text, line);
    json_array_append_new(lines, object);
  }
  fclose(file);
  return lines;
}

static void has(const json_t *lines, size_t n, const char *name, const char *value) {
  const char *there = json_string_value(json_object_get(json_array_get(lines, n), name));
  if (!there || strcmp(there, value) != 0) fail_msg("line %zu: %s is %s", n, name, there ? there : "not there");
}

static void is_written_before_it_goes_on(void **state) {
  struct fixture *f = (struct fixture *)*state;
  assert_non_null(load(f, ""));
  hanse_token token =
      send_text(f, IN "text=\"what \\\"he\\\" said\\n\" text_type=text/plain conversation=c1 decision=7");
  goes_on(f, token, HANSE_ABSTAIN);
  goes_on(f, send_text(f, "side=home action=message from=alice@a.example to=bob@b.example bytes=99 flags=in_dialog"),
          HANSE_ABSTAIN);
  json_t *lines = lines_of(f->file);
  assert_int_equal(json_array_size(lines), 2);
  has(lines, 0, "direction", "in");
  has(lines, 0, "from", "bob@b.example");
  has(lines, 0, "to", "alice@a.example");
  has(lines, 0, "text", "what \"he\" said\n");
  has(lines, 0, "type", "text/plain");
  has(lines, 0, "conversation", "c1");
  char decision[HANSE_DECISION_TEXT];
  hanse_decision_text(fake_host(fake_newest(f->world)), 7, decision);
  has(lines, 0, "decision", decision);
  const char *time = json_string_value(json_object_get(json_array_get(lines, 0), "time"));
  assert_int_equal(strlen(time), strlen("2026-01-31T12:00:00.000Z"));
  has(lines, 1, "direction", "out");
  assert_null(json_object_get(json_array_get(lines, 1), "text")); /* it was none that could be read */
  assert_int_equal(json_integer_value(json_object_get(json_array_get(lines, 1), "bytes")), 99);
  json_decref(lines);
  struct stat found;
  assert_int_equal(stat(f->file, &found), 0);
  assert_int_equal(found.st_mode & 0777, 0600);
  assert_int_equal(fake_counter(f->world, "written"), 2);
}

/* Octets that are no UTF-8 do not spoil the line. */
static void any_octets(void **state) {
  struct fixture *f = (struct fixture *)*state;
  assert_non_null(load(f, "sync = false;"));
  goes_on(f,
          send_text(f,
                    "side=partner action=message from=\"b\xff"
                    "b\xc3\xa9@b.example\" to=\"@a.example\" text=x"),
          HANSE_ABSTAIN);
  json_t *lines = lines_of(f->file);
  has(lines, 0, "from", "b%FFb\xc3\xa9@b.example");
  has(lines, 0, "to", "@a.example");
  json_decref(lines);
}

static void only_what_is_said(void **state) {
  struct fixture *f = (struct fixture *)*state;
  static const char *const others[] = {
      "side=partner action=session from=bob@b.example to=alice@a.example",
      "side=partner action=notify from=bob@b.example to=alice@a.example text=open",
      "side=home action=message from=alice@a.example to=bob@b.example text=hi",
  };
  struct fake_judgement judgement;
  struct fake_instance *archive = load(f, "direction = \"in\";");
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    fake_decide(archive, HANSE_STAGE_ROUTED, fake_facts_text(f->world, others[i]), false, &judgement);
    assert_int_equal(judgement.verdict, HANSE_ABSTAIN);
  }
  fake_decide(archive, HANSE_STAGE_ROUTED, fake_facts_text(f->world, IN "text=hi"), true, &judgement);
  assert_int_equal(judgement.verdict, HANSE_ABSTAIN); /* explain */
  assert_int_equal(fake_counter(f->world, "written"), 0);
}

/* What other policies made of the text is what goes on. */
static void as_it_goes_on(void **state) {
  struct fixture *f = (struct fixture *)*state;
  const struct hanse_marks marks = {.size = sizeof marks, .set = HANSE_MARK_TEXT, .text = HANSE_LIT("changed")};
  assert_non_null(load(f, ""));
  fake_marked(f->world, &marks);
  goes_on(f, send_text(f, IN "text=hi"), HANSE_ABSTAIN);
  json_t *lines = lines_of(f->file);
  has(lines, 0, "text", "changed");
  json_decref(lines);
}

/* With the first text of a session, which its invitation brings; not the invitation that says nothing. */
static void the_first_of_a_session(void **state) {
  struct fixture *f = (struct fixture *)*state;
  assert_non_null(load(f, ""));
  goes_on(
      f, send_text(f, "side=partner action=session from=bob@b.example to=alice@a.example text=hi text_type=text/plain"),
      HANSE_ABSTAIN);
  json_t *lines = lines_of(f->file);
  has(lines, 0, "text", "hi");
  json_decref(lines);
}

static void what_cannot_be_read(void **state) {
  struct fixture *f = (struct fixture *)*state;
  struct fake_judgement judgement;
  assert_non_null(load(f, "refuse_unreadable = true;"));
  for (int dry = 0; dry < 2; dry++) {
    fake_decide(fake_newest(f->world), HANSE_STAGE_ROUTED, fake_facts_text(f->world, IN "bytes=999"), dry, &judgement);
    assert_int_equal(judgement.verdict, HANSE_DENY);
    assert_int_equal(judgement.why.failure, HANSE_F_FILTER); /* no failure of the policy's own */
  }
  goes_on(f, send_text(f, IN "text=hi"), HANSE_ABSTAIN);
}

/* Nothing goes on before the disk has it; while it is busy with one, all that come wait for the next. */
static void waits_for_the_disk(void **state) {
  struct fixture *f = (struct fixture *)*state;
  enum hanse_failure failure;
  hanse_token tokens[20];
  assert_non_null(load(f, ""));
  unsigned before = disk.synced;
  pthread_mutex_lock(&disk.held);
  for (int i = 0; i < 20; i++) tokens[i] = send_text(f, IN "text=hi");
  fake_run_posts(f->world);
  for (int i = 0; i < 20; i++) assert_int_equal(verdict_of(f, tokens[i], &failure), HANSE_DEFER);
  fake_advance(f->world, 2 * HANSE_SECOND);
  assert_non_null(fake_logged_with(f->world, "the disk takes longer than a second"));
  pthread_mutex_unlock(&disk.held);
  for (int i = 0; i < 20; i++) goes_on(f, tokens[i], HANSE_ABSTAIN);
  assert_int_equal(disk.synced - before, 2);
  assert_non_null(fake_logged_with(f->world, "archive.written_again"));
  assert_non_null(load(f, "sync = false;"));
  before = disk.synced;
  goes_on(f, send_text(f, IN "text=hi"), HANSE_ABSTAIN);
  assert_int_equal(disk.synced, before);
}

/* What the disk did not take is not in the file either, so that a sender who tries again is not there twice. */
static void a_bad_disk(void **state) {
  struct fixture *f = (struct fixture *)*state;
  assert_non_null(load(f, ""));
  goes_on(f, send_text(f, IN "text=one"), HANSE_ABSTAIN);
  disk.error = EIO;
  goes_on(f, send_text(f, IN "text=two"), HANSE_DENY);
  disk.error = 0;
  goes_on(f, send_text(f, IN "text=two"), HANSE_ABSTAIN);
  json_t *lines = lines_of(f->file);
  assert_int_equal(json_array_size(lines), 2);
  json_decref(lines);
}

/* A process that was killed has left half a line. */
static void half_a_line(void **state) {
  struct fixture *f = (struct fixture *)*state;
  char line[4096];
  FILE *file = fopen(f->file, "w");
  assert_non_null(file);
  fputs("{\"time\":\"2026-", file);
  fclose(file);
  assert_non_null(load(f, ""));
  goes_on(f, send_text(f, IN "text=hi"), HANSE_ABSTAIN);
  file = fopen(f->file, "r");
  assert_non_null(file);
  assert_non_null(fgets(line, sizeof line, file));
  assert_string_equal(line, "{\"time\":\"2026-\n");
  assert_non_null(fgets(line, sizeof line, file));
  json_t *object = json_loads(line, 0, NULL);
  assert_non_null(object);
  json_decref(object);
  fclose(file);
}

/* What waits for a disk that is slow has a bound in octets, too. */
static void a_bound(void **state) {
  struct fixture *f = (struct fixture *)*state;
  const size_t large = 8 << 20;
  char *line = (char *)malloc(large + 200);
  assert_non_null(line);
  int n = sprintf(line, IN "text=");
  memset(line + n, 'x', large);
  line[(size_t)n + large] = '\0';
  assert_non_null(load(f, ""));
  pthread_mutex_lock(&disk.held);
  const struct hanse_facts *facts = fake_facts_text(f->world, line);
  struct fake_judgement judgement = {.verdict = HANSE_DEFER};
  int taken = 0;
  for (; judgement.verdict == HANSE_DEFER && taken < 40; taken++)
    fake_decide(fake_newest(f->world), HANSE_STAGE_ROUTED, facts, false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  assert_int_equal(judgement.why.failure, HANSE_F_DEFERRED);
  assert_int_equal(taken, 1 + 7 + 1); /* one is with the disk, 64 MiB wait */
  pthread_mutex_unlock(&disk.held);
  free(line);
}

/* Many at once, in their order; one that did not wait is archived all the same. */
static void many(void **state) {
  struct fixture *f = (struct fixture *)*state;
  enum { MANY = 500 };
  hanse_token tokens[MANY];
  char line[160], text[16];
  assert_non_null(load(f, ""));
  fake_deferred_max(f->world, MANY);
  for (int i = 0; i < MANY; i++) {
    snprintf(line, sizeof line, IN "text=\"no %d\"", i);
    tokens[i] = send_text(f, line);
  }
  struct fake_judgement judgement;
  fake_decide(fake_newest(f->world), HANSE_STAGE_ROUTED, fake_facts_text(f->world, IN "text=more"), false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_DENY);
  assert_int_equal(judgement.why.failure, HANSE_F_DEFERRED);
  assert_true(fake_withdraw(f->world, tokens[MANY - 1]));
  for (int i = 0; i < MANY - 1; i++) goes_on(f, tokens[i], HANSE_ABSTAIN);
  fake_unload(fake_newest(f->world)); /* what was given is written */
  json_t *lines = lines_of(f->file);
  assert_int_equal(json_array_size(lines), MANY);
  for (int i = 0; i < MANY; i++) {
    snprintf(text, sizeof text, "no %d", i);
    has(lines, (size_t)i, "text", text);
  }
  json_decref(lines);
}

static void a_new_file_where_the_old_one_was_moved(void **state) {
  struct fixture *f = (struct fixture *)*state;
  assert_non_null(load(f, ""));
  goes_on(f, send_text(f, IN "text=one"), HANSE_ABSTAIN);
  assert_int_equal(rename(f->file, f->moved), 0);
  goes_on(f, send_text(f, IN "text=two"), HANSE_ABSTAIN);
  assert_non_null(load(f, "direction = \"in\";")); /* a successor adds to it */
  goes_on(f, send_text(f, IN "text=three"), HANSE_ABSTAIN);
  json_t *old = lines_of(f->moved), *lines = lines_of(f->file);
  assert_int_equal(json_array_size(old), 1);
  assert_int_equal(json_array_size(lines), 2);
  has(lines, 1, "text", "three");
  json_decref(old);
  json_decref(lines);
}

/* No room: the text does not go on, unless the administrator wants it to (`on_failure`). */
static void no_room(void **state) {
  struct fixture *f = (struct fixture *)*state;
  struct rlimit before, small;
  struct stat found;
  assert_non_null(load(f, ""));
  goes_on(f, send_text(f, IN "text=one"), HANSE_ABSTAIN);
  assert_int_equal(stat(f->file, &found), 0);
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = (rlim_t)found.st_size + 10;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  hanse_token token = send_text(f, IN "text=two"), second = send_text(f, IN "text=three");
  goes_on(f, token, HANSE_DENY);
  goes_on(f, second, HANSE_DENY);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_non_null(fake_logged_with(f->world, "archive.failing"));
  goes_on(f, send_text(f, IN "text=four"), HANSE_ABSTAIN);
  assert_non_null(fake_logged_with(f->world, "archive.written_again"));
  assert_int_equal(fake_counter(f->world, "unwritten"), 2);
  json_t *lines = lines_of(f->file);
  assert_int_equal(json_array_size(lines), 2);
  has(lines, 1, "text", "four");
  json_decref(lines);
}

/* What cannot be right is refused when it is read, or before it takes over. */
static void mistakes(void **state) {
  struct fixture *f = (struct fixture *)*state;
  policy_fixture_refuses_text("archive", "file = \"texts\";", 1, "no absolute path");
  policy_fixture_refuses_text("archive", "file = \"\";", 1, "no absolute path");
  strcpy(f->file, f->folder);
  assert_null(load(f, ""));
  assert_non_null(fake_logged_with(f->world, "archive.cannot_open"));
  snprintf(f->file, sizeof f->file, "%s/texts", f->folder);
  assert_int_equal(mkfifo(f->file, 0600), 0);
  assert_null(load(f, ""));
  assert_int_equal(fake_status(f->world), HANSE_FAIL);
}

/* A thread of a sanitizer cannot begin without memory. */
static void no_memory(void **state) {
#ifdef HANSE_SANITIZED
  skip();
#endif
  const struct fixture *f = (const struct fixture *)*state;
  char settings[80];
  snprintf(settings, sizeof settings, "file = \"%s\";", f->file);
  policy_fixture_no_memory_text("archive", settings);
}

/* Each allocation of one message fails once: it is refused, and nothing of it is archived. The last one that may fail
   is the thread's, for telling the loop that it is done: the next message tells that as well. */
static void no_memory_for_a_text(void **state) {
#ifdef HANSE_SANITIZED
  skip();
#endif
  struct fixture *f = (struct fixture *)*state;
  struct fake_instance *archive = load(f, "");
  struct fake_judgement judgement = {.verdict = HANSE_DENY};
  const struct hanse_facts *facts = fake_facts_text(f->world, IN "text=hi text_type=text/plain");
  unsigned refused = 0;
  while (judgement.verdict == HANSE_DENY) {
    fake_fail_allocation(refused + 1);
    fake_decide(archive, HANSE_STAGE_ROUTED, facts, false, &judgement);
    if (judgement.verdict == HANSE_DENY) assert_int_equal(judgement.why.failure, HANSE_F_MEMORY);
    if (judgement.verdict == HANSE_DENY) refused++;
  }
  fake_fail_allocation(0);
  print_message("%u allocations failed in turn\n", refused);
  assert_in_range(refused, 10, 150);
  goes_on(f, judgement.token, HANSE_ABSTAIN);
  json_t *lines = lines_of(f->file);
  assert_int_equal(json_array_size(lines), 1);
  json_decref(lines);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(is_written_before_it_goes_on),
      TEST(any_octets),
      TEST(only_what_is_said),
      TEST(as_it_goes_on),
      TEST(the_first_of_a_session),
      TEST(what_cannot_be_read),
      TEST(waits_for_the_disk),
      TEST(a_bad_disk),
      TEST(half_a_line),
      TEST(a_bound),
      TEST(many),
      TEST(a_new_file_where_the_old_one_was_moved),
      TEST(no_room),
      TEST(mistakes),
      TEST(no_memory),
      TEST(no_memory_for_a_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
