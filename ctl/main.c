/* hansectl: one command to the running router, its answer as a table or as JSON, and an exit status that can be relied
   upon. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "contract/nearest.h"
#include "contract/printable.h"
#include "ctl/arguments.h"
#include "ctl/client.h"
#include "ctl/completion.h"
#include "ctl/findings.h"
#include "ctl/help.h"
#include "ctl/import.h"
#include "ctl/manual.h"
#include "ctl/partner.h"
#include "ctl/table.h"
#include "ctl/tables.h"

#define SOCKET_PATH_MAX 4200
#define PLUGIN_ARGUMENTS_MAX 32
#define WITHIN_MAX 86400 /* seconds; the router refuses much less */
#define WITHIN_SLACK 10

static bool want_colour(void) {
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
  return isatty(STDOUT_FILENO) && !(no && no[0]) && term && strcmp(term, "dumb") != 0;
}

/* ---- answers ---- */

static void print_text(FILE *out, const char *prefix, const char *text, const char *where) {
  char shown[4096];
  size_t n = printable_copy(hanse_text(text), shown, sizeof shown, NULL);
  fprintf(out, "%s%.*s", prefix, (int)n, shown);
  if (where) {
    n = printable_copy(hanse_text(where), shown, sizeof shown, NULL);
    fprintf(out, " (%.*s)", (int)n, shown);
  }
  putc('\n', out);
}

/* Whether a row holds the same sentence already. */
static bool rows_say_it(const json_t *rows, const char *said) {
  size_t i;
  json_t *row, *value;
  const char *name;
  json_array_foreach(rows, i, row) {
    json_object_foreach(row, name, value) {
      if (json_is_string(value) && strcmp(json_string_value(value), said) == 0) return true;
    }
  }
  return false;
}

/* What explain says is its answer, whether it is yes or no; of other commands a no is a message. */
static void print_answer(const struct ctl_globals *globals, const char *command, const json_t *answer, int outcome) {
  const json_t *rows = json_object_get(answer, "rows"), *error = json_object_get(answer, "error");
  const char *said = json_string_value(json_object_get(error ? error : answer, "text"));
  const char *where = json_string_value(json_object_get(error, "where"));
  bool record = strcmp(command, "explain") == 0 || strcmp(command, "status") == 0 || strcmp(command, "decision") == 0;
  bool findings = findings_are(rows);
  bool is_answer = outcome == CTL_DONE || findings || (outcome == CTL_NO && strcmp(command, "explain") == 0);
  if (globals->markdown || tables_are(rows))
    tables_print(rows, globals->markdown, want_colour(), stdout);
  else if (findings)
    findings_print(rows, want_colour(), stdout);
  else if (record)
    table_print_record(rows, want_colour(), stdout);
  else
    table_print(rows, want_colour(), stdout);
  if (said && said[0] && !(record && rows_say_it(rows, said)))
    print_text(is_answer ? stdout : stderr, is_answer ? "" : "hansectl: ", said, where);
}

static int outcome_of(const json_t *answer) {
  const json_t *outcome = json_object_get(answer, "outcome");
  json_int_t value = json_integer_value(outcome);
  bool known = (value >= CTL_DONE && value <= CTL_NOT_DETERMINED) || (value >= CTL_CLASS && value <= CTL_CLASS_LAST);
  return json_is_integer(outcome) && known ? (int)value : CTL_NOT_DETERMINED;
}

static int answer_show(const struct ctl_globals *globals, const char *command, const char *line, size_t length) {
  json_t *answer = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
  if (!json_is_object(answer)) {
    json_decref(answer);
    return ctl_fail(globals, CTL_NOT_DETERMINED, "what answers is not a Hanse router");
  }
  int outcome = outcome_of(answer);
  if (globals->json)
    fwrite(line, 1, length, stdout);
  else
    print_answer(globals, command, answer, outcome);
  json_decref(answer);
  return outcome;
}

/* ---- commands of plugins ---- */

/* The table of a command that only the router knows. Names are borrowed from `rows`. */
static void table_from_rows(const json_t *rows, struct hanse_argument table[PLUGIN_ARGUMENTS_MAX + 1]) {
  size_t count = 0, i;
  json_t *row;
  json_array_foreach(rows, i, row) {
    const char *name = json_string_value(json_object_get(row, "argument"));
    const char *help = json_string_value(json_object_get(row, "help"));
    if (!name || !name[0] || count == PLUGIN_ARGUMENTS_MAX) continue;
    uint32_t flags = json_is_true(json_object_get(row, "required")) ? HANSE_ARGUMENT_REQUIRED : 0;
    if (json_is_true(json_object_get(row, "by_name"))) flags |= HANSE_BY_NAME;
    if (json_is_true(json_object_get(row, "flag"))) flags |= HANSE_FLAG;
    table[count++] = (struct hanse_argument){name, flags, help ? help : ""};
  }
  table[count] = (struct hanse_argument){NULL, 0, NULL};
}

