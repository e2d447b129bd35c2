#include "ctl/arguments.h"

#include <stdlib.h>

#include "contract/nearest.h"
#include "router/command_table.h"

/* ---- hansectl's own options ---- */

/* Whether `word` is --name or --name=value; *value then points behind the equal sign, or is NULL. */
static bool is_option(const char *word, const char *name, const char **value) {
  size_t n = strlen(name);
  if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, n) != 0) return false;
  *value = word[2 + n] == '=' ? word + 3 + n : NULL;
  return *value || word[2 + n] == '\0';
}

static bool read_timeout(const char *text, unsigned *out) {
  char *end;
  unsigned long seconds = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9' || *end || seconds == 0 || seconds > 86400) return false;
  *out = (unsigned)seconds;
  return true;
}

struct global_option {
  const char *name;
  const char **text; /* takes a value */
  bool *flag;
};

/* 1: it was one, and *used words are its; 0: it was none; negative: its value is missing. */
static int take_global(const struct global_option *options, char **at, int left, int *used) {
  for (; options->name; options++) {
    const char *value;
    if (!is_option(at[0], options->name, &value)) continue;
    *used = 1;
    if (options->flag) {
      if (value) return -1;
      *options->flag = true;
      return 1;
    }
    if (!value) {
      if (left < 2) return -1;
      value = at[1];
      *used = 2;
    }
    *options->text = value;
    return 1;
  }
  return 0;
}

int arguments_globals(struct ctl_words *words, struct ctl_globals *globals, bool *help, bool *version) {
  const char *timeout = NULL;
  const struct global_option options[] = {{"socket", &globals->socket, NULL},
                                          {"config", &globals->config, NULL},
                                          {"timeout", &timeout, NULL},
                                          {"json", NULL, &globals->json},
                                          {"markdown", NULL, &globals->markdown},
                                          {"help", NULL, help},
                                          {"version", NULL, version},
                                          {NULL, NULL, NULL}};
  int kept = 0, i = 0;
  while (i < words->count && strcmp(words->at[i], "--") != 0) {
    int used = 1, result = take_global(options, words->at + i, words->count - i, &used);
    if (result < 0)
      return ctl_fail(globals, CTL_USAGE, "option %s: %s", words->at[i],
                      used == 1 && strchr(words->at[i], '=') ? "takes no value" : "needs a value");
    if (result == 0) words->at[kept++] = words->at[i];
    i += used;
  }
  while (i < words->count) words->at[kept++] = words->at[i++];
  words->count = kept;
  if (timeout && !read_timeout(timeout, &globals->timeout))
    return ctl_fail(globals, CTL_USAGE, "--timeout: \"%s\" is not a number of seconds from 1 to 86400", timeout);
  return CTL_DONE;
}

/* ---- arguments of a command ---- */

struct reading {
  const struct ctl_globals *globals;
  const char *command;
  const struct hanse_argument *table;
  const struct hanse_argument *place; /* the next one that is taken by its place */
  json_t *arguments;
};

static int wrong(const struct reading *reading, const char *what, const char *word, const char *hint) {
  char usage[512];
  command_usage(reading->command, reading->table, usage, sizeof usage);
  return ctl_fail(reading->globals, CTL_USAGE, "%s: %s%s%s%s; usage: hansectl %s", reading->command, what,
                  word[0] ? " " : "", word, hint, usage);
}

static int set(const struct reading *reading, const struct hanse_argument *argument, const char *value) {
  if (json_object_get(reading->arguments, argument->name)) return wrong(reading, "given twice:", argument->name, "");
  json_t *text = json_string(value);
  if (!text) return wrong(reading, "not UTF-8:", argument->name, "");
  json_object_set_new(reading->arguments, argument->name, text);
  return CTL_DONE;
}

static int unknown_option(const struct reading *reading, const char *word) {
  struct nearest nearest;
  char hint[NEAREST_LENGTH + 32];
  nearest_init(&nearest, hanse_slice(word + 2, strcspn(word + 2, "=")));
  for (const struct hanse_argument *at = reading->table; at && at->name; at++)
    nearest_offer(&nearest, hanse_text(at->name));
  return wrong(reading, "unknown option", word, nearest_text(&nearest, hint, sizeof hint));
}

/* An argument may always be named, also one that has a place. */
static int read_option(const struct reading *reading, struct ctl_words *words) {
  const char *word = words->at[0], *value;
  const struct hanse_argument *at = reading->table;
  while (at && at->name && !is_option(word, at->name, &value)) at++;
  if (!at || !at->name) return unknown_option(reading, word);
  if (at->flags & HANSE_FLAG) return value ? wrong(reading, "takes no value:", word, "") : set(reading, at, "true");
  if (!value) {
    if (words->count < 2) return wrong(reading, "needs a value:", word, "");
    words->at++;
    words->count--;
    value = words->at[0];
  }
  return set(reading, at, value);
}

static int read_place(struct reading *reading, const char *word) {
  while (reading->place && reading->place->name &&
         ((reading->place->flags & (HANSE_BY_NAME | HANSE_FLAG)) ||
          json_object_get(reading->arguments, reading->place->name)))
    reading->place++;
  if (!reading->place || !reading->place->name) return wrong(reading, "one word too many:", word, "");
  return set(reading, reading->place++, word);
}

static int require_all(const struct reading *reading) {
  for (const struct hanse_argument *at = reading->table; at && at->name; at++)
    if ((at->flags & HANSE_ARGUMENT_REQUIRED) && !json_object_get(reading->arguments, at->name))
      return wrong(reading, "missing:", at->name, "");
  return CTL_DONE;
}

int arguments_read(const struct ctl_globals *globals, const char *command, const struct hanse_argument *table,
                   struct ctl_words words, json_t **out) {
  struct reading reading = {globals, command, table, table, json_object()};
  bool options = true;
  int status = CTL_DONE;
  for (; words.count > 0 && status == CTL_DONE; words.at++, words.count--) {
    if (options && strcmp(words.at[0], "--") == 0)
      options = false;
    else if (options && strncmp(words.at[0], "--", 2) == 0)
      status = read_option(&reading, &words);
    else
      status = read_place(&reading, words.at[0]);
  }
  if (status == CTL_DONE) status = require_all(&reading);
  if (status == CTL_DONE)
    *out = reading.arguments;
  else
    json_decref(reading.arguments);
  return status;
}
