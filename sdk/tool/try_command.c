/* A command: without arguments, with unknown and huge ones, to its end and given up in the middle. */
#include <stdlib.h>

#include "sdk/tool/hostile.h"
#include "sdk/tool/try.h"

enum { ARGUMENTS = 32, CALLS_MAX = 100000, LONG_VALUE = 64 << 10 };

struct asking {
  struct bed *bed;
  const struct hanse_command *command;
  unsigned asked;
  bool told;
};

static void judge(struct asking *a, enum hanse_outcome outcome, const struct watch_rows *rows) {
  bool known = outcome == HANSE_DONE || outcome == HANSE_NO || outcome == HANSE_USAGE ||
               (outcome >= HANSE_NOT_PERMITTED && outcome <= HANSE_NOT_DETERMINED) ||
               (outcome >= HANSE_CLASS && outcome < HANSE_CLASS + 10) || outcome == HANSE_MORE;
  if (a->told || (known && !rows->outside)) return;
  a->told = true;
  if (!known)
    report_add(a->bed->trial->report, REPORT_WRONG, a->command->name,
               "ends with %d, which is no outcome; see enum hanse_outcome", (int)outcome);
  else
    report_add(a->bed->trial->report, REPORT_WRONG, a->command->name,
               "writes a value before the first row; hanse_row_begin comes first");
}

/* To its end, or given up after its first piece. */
static void ask(struct asking *a, const char *how, const struct fake_argument *arguments, bool give_up) {
  struct watch_rows rows = {.watch = &a->bed->watch, .arguments = arguments};
  enum hanse_outcome outcome;
  void *cursor = NULL;
  unsigned calls = 0;
  do {
    trial_call(a->bed->trial, "run of the command \"%s\" (%s)", a->command->name, how);
    outcome = a->command->run(fake_self(a->bed->instance), watch_as_rows(&rows), &cursor);
    trial_returned(a->bed->trial);
    judge(a, outcome, &rows);
  } while (outcome == HANSE_MORE && !give_up && ++calls < CALLS_MAX);
  a->asked++;
  if (outcome != HANSE_MORE) return;
  if (!give_up)
    report_add(a->bed->trial->report, REPORT_WRONG, a->command->name, "returns HANSE_MORE %d times; it has no end",
               calls);
  if (!a->command->finish) return;
  trial_call(a->bed->trial, "finish of the command \"%s\"", a->command->name);
  a->command->finish(fake_self(a->bed->instance), cursor);
  trial_returned(a->bed->trial);
}

static size_t fill(const struct hanse_command *command, const char *value, struct fake_argument *out) {
  size_t n = 0;
  for (const struct hanse_argument *at = command->arguments; at && at->name && n < ARGUMENTS; at++)
    out[n++] = (struct fake_argument){at->name, value};
  out[n] = (struct fake_argument){NULL, NULL};
  return n;
}

void try_command(struct bed *bed, const struct hanse_command *command) {
  static const struct fake_argument unknown[] = {{"nobody-knows-this", "x"}, {NULL, NULL}};
  static const char *const values[] = {
      "", "true", "0", "-1", "99999999999999999999", "alice@partner.test", "\xff\xfe", "%s%n", "../../etc/passwd"};
  struct asking a = {.bed = bed, .command = command};
  struct fake_argument arguments[ARGUMENTS + 1];
  char *longest = (char *)calloc(1, LONG_VALUE + 1);
  unsigned wrong = bed->trial->report->of[REPORT_WRONG];
  watch_begin(&bed->watch, bed->instance, bed->trial, command->name);
  ask(&a, "without arguments", NULL, false);
  ask(&a, "given up in the middle", NULL, true);
  ask(&a, "an unknown argument", unknown, false);
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    fill(command, values[i], arguments);
    ask(&a, "odd values", arguments, i % 2);
  }
  if (longest) {
    memset(longest, 'a', LONG_VALUE);
    fill(command, longest, arguments);
    ask(&a, "values of 64 KiB", arguments, false);
  }
  free(longest);
  if (bed->trial->report->of[REPORT_WRONG] == wrong)
    report_add(bed->trial->report, REPORT_OK, command->name, "asked %u times", a.asked);
}
