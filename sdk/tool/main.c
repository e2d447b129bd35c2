/* hanse-plugin: writes plugins from templates and checks them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/tool/check.h"
#include "sdk/tool/help.h"
#include "sdk/tool/new.h"
#include "sdk/tool/status.h"

enum { SECONDS_DEFAULT = 5, SECONDS_MAX = 3600, WORDS = 2 };

struct option_word {
  const char *name;   /* "--kind"; NULL ends the table */
  const char **value; /* the next word; NULL: it is a flag */
  bool *flag;
};

static int usage(const char *what, const char *word) {
  fprintf(stderr, "hanse-plugin: %s%s; see hanse-plugin --help\n", what, word ? word : "");
  return TOOL_USAGE;
}

/* "--name value", "--name=value" or "--name". How many words it took; 0: it is none of these. */
static int take_option(const struct option_word *options, char **at) {
  for (; options->name; options++) {
    size_t n = strlen(options->name);
    if (strncmp(*at, options->name, n) != 0 || ((*at)[n] && (*at)[n] != '=')) continue;
    if (options->flag) {
      if ((*at)[n]) return 0;
      *options->flag = true;
      return 1;
    }
    *options->value = (*at)[n] ? *at + n + 1 : at[1];
    return (*at)[n] ? 1 : at[1] ? 2 : 0;
  }
  return 0;
}

/* Splits what follows the command into options and at most WORDS others. */
static int read_words(char **at, const struct option_word *options, const char *words[WORDS]) {
  int count = 0;
  bool only_words = false;
  for (int taken; *at; at += taken) {
    taken = 1;
    if (!only_words && strcmp(*at, "--") == 0) {
      only_words = true;
    } else if (!only_words && (*at)[0] == '-' && (*at)[1]) {
      taken = take_option(options, at);
      if (!taken) return usage("unknown option, or one without its value: ", *at);
    } else if (count == WORDS) {
      return usage("too many words: ", *at);
    } else {
      words[count++] = *at;
    }
  }
  return TOOL_DONE;
}

static int run_new(char **at) {
  struct new_wish wish = {.name = NULL};
  const char *words[WORDS] = {NULL, NULL};
  const struct option_word options[] = {{"--kind", &wish.kind, NULL}, {NULL, NULL, NULL}};
  int status = read_words(at, options, words);
  if (status != TOOL_DONE) return status;
  if (!words[0]) return usage("new needs the name of the plugin", NULL);
  wish.name = words[0];
  wish.folder = words[1];
  return new_run(&wish, stdout);
}

static bool read_seconds(const char *text, unsigned *out) {
  char *end;
  errno = 0;
  unsigned long value = strtoul(text, &end, 10);
  if (errno || end == text || *end || text[0] == '-' || value == 0 || value > SECONDS_MAX) return false;
  *out = (unsigned)value;
  return true;
}

static int run_check(char **at) {
  struct check_wish wish = {.seconds = SECONDS_DEFAULT};
  const char *words[WORDS] = {NULL, NULL}, *seconds = NULL;
  const struct option_word options[] = {{"--settings", &wish.settings, NULL}, {"--entry", &wish.entry, NULL},
                                        {"--input", &wish.input, NULL},       {"--timeout", &seconds, NULL},
                                        {"--json", NULL, &wish.json},         {NULL, NULL, NULL}};
  int status = read_words(at, options, words);
  if (status != TOOL_DONE) return status;
  if (!words[0] || words[1]) return usage("check needs one file", NULL);
  if (seconds && !read_seconds(seconds, &wish.seconds)) return usage("--timeout is 1 to 3600 seconds, not ", seconds);
  wish.file = words[0];
  return check_run(&wish, stdout);
}

int main(int argc, char **argv) {
  const char *command = argc > 1 ? argv[1] : NULL;
  int status = TOOL_DONE;
  if (!command) {
    help_print(stderr);
    return TOOL_USAGE;
  }
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strcmp(argv[i], "--help") == 0 || (i == 1 && strcmp(argv[i], "help") == 0)) command = "--help";
  if (strcmp(command, "--help") == 0)
    help_print(stdout);
  else if (strcmp(command, "--version") == 0)
    puts("hanse-plugin " HANSE_VERSION);
  else if (strcmp(command, "manual") == 0)
    help_manual(stdout);
  else if (strcmp(command, "new") == 0)
    status = run_new(argv + 2);
  else if (strcmp(command, "check") == 0)
    status = run_check(argv + 2);
  else
    status = usage("there is no command ", command);
  return fflush(stdout) == 0 ? status : TOOL_NOT_DETERMINED;
}