/* Asks the router how the command is called. *out (to be released) is its answer to `help`. */
static int ask_about(const struct ctl_globals *globals, int fd, const char *command, json_t **out) {
  json_t *arguments = json_pack("{s:s}", "command", command);
  char *line;
  size_t length;
  if (!arguments) return ctl_fail(globals, CTL_USAGE, "the command is not UTF-8");
  int status = client_ask(globals, fd, "help", arguments, &line, &length);
  json_decref(arguments);
  if (status != CTL_DONE) return status;
  *out = json_loadb(line, length, 0, NULL);
  free(line);
  if (*out && outcome_of(*out) == CTL_DONE) return CTL_DONE;
  const char *why = json_string_value(json_object_get(json_object_get(*out, "error"), "text"));
  status = ctl_fail(globals, CTL_USAGE, "%s", why ? why : "what answers is not a Hanse router");
  json_decref(*out);
  return status;
}

/* Nobody can be asked. What is nearly one of the core's own commands is a mistake, anything else may be a plugin's. */
static int unknown_command(const struct ctl_globals *globals, const char *command, int status, const char *why) {
  struct nearest nearest;
  char hint[NEAREST_LENGTH + 32];
  nearest_init(&nearest, hanse_text(command));
  for (size_t i = 0; i < COMMAND_COUNT; i++) nearest_offer(&nearest, hanse_text(command_table[i].name));
  for (const struct command_entry *own = help_own_commands; own->name; own++)
    nearest_offer(&nearest, hanse_text(own->name));
  if (nearest.best.at)
    return ctl_fail(globals, CTL_USAGE, "unknown command \"%s\"%s", command, nearest_text(&nearest, hint, sizeof hint));
  return ctl_fail(globals, status, "\"%s\" may be a command of a plugin, but %s", command, why);
}

/* ---- one command ---- */

struct asking {
  const struct ctl_globals *globals;
  const char *command;
  struct ctl_words words;
  char path[SOCKET_PATH_MAX];
  unsigned timeout;
};

/* How long silence may last: what takes its time says how much it may take, and answers only then. */
static unsigned patience(const struct asking *asking, const json_t *arguments) {
  static const struct {
    enum command_number command;
    unsigned long within; /* unless the arguments say */
  } slow[] = {{COMMAND_PROBE, 30}, {COMMAND_CHECK, 60}};
  if (asking->globals->timeout) return asking->globals->timeout;
  for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
    if (strcmp(asking->command, command_table[slow[i].command].name) != 0) continue;
    const char *said = json_string_value(json_object_get(arguments, "within"));
    unsigned long within = said ? strtoul(said, NULL, 10) : slow[i].within;
    return (unsigned)(within < WITHIN_MAX ? within : WITHIN_MAX) + WITHIN_SLACK;
  }
  return asking->timeout;
}

static int ask_with_table(const struct asking *asking, int fd, const struct hanse_argument *table) {
  json_t *arguments;
  char *line;
  size_t length;
  int status = arguments_read(asking->globals, asking->command, table, asking->words, &arguments);
  if (status != CTL_DONE) return status;
  char why[SOCKET_PATH_MAX + 200];
  bool connected = fd >= 0;
  if (!connected) status = client_connect(asking->path, patience(asking, arguments), &fd, why, sizeof why);
  if (status != CTL_DONE) {
    ctl_fail(asking->globals, status, "%s", why);
  } else {
    status = client_ask(asking->globals, fd, asking->command, arguments, &line, &length);
    if (!connected) close(fd);
  }
  json_decref(arguments);
  if (status != CTL_DONE) return status;
  status = answer_show(asking->globals, asking->command, line, length);
  free(line);
  return status;
}

static int ask_unknown(const struct asking *asking, bool help) {
  struct hanse_argument table[PLUGIN_ARGUMENTS_MAX + 1];
  char why[SOCKET_PATH_MAX + 200];
  json_t *about = NULL;
  int fd, status = client_connect(asking->path, asking->timeout, &fd, why, sizeof why);
  if (status != CTL_DONE) return unknown_command(asking->globals, asking->command, status, why);
  status = ask_about(asking->globals, fd, asking->command, &about);
  if (status == CTL_DONE) {
    const char *text = json_string_value(json_object_get(about, "text"));
    table_from_rows(json_object_get(about, "rows"), table);
    if (help)
      help_print_command(asking->command, table, text ? text : "", stdout);
    else
      status = ask_with_table(asking, fd, table);
    json_decref(about);
  }
  close(fd);
  return status;
}

