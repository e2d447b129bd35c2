/* The fake host's commands: a row is a line of "name=value ". */
#include "contract/printable.h"
#include "sdk/fakehost/inside.h"

#define VALUE_MAX 4096 /* octets of one text value; what is longer is cut and ends in "..." */

struct hanse_rows {
  struct fake_world *world;
  const struct fake_argument *arguments;
};

static void row_begin(struct hanse_rows *rows) {
  if (rows->world->rows.len) fake_buffer_add(&rows->world->rows, "\n", 1);
}

static void row_text(struct hanse_rows *rows, const char *name, struct hanse_slice value) {
  struct fake_buffer *out = &rows->world->rows;
  char shown[VALUE_MAX + 3];
  struct hanse_slice rest;
  size_t n = printable_copy(value, shown, VALUE_MAX, &rest);
  fake_buffer_add(out, name, strlen(name));
  fake_buffer_add(out, "=", 1);
  fake_buffer_add(out, shown, n);
  fake_buffer_add(out, rest.len ? "... " : " ", rest.len ? 4 : 1);
}

static void row_number(struct hanse_rows *rows, const char *name, int64_t value) {
  char digits[24];
  int n = snprintf(digits, sizeof digits, "%lld", (long long)value);
  row_text(rows, name, hanse_slice(digits, (size_t)n));
}

static const char *given(const struct fake_argument *arguments, const char *name) {
  for (; arguments && arguments->name; arguments++)
    if (strcmp(arguments->name, name) == 0) return arguments->value ? arguments->value : "";
  return NULL;
}

static struct hanse_slice row_argument(struct hanse_rows *rows, const char *name) {
  return hanse_text(given(rows->arguments, name));
}

/* The core lets nothing through that the command's table does not name, nor a call that lacks what it needs. */
static bool fits(const struct hanse_command *command, const struct fake_argument *arguments) {
  const struct hanse_argument *known;
  for (const struct fake_argument *one = arguments; one && one->name; one++) {
    for (known = command->arguments; known && known->name && strcmp(known->name, one->name) != 0;) known++;
    if (!known || !known->name) return false;
  }
  for (known = command->arguments; known && known->name; known++)
    if (known->flags & HANSE_ARGUMENT_REQUIRED && !given(arguments, known->name)) return false;
  return true;
}

static const struct hanse_command *command_of(const struct fake_instance *instance, const char *name) {
  for (const struct hanse_offer *offer = instance->plugin->offers; offer && offer->capability; offer++) {
    const struct hanse_command *command = offer->slots;
    if (offer->capability == HANSE_COMMAND && strcmp(command->name, name) == 0) return command;
  }
  return NULL;
}

static enum hanse_outcome run(struct fake_instance *instance, const struct hanse_command *command,
                              const struct fake_argument *arguments, unsigned calls) {
  struct hanse_rows where = {instance->world, arguments};
  void *cursor = NULL;
  enum hanse_outcome outcome;
  struct fake_calling before = fake_enter();
  do outcome = command->run(instance->self, &where, &cursor);
  while (outcome == HANSE_MORE && --calls);
  if (outcome == HANSE_MORE && command->finish) command->finish(instance->self, cursor);
  fake_leave(before);
  return outcome;
}

enum hanse_outcome fake_command_cut(struct fake_instance *instance, const char *name,
                                    const struct fake_argument *arguments, unsigned calls, const char **rows) {
  struct fake_buffer *out = &instance->world->rows;
  const struct hanse_command *command = command_of(instance, name);
  fake_buffer_cut(out, out->len);
  enum hanse_outcome outcome = !command                    ? HANSE_NO_SUCH_THING
                               : !fits(command, arguments) ? HANSE_USAGE
                                                           : run(instance, command, arguments, calls);
  *rows = out->len ? out->at : "";
  return outcome;
}

enum hanse_outcome fake_command(struct fake_instance *instance, const char *name, const struct fake_argument *arguments,
                                const char **rows) {
  return fake_command_cut(instance, name, arguments, 1000000, rows);
}

void fake_command_ops(struct hanse_host_ops *ops) {
  ops->row_begin = row_begin;
  ops->row_text = row_text;
  ops->row_number = row_number;
  ops->row_argument = row_argument;
}
