#include "router/control_help.h"

#include "contract/nearest.h"
#include "router/command_table.h"
#include "router/rows.h"

static void command_row(void *argument, const struct control_command *found) {
  struct hanse_rows *rows = argument;
  char usage[512];
  rows_begin(rows);
  rows_text(rows, "command", hanse_text(found->command->name));
  rows_text(rows, "usage",
            hanse_text(command_usage(found->command->name, found->command->arguments, usage, sizeof usage)));
  rows_text(rows, "help", hanse_text(found->command->help));
}

/* `help` as the others are described. */
static struct hanse_command own_command(void) {
  const struct command_entry *entry = &command_table[COMMAND_HELP];
  return (struct hanse_command){
      .size = sizeof(struct hanse_command), .name = entry->name, .help = entry->help, .arguments = entry->arguments};
}

static void argument_rows(struct hanse_rows *rows, const struct hanse_argument *arguments) {
  for (; arguments && arguments->name; arguments++) {
    rows_begin(rows);
    rows_text(rows, "argument", hanse_text(arguments->name));
    rows_flag(rows, "required", arguments->flags & HANSE_ARGUMENT_REQUIRED);
    rows_flag(rows, "by_name", arguments->flags & HANSE_BY_NAME);
    rows_flag(rows, "flag", arguments->flags & HANSE_FLAG);
    rows_text(rows, "help", hanse_text(arguments->help));
  }
}

static void offer(void *argument, const struct control_command *found) {
  nearest_offer(argument, hanse_text(found->command->name));
}

enum hanse_outcome control_help_unknown(const struct control_source *source, struct hanse_rows *rows,
                                        struct hanse_slice name) {
  struct nearest nearest;
  char hint[NEAREST_LENGTH + 32];
  nearest_init(&nearest, name);
  source->each(source->context, offer, &nearest);
  nearest_offer(&nearest, HANSE_LIT("help"));
  rows_say(rows, "there is no command \"%.*s\"%s; help lists them", (int)(name.len > 60 ? 60 : name.len), name.at,
           nearest_text(&nearest, hint, sizeof hint));
  return HANSE_USAGE;
}

enum hanse_outcome control_help(const struct control_source *source, struct hanse_rows *rows) {
  struct hanse_slice wanted = rows_argument(rows, "command");
  struct hanse_command help = own_command();
  struct control_command found = {.command = &help};
  if (wanted.len == 0) {
    source->each(source->context, command_row, rows);
    command_row(rows, &found);
    return HANSE_DONE;
  }
  if (!hanse_same(wanted, hanse_text(help.name)) && !source->find(source->context, wanted, &found)) {
    control_help_unknown(source, rows, wanted);
    return HANSE_NO_SUCH_THING;
  }
  argument_rows(rows, found.command->arguments);
  rows_say(rows, "%s", found.command->help);
  return HANSE_DONE;
}