static const struct command_entry *own_entry(const char *name) {
  for (const struct command_entry *entry = help_own_commands; entry->name; entry++)
    if (strcmp(entry->name, name) == 0) return entry;
  return NULL;
}

/* Commands that need no router. */
static int run_own(const struct asking *asking, const struct command_entry *entry) {
  json_t *arguments;
  if (strcmp(entry->name, "import") == 0)
    return import_run(asking->globals, asking->words); /* as many files as given */
  int status = arguments_read(asking->globals, entry->name, entry->arguments, asking->words, &arguments);
  if (status != CTL_DONE) return status;
  const char *shell = json_string_value(json_object_get(arguments, "shell"));
  if (strcmp(entry->name, "partner") == 0)
    status = partner_run(asking->globals, arguments, asking->path);
  else if (!shell)
    manual_print(stdout);
  else if (!completion_print(shell, stdout))
    status = ctl_fail(asking->globals, CTL_USAGE, "completion: bash or zsh, not \"%s\"", shell);
  json_decref(arguments);
  return status;
}

static int help_about(const struct asking *asking, const char *command) {
  const struct command_entry *entry = command_entry_find(hanse_text(command));
  if (!entry) entry = own_entry(command);
  if (entry) {
    help_print_command(entry->name, entry->arguments, entry->help, stdout);
    return CTL_DONE;
  }
  struct asking other = *asking;
  other.command = command;
  return ask_unknown(&other, true);
}

/* The core's commands stand in our own table, so that help is there before the router runs; what plugins add, the
   router is asked for. */
static int run_help(const struct asking *asking) {
  int fd;
  char why[SOCKET_PATH_MAX + 200], *line;
  size_t length;
  if (asking->words.count > 1) return ctl_fail(asking->globals, CTL_USAGE, "usage: hansectl help [COMMAND]");
  if (asking->words.count == 1) return help_about(asking, asking->words.at[0]);
  help_print(stdout);
  if (client_connect(asking->path, 5, &fd, why, sizeof why) != CTL_DONE) return CTL_DONE;
  if (client_ask(asking->globals, fd, "help", NULL, &line, &length) == CTL_DONE) {
    json_t *answer = json_loadb(line, length, 0, NULL), *row, *more = json_array();
    size_t i;
    json_array_foreach(json_object_get(answer, "rows"), i, row) {
      const char *name = json_string_value(json_object_get(row, "command"));
      if (name && !command_entry_find(hanse_text(name))) json_array_append(more, row);
    }
    if (json_array_size(more) > 0) fputs("\ncommands of plugins:\n", stdout);
    table_print(more, want_colour(), stdout);
    json_decref(more);
    json_decref(answer);
    free(line);
  }
  close(fd);
  return CTL_DONE;
}

static int run(struct asking *asking, bool help) {
  const struct command_entry *entry = command_entry_find(hanse_text(asking->command)),
                             *own = own_entry(asking->command);
  if (help) return help_about(asking, asking->command);
  if (own) return run_own(asking, own);
  if (entry == &command_table[COMMAND_HELP] && !asking->globals->json) return run_help(asking);
  bool slow = entry == &command_table[COMMAND_RELOAD] || entry == &command_table[COMMAND_STOP];
  asking->timeout = asking->globals->timeout ? asking->globals->timeout : slow ? 600 : 60;
  return entry ? ask_with_table(asking, -1, entry->arguments) : ask_unknown(asking, false);
}

int main(int argc, char **argv) {
  struct ctl_globals globals = {0};
  struct asking asking = {.globals = &globals, .words = {argv + 1, argc > 0 ? argc - 1 : 0}, .timeout = 60};
  bool help = false, version = false;
  if (!setlocale(LC_CTYPE, "C.UTF-8")) setlocale(LC_CTYPE, "");
  int status = arguments_globals(&asking.words, &globals, &help, &version);
  if (status != CTL_DONE) return status;
  if (version) return puts("hansectl " HANSE_VERSION) < 0;
  if (asking.words.count == 0) {
    help_print(help ? stdout : stderr);
    return help ? CTL_DONE : CTL_USAGE;
  }
  asking.command = asking.words.at[0];
  asking.words.at++;
  asking.words.count--;
  if (asking.command[0] == '-')
    return ctl_fail(&globals, CTL_USAGE, "unknown option %s; see hansectl help", asking.command);
  status = client_path(&globals, asking.path, sizeof asking.path);
  if (status == CTL_DONE) status = run(&asking, help);
  if (fflush(stdout) != 0) return CTL_NOT_DETERMINED;
  return status;
}
