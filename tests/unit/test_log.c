/* The log: fields, escaping, both formats, the ring's bound, and readers that do not read. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "contract/log_line.h"
#include "contract/printable.h"
#include "router/log.h"

static size_t line_of(enum log_format format, char out[LOG_LINE_MAX], const char *fields_format, ...)
    HANSE_PRINTF(3, 4);
static size_t line_of(enum log_format format, char out[LOG_LINE_MAX], const char *fields_format, ...) {
  struct log_head head = {{1795329181, 482000000}, HANSE_INFO, "sip.link", "link.up", false};
  struct log_fields fields;
  va_list arguments;
  va_start(arguments, fields_format);
  log_fields_begin(&fields, fields_format, arguments, ENOENT);
  size_t n = log_line(out, format, &head, &fields);
  log_fields_end(&fields);
  va_end(arguments);
  return n;
}

#define HEAD "2026-11-22T06:33:01.482Z INFO sip.link link.up"
#define JSON_HEAD \
  "{\"time\":\"2026-11-22T06:33:01.482Z\",\"level\":\"INFO\",\"subsystem\":\"sip.link\",\"event\":\"link.up\""

#define assert_line(format, expected, ...)           \
  do {                                               \
    char line_[LOG_LINE_MAX + 1];                    \
    size_t n_ = line_of(format, line_, __VA_ARGS__); \
    assert_int_equal(line_[n_ - 1], '\n');           \
    line_[n_ - 1] = '\0';                            \
    assert_string_equal(line_, expected);            \
  } while (0)

static void test_conversions(void **unused) {
  const char *volatile nothing = NULL;
  (void)unused;
  assert_line(LOG_TEXT, HEAD, " ");
  assert_line(LOG_TEXT, HEAD " partner=b.fed.example peer=192.0.2.7:5061 tls=1.3", "partner=%s peer=%s:%d tls=%.1f",
              "b.fed.example", "192.0.2.7", 5061, 1.3);
  assert_line(LOG_TEXT, HEAD " a=-5 b=18446744073709551615 c=00ff d=x e=100%", "a=%d b=%llu c=%04x d=%c e=100%%", -5,
              18446744073709551615ULL, 255, 'x');
  assert_line(LOG_TEXT, HEAD " a=-9223372036854775808 b=7 c=3 d=ab e=\"   ab\"", "a=%ld b=%zu c=%hhu d=%.*s e=%*s",
              (long)INT64_MIN, (size_t)7, (unsigned char)3, 2, "abc", 5, "ab");
  assert_line(LOG_TEXT, HEAD " why=\"No such file or directory\"", "why=%m");
  assert_line(LOG_TEXT, HEAD " a=(null)", "a=%s", nothing);
  assert_line(LOG_TEXT, HEAD " text=\"cannot open x\"", "cannot open %s", "x");
  assert_line(LOG_TEXT, HEAD " a=\"1 of 2\" b=3", "a=\"%d of %d\" b=%d", 1, 2, 3);
  assert_line(LOG_TEXT, HEAD " a=\"\" b=2", "a=%s b=%d", "", 2);
}

static void test_json_numbers(void **unused) {
  (void)unused;
  assert_line(LOG_JSON, JSON_HEAD ",\"a\":-5,\"b\":\"5\",\"c\":\"1 of 2\",\"d\":\"18446744073709551615\"}",
              "a=%d b=%s c=\"%d of %d\" d=%llu", -5, "5", 1, 2, 18446744073709551615ULL);
  assert_line(LOG_JSON, JSON_HEAD ",\"a\":\"007\",\"b\":0}", "a=%03d b=%d", 7, 0);
}

/* I1: what an argument holds never becomes a second field, a second line or a control sequence. */
static void test_escaping(void **unused) {
  static const struct {
    const char *raw, *text, *json;
  } cases[] = {
      {"plain-1.2:3", "plain-1.2:3", "plain-1.2:3"},
      {"two words", "\"two words\"", "two words"},
      {"a=b", "\"a=b\"", "a=b"},
      {"say \"x\"", "\"say \\\"x\\\"\"", "say \\\"x\\\""},
      {"\"", "\"\\\"\"", "\\\""},
      {"back\\slash", "back\\\\slash", "back\\\\\\\\slash"},
      {"a\r\nERROR x", "\"a\\x0d\\x0aERROR x\"", "a\\\\x0d\\\\x0aERROR x"},
      {"\x1b[2J", "\\x1b[2J", "\\\\x1b[2J"},
      {"\x7f", "\\x7f", "\\\\x7f"},
      {"tab\t", "tab\\x09", "tab\\\\x09"},
      {"%n%s", "%n%s", "%n%s"},
      {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {"\xc2\x85", "\\xc2\\x85", "\\\\xc2\\\\x85"},                 /* C1 next line */
      {"\xe2\x80\xa8", "\\xe2\\x80\\xa8", "\\\\xe2\\\\x80\\\\xa8"}, /* U+2028 */
      {"\xe2\x80\xae", "\\xe2\\x80\\xae", "\\\\xe2\\\\x80\\\\xae"}, /* U+202E right-to-left override */
      {"\xe2\x81\xa6", "\\xe2\\x81\\xa6", "\\\\xe2\\\\x81\\\\xa6"}, /* U+2066 */
      {"\xef\xbb\xbf", "\\xef\\xbb\\xbf", "\\\\xef\\\\xbb\\\\xbf"}, /* U+FEFF */
      {"\xff", "\\xff", "\\\\xff"},
      {"\xc0\x80", "\\xc0\\x80", "\\\\xc0\\\\x80"},                                 /* overlong */
      {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\\\xed\\\\xa0\\\\x80"},                 /* surrogate */
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\\\xf4\\\\x90\\\\x80\\\\x80"}, /* over U+10FFFF */
      {"\xe2\x82", "\\xe2\\x82", "\\\\xe2\\\\x82"},                                 /* cut off */
  };
  (void)unused;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[256], json[512];
    snprintf(text, sizeof text, HEAD " k=%s z=1", cases[i].text);
    assert_line(LOG_TEXT, text, "k=%s z=1", cases[i].raw);
    snprintf(json, sizeof json, JSON_HEAD ",\"k\":\"%s\",\"z\":1}", cases[i].json);
    assert_line(LOG_JSON, json, "k=%s z=%d", cases[i].raw, 1);
  }
}

/* I1 */
static void test_cut(void **unused) {
  char long_text[1001], line[LOG_LINE_MAX];
  (void)unused;
  memset(long_text, 'a', 1000);
  long_text[1000] = '\0';
  size_t n = line_of(LOG_TEXT, line, "k=%s z=1", long_text);
  assert_int_equal(n, strlen(HEAD " k=\"...\" z=1\n") + LOG_VALUE_MAX);
  memcpy(long_text + LOG_VALUE_MAX - 1, "\xc3\xbc", 2); /* across the cut */
  n = line_of(LOG_TEXT, line, "k=%s z=1", long_text);
  assert_int_equal(n, strlen(HEAD " k=\"...\" z=1\n") + LOG_VALUE_MAX - 1);
}

static void test_line_bound(void **unused) {
  char bad[301], line[LOG_LINE_MAX];
  (void)unused;
  memset(bad, 1, 300);
  bad[300] = '\0';
  for (int format = LOG_TEXT; format <= LOG_JSON; format++) {
    size_t n = line_of((enum log_format)format, line, "a=%s b=%s c=%s d=%s e=%s", bad, bad, bad, bad, bad);
    assert_true(n <= LOG_LINE_MAX);
    assert_int_equal(line[n - 1], '\n');
    assert_non_null(memmem(line, n, "truncated", 9));
    if (format == LOG_JSON) {
      json_t *object = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
      assert_true(json_is_true(json_object_get(object, "truncated")));
      json_decref(object);
    }
  }
}

/* Whatever octets a value holds, the JSON line parses and the text line is one printable line. */
static void test_random_values(void **unused) {
  char line[LOG_LINE_MAX], value[301];
  (void)unused;
  srand(1);
  for (int round = 0; round < 5000; round++) {
    size_t length = (size_t)rand() % 300;
    for (size_t i = 0; i < length; i++) value[i] = (char)(rand() % 255 + 1);
    value[length] = '\0';
    size_t n = line_of(LOG_JSON, line, "k=%s n=%d", value, round);
    json_t *object = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    assert_int_equal(json_integer_value(json_object_get(object, "n")), round);
    json_decref(object);
    n = line_of(LOG_TEXT, line, "k=%s n=%d", value, round);
    assert_ptr_equal(memchr(line, '\n', n), line + n - 1);
    for (size_t i = 0; i + 1 < n;) {
      size_t step = printable_step(line + i, n - 1 - i);
      assert_true(step > 0);
      i += step;
    }
  }
}

static void test_level(void **unused) {
  enum hanse_level level = HANSE_INFO;
  int evaluated = 0;
  (void)unused;
  assert_true(log_level_parse(HANSE_LIT("Debug"), &level));
  assert_int_equal(level, HANSE_DEBUG);
  assert_false(log_level_parse(HANSE_LIT("verbose"), &level));
  assert_int_equal(level, HANSE_DEBUG);
  log_level_set(HANSE_INFO);
  log_event(HANSE_DEBUG, "test", "x", "n=%d", ++evaluated);
  assert_int_equal(evaluated, 0);
}

/* ---- files, pipes, full disks ---- */

static char folder[] = "/tmp/hanse-test-log-XXXXXX";

static char *content_of(const char *path, size_t *length) {
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  char *text = malloc(16 << 20);
  *length = fread(text, 1, (16 << 20) - 1, file);
  text[*length] = '\0';
  fclose(file);
  return text;
}

static size_t lines_in(const char *text, const char *with) {
  size_t n = 0, length = strlen(with);
  const char *end = text + strlen(text);
  for (; (text = memmem(text, (size_t)(end - text), with, length)); text += length) n++;
  return n;
}

static void *log_many(void *argument) {
  for (int i = 0; i < 500; i++) log_event(HANSE_INFO, "test", "many", "thread=%d i=%d", *(int *)argument, i);
  return NULL;
}

static void test_file_and_reopen(void **unused) {
  char path[64], moved[64];
  size_t length;
  pthread_t threads[4];
  int numbers[4];
  (void)unused;
  snprintf(path, sizeof path, "%s/log", folder);
  snprintf(moved, sizeof moved, "%s/log.1", folder);
  assert_int_equal(log_open(HANSE_INFO, LOG_TEXT, path), HANSE_OK);
  for (int i = 0; i < 4; i++) {
    numbers[i] = i;
    assert_int_equal(pthread_create(&threads[i], NULL, log_many, &numbers[i]), 0);
  }
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  usleep(100000);
  assert_int_equal(rename(path, moved), 0);
  assert_int_equal(log_reopen(), HANSE_OK);
  log_event(HANSE_INFO, "test", "after", " ");
  log_close();
  char *old = content_of(moved, &length);
  assert_int_equal(lines_in(old, " test many thread="), 2000);
  free(old);
  char *new = content_of(path, &length);
  assert_int_equal(lines_in(new, " INFO test after\n"), 1);
  free(new);
  assert_int_equal(log_dropped(), 0);
  assert_int_equal(log_open(HANSE_INFO, LOG_TEXT, "/nonexistent/log"), HANSE_FAIL);
  assert_int_equal(errno, ENOENT);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A pipe that nobody reads holds up nobody, and what was lost is told when somebody reads again. */
static void test_blocked_pipe(void **unused) {
  char path[64], *text = malloc(8 << 20);
  size_t length = 0;
  (void)unused;
  snprintf(path, sizeof path, "%s/pipe", folder);
  assert_int_equal(mkfifo(path, 0600), 0);
  int reader = open(path, O_RDWR | O_NONBLOCK);
  assert_true(reader >= 0);
  assert_int_equal(log_open(HANSE_INFO, LOG_JSON, path), HANSE_OK);
  double longest = 0, start = seconds();
  for (int i = 0; i < 40000; i++) {
    double before = seconds();
    log_event(HANSE_INFO, "test", "flood", "i=%d text=%s", i, "something that takes a little room");
    double took = seconds() - before;
    if (took > longest) longest = took;
  }
  assert_true(seconds() - start < 10); /* a blocked one would wait for ever */
  assert_true(longest < 2);
  uint64_t dropped = log_dropped();
  assert_true(dropped > 10000);
  for (int idle = 0; idle < 40;) {
    ssize_t n = read(reader, text + length, 65536);
    if (n > 0) {
      length += (size_t)n;
      idle = 0;
    } else {
      usleep(20000);
      idle++;
    }
  }
  text[length] = '\0';
  assert_int_equal(lines_in(text, "\"event\":\"flood\"") + dropped, 40000);
  uint64_t told = 0; /* at once, or in parts where the writer came late before the pipe was full */
  for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
    json_t *object = json_loadb(line, (size_t)(end - line), 0, NULL);
    assert_non_null(object);
    const char *event = json_string_value(json_object_get(object, "event"));
    if (event && !strcmp(event, "log.dropped")) told += (uint64_t)json_integer_value(json_object_get(object, "lines"));
    json_decref(object);
  }
  assert_int_equal(told, dropped);
  log_event(HANSE_INFO, "test", "last", " ");
  log_close();
  close(reader);
  free(text);
}

/* log_close gives up on a reader that never reads. */
static void test_close_gives_up(void **unused) {
  char path[64];
  (void)unused;
  snprintf(path, sizeof path, "%s/pipe2", folder);
  assert_int_equal(mkfifo(path, 0600), 0);
  int reader = open(path, O_RDWR | O_NONBLOCK);
  assert_int_equal(log_open(HANSE_INFO, LOG_TEXT, path), HANSE_OK);
  for (int i = 0; i < 5000; i++) log_event(HANSE_INFO, "test", "flood", "i=%d", i);
  double start = seconds();
  log_close();
  assert_true(seconds() - start < 5);
  close(reader);
}

/* A file that may not grow any more stands for a full disk: both make write fail for a while. */
static void test_full_disk(void **unused) {
  (void)unused;
  pid_t child = fork();
  if (child == 0) {
    double start = seconds();
    uint64_t earlier = log_dropped();
    if (log_open(HANSE_INFO, LOG_TEXT, "/dev/full") != HANSE_OK) _exit(2);
    for (int i = 0; i < 30000; i++) log_event(HANSE_INFO, "test", "flood", "i=%d padding=%30s", i, "x");
    if (seconds() - start > 10) _exit(3);
    uint64_t before = log_dropped() - earlier;
    if (before == 0) _exit(4);
    char path[64];
    snprintf(path, sizeof path, "%s/room", folder);
    if (log_open(HANSE_INFO, LOG_TEXT, path) != HANSE_OK) _exit(5);
    log_close();
    size_t length;
    char *text = content_of(path, &length);
    size_t kept = lines_in(text, " test flood i="), told = lines_in(text, "log.dropped lines=");
    free(text);
    _exit(kept + before == 30000 && told == 1 ? 0 : 6);
  }
  int status;
  waitpid(child, &status, 0);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

/* What was logged just before a crash is written, then the last words. */
static void test_last_words(void **unused) {
  char path[64];
  size_t length;
  (void)unused;
  snprintf(path, sizeof path, "%s/crash", folder);
  pid_t child = fork();
  if (child == 0) {
    if (!freopen("/dev/null", "w", stderr)) _exit(3);
    if (log_open(HANSE_INFO, LOG_TEXT, path) != HANSE_OK) _exit(2);
    for (int i = 0; i < 100; i++) log_event(HANSE_INFO, "test", "before", "i=%d", i);
    log_last_words("the end\n", 8);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  assert_int_equal(status, 0);
  char *text = content_of(path, &length);
  assert_int_equal(lines_in(text, "test before i="), 100);
  assert_string_equal(text + length - 8, "the end\n");
  free(text);
}

/* What this thread itself spends. */
static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void test_speed(void **unused) {
  char path[64];
  (void)unused;
  snprintf(path, sizeof path, "%s/speed", folder);
  assert_int_equal(log_open(HANSE_INFO, LOG_TEXT, path), HANSE_OK);
  double start = cpu_seconds();
  for (int i = 0; i < 100000; i++)
    log_event(HANSE_INFO, "sip.link", "link.up", "partner=%s dir=%s peer=%s tls=%s id=%d", "b.fed.example", "out",
              "192.0.2.7:5061", "1.3", i);
  double info = (cpu_seconds() - start) / 100000 * 1e9;
  start = cpu_seconds();
  for (int i = 0; i < 1000000; i++) log_event(HANSE_DEBUG, "sip.link", "link.up", "id=%d", i);
  double debug = (cpu_seconds() - start) / 1e6 * 1e9;
  log_close();
  print_message("INFO line %.0f ns, DEBUG line that is off %.1f ns\n", info, debug);
}

static int folder_make(void **unused) {
  (void)unused;
  return mkdtemp(folder) ? 0 : -1;
}

static int folder_remove(void **unused) {
  static const char *const names[] = {"log", "log.1", "pipe", "pipe2", "room", "crash", "speed"};
  char path[64];
  (void)unused;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    unlink(path);
  }
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_conversions),  cmocka_unit_test(test_json_numbers),
      cmocka_unit_test(test_escaping),     cmocka_unit_test(test_cut),
      cmocka_unit_test(test_line_bound),   cmocka_unit_test(test_random_values),
      cmocka_unit_test(test_level),        cmocka_unit_test(test_file_and_reopen),
      cmocka_unit_test(test_blocked_pipe), cmocka_unit_test(test_close_gives_up),
      cmocka_unit_test(test_full_disk),    cmocka_unit_test(test_last_words),
      cmocka_unit_test(test_speed),
  };
  return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
