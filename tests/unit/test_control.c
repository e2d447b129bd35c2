/* The control socket: requests, answers, commands that take several steps or end later. */
#include "control_fixture.h"

static void test_answer(void **unused) {
  (void)unused;
  json_t *object = ask("{\"command\":\"echo\",\"arguments\":{\"word\":8,\"loud\":true}}\n");
  json_t *row = json_array_get(json_object_get(object, "rows"), 0);
  assert_true(json_is_true(json_object_get(object, "ok")));
  assert_int_equal(outcome_of(object), 0);
  assert_string_equal(json_string_value(json_object_get(object, "text")), "it was \\x1b[1mheard");
  assert_string_equal(json_string_value(json_object_get(row, "word")), "8");
  assert_string_equal(json_string_value(json_object_get(row, "loud")), "true");
  assert_int_equal(json_integer_value(json_object_get(row, "n")), -7);
  assert_true(json_is_true(json_object_get(row, "yes")));
  json_decref(object);
  object = ask("{\"command\":\"refuse\"}\n");
  assert_int_equal(outcome_of(object), HANSE_NO);
  assert_int_equal(json_array_size(json_object_get(object, "rows")), 1);
  assert_string_equal(why_of(object), "the domain is blocked");
  assert_string_equal(json_string_value(json_object_get(json_object_get(object, "error"), "where")),
                      "/etc/hanse/conf.d/b.conf:12");
  json_decref(object);
}

static void test_bad_requests(void **unused) {
  (void)unused;
  assert_refused("{\n", HANSE_USAGE, "not JSON");
  assert_refused("[]\n", HANSE_USAGE, "object");
  assert_refused("\"echo\"\n", HANSE_USAGE, "not JSON");
  assert_refused("{\"command\":7}\n", HANSE_USAGE, "command");
  assert_refused("{\"command\":\"echo\",\"x\":1}\n", HANSE_USAGE, "\"x\"");
  assert_refused("{\"command\":\"echo\",\"command\":\"echo\"}\n", HANSE_USAGE, "not JSON");
  assert_refused("{\"command\":\"echo\",\"arguments\":[]}\n", HANSE_USAGE, "not an object");
  assert_refused("{\"command\":\"echo\",\"arguments\":{\"word\":[1]}}\n", HANSE_USAGE, "\"word\"");
  assert_refused("{\"command\":\"echo\",\"arguments\":{\"word\":1.5}}\n", HANSE_USAGE, "\"word\"");
  assert_refused("{\"command\":\"echo\",\"arguments\":{\"word\":\"\\u0000\"}}\n", HANSE_USAGE, "not JSON");
  assert_refused("{\"command\":\"echo\"}\n", HANSE_USAGE, "\"word\" is missing");
  assert_refused("{\"command\":\"echo\",\"arguments\":{\"word\":\"a\",\"lout\":true}}\n", HANSE_USAGE,
                 "did you mean \"loud\"");
  assert_refused("{\"command\":\"ecko\"}\n", HANSE_USAGE, "did you mean \"echo\"");
  assert_refused("{\"command\":\"\x1b[2J\"}\n", HANSE_USAGE, "not JSON");
  assert_refused("{\"command\":\"\\u001b[2J\"}\n", HANSE_USAGE, "\\x1b[2J");
  assert_refused("\xff\xfe\n", HANSE_USAGE, "not JSON");
}

static void test_longest_request(void **unused) {
  char text[4200], word[4097];
  (void)unused;
  const char *head = "{\"command\":\"echo\",\"arguments\":{\"word\":\"", *tail = "\"}}";
  size_t room = 4096 - strlen(head) - strlen(tail);
  memset(word, 'w', room);
  word[room] = '\0';
  snprintf(text, sizeof text, "%s%s%s\n", head, word, tail);
  json_t *object = ask(text);
  assert_int_equal(outcome_of(object), HANSE_DONE);
  json_decref(object);
  snprintf(text, sizeof text, "%s%sw%s\n", head, word, tail);
  assert_refused(text, HANSE_USAGE, "4096");
}

static void test_several_requests(void **unused) {
  (void)unused;
  int fd = dial();
  say(fd, "\n{\"command\":\"refuse\"}\n{\"command\":\"echo\",\"arguments\":{\"word\":\"a\"}}\n\n{\"comm");
  json_t *object = answer(fd);
  assert_int_equal(outcome_of(object), HANSE_NO);
  json_decref(object);
  object = answer(fd);
  assert_int_equal(outcome_of(object), HANSE_DONE);
  json_decref(object);
  say(fd, "and\":\"later\"}\n");
  turns(5);
  assert_non_null(fixture.asker);
  say(fd, "{\"command\":\"refuse\"}\n");
  turns(20);
  rows_say(control_asker_rows(fixture.asker), "done now");
  control_asker_done(fixture.asker, HANSE_DONE);
  object = answer(fd);
  assert_string_equal(json_string_value(json_object_get(object, "text")), "done now");
  json_decref(object);
  object = answer(fd);
  assert_int_equal(outcome_of(object), HANSE_NO);
  json_decref(object);
  close(fd);
  turns(5);
}

static void test_later(void **unused) {
  (void)unused;
  json_t *object = ask("{\"command\":\"later\",\"arguments\":{\"at-once\":true}}\n");
  assert_int_equal(outcome_of(object), HANSE_NO);
  json_decref(object);
  int fd = dial(); /* the asker goes away while it waits */
  say(fd, "{\"command\":\"later\"}\n");
  turns(5);
  close(fd);
  turns(5);
  rows_say(control_asker_rows(fixture.asker), "too late");
  control_asker_done(fixture.asker, HANSE_DONE);
  fd = dial(); /* it only says that it asks no more */
  say(fd, "{\"command\":\"later\"}\n");
  shutdown(fd, SHUT_WR);
  turns(20);
  control_asker_done(fixture.asker, HANSE_DONE);
  object = answer(fd);
  assert_int_equal(outcome_of(object), HANSE_DONE);
  json_decref(object);
  assert_true(is_closed(fd));
  close(fd);
}

static void test_many_rows(void **unused) {
  (void)unused;
  fixture.big = 20000;
  json_t *object = ask("{\"command\":\"many\"}\n");
  assert_int_equal(json_array_size(json_object_get(object, "rows")), 20000);
  assert_int_equal(json_integer_value(json_object_get(json_array_get(json_object_get(object, "rows"), 19999), "n")),
                   19999);
  json_decref(object);
}

static void test_help(void **unused) {
  (void)unused;
  json_t *object = ask("{\"command\":\"help\"}\n"), *rows = json_object_get(object, "rows");
  assert_int_equal(json_array_size(rows), 5);
  assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "usage")), "echo WORD [--loud]");
  json_decref(object);
  object = ask("{\"command\":\"help\",\"arguments\":{\"command\":\"echo\"}}\n");
  rows = json_object_get(object, "rows");
  assert_int_equal(json_array_size(rows), 2);
  assert_true(json_is_true(json_object_get(json_array_get(rows, 0), "required")));
  assert_true(json_is_true(json_object_get(json_array_get(rows, 1), "flag")));
  json_decref(object);
  assert_refused("{\"command\":\"help\",\"arguments\":{\"command\":\"mony\"}}\n", HANSE_NO_SUCH_THING, "\"many\"");
}

/* The table of the core's own commands: usage lines as the manual shows them. */
static void test_table(void **unused) {
  char buf[128], small[12];
  (void)unused;
  const struct command_entry *explain = command_entry_find(HANSE_LIT("explain"));
  assert_string_equal(command_usage(explain->name, explain->arguments, buf, sizeof buf),
                      "explain FROM TO [--names NAMES] [--method METHOD] [--modality MODALITY]");
  assert_string_equal(command_usage("stop", command_table[COMMAND_STOP].arguments, buf, sizeof buf), "stop [--now]");
  assert_string_equal(command_usage("counters", command_table[COMMAND_COUNTERS].arguments, buf, sizeof buf),
                      "counters [PREFIX]");
  assert_string_equal(command_usage("explain", explain->arguments, small, sizeof small), "explain FRO");
  assert_null(command_entry_find(HANSE_LIT("expl")));
  for (size_t i = 0; i < COMMAND_COUNT; i++) assert_non_null(command_table[i].help);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      with_socket(test_answer),
      with_socket(test_bad_requests),
      with_socket(test_longest_request),
      with_socket(test_several_requests),
      with_socket(test_later),
      with_socket(test_many_rows),
      with_socket(test_help),
      cmocka_unit_test(test_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
