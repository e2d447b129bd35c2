#include "sdk/tool/help.h"

#include "contract/roff.h"
#include "sdk/tool/new.h"
#include "sdk/tool/status.h"

struct line {
  const char *word, *text; /* word NULL ends a table */
};

struct command {
  const char *usage, *text;
  const struct line *options;
};

static const struct line new_options[] = {
    {"--kind KIND", "what it is: policy, federation, protocol, observer or command"},
    {NULL, NULL},
};

static const struct line check_options[] = {
    {"--settings TEXT", "its settings, written as in its block of the configuration: 'words = [ \"a\", \"b\" ];'"},
    {"--entry TEXT", "federation types: the settings of a partner's entry"},
    {"--input FILE", "protocols: octets of its own, which are fed to it whole, in pieces and damaged"},
    {"--timeout SECONDS", "how long one call may take before it counts as hung; default 5"},
    {"--json", "print the answer as one JSON object, of the form that hansectl's have"},
    {NULL, NULL},
};

static const struct line no_options[] = {{NULL, NULL}};

static const struct command commands[] = {
    {"new NAME --kind KIND [FOLDER]",
     "write a folder with a plugin that builds and passes its own test: source, test, configuration, CMake file, "
     "README",
     new_options},
    {"check FILE.so",
     "see whether a plugin keeps the contract: how it was linked, what it says of itself, a hundred lives, and each "
     "slot "
     "under hostile input; its code runs in processes of its own",
     check_options},
    {"manual", "print the manual page (read it with man -l)", no_options},
    {NULL, NULL, NULL},
};

static const struct {
  int status;
  const char *text;
} outcomes[] = {
    {TOOL_DONE, "done; everything passed"},
    {TOOL_NO, "the answer is no; the plugin breaks the contract, or the folder is not empty"},
    {TOOL_USAGE, "usage"},
    {TOOL_NO_SUCH_THING, "there is no such file or folder"},
    {TOOL_NOT_DETERMINED, "could not be determined: nothing wrong was found, but not everything was run"},
};
enum { OUTCOMES = sizeof outcomes / sizeof *outcomes };

void help_print(FILE *out) {
  fputs("usage: hanse-plugin COMMAND …\n\nwrites and checks plugins of the federation router Hanse\n", out);
  for (const struct command *command = commands; command->usage; command++) {
    fprintf(out, "\nhanse-plugin %s\n  %s\n", command->usage, command->text);
    for (const struct line *option = command->options; option->word; option++)
      fprintf(out, "    %-18s %s\n", option->word, option->text);
  }
  fputs("\nexit status:\n", out);
  for (int i = 0; i < OUTCOMES; i++) fprintf(out, "  %d  %s\n", outcomes[i].status, outcomes[i].text);
}

/* ---- the manual page ---- */

static void term(const char *word, const char *text, FILE *out) {
  fputs(".TP\n.B ", out);
  roff_text(word, out);
  putc('\n', out);
  roff_text(text, out);
  putc('\n', out);
}

void help_manual(FILE *out) {
  char number[12];
  fputs(".TH HANSE\\-PLUGIN 1 \"\" \"Hanse " HANSE_VERSION "\"\n", out);
  fputs(
      ".SH NAME\nhanse\\-plugin \\- write and check plugins of the federation router\n"
      ".SH SYNOPSIS\n.B hanse\\-plugin\nCOMMAND [ARGUMENTS]\n"
      ".SH DESCRIPTION\nMakes the folder of a new plugin from a template, and says of a plugin that was built whether "
      "it\n"
      "keeps the contract of <hanse/plugin.h>. No router is needed.\n"
      ".PP\n.B check\nprints a line for each point: ok; a warning, which does not count; what is wrong and what to "
      "do;\n"
      "or what was not run and why. What was not run is never taken for passed. It runs the plugin's code: check only\n"
      "what you would load.\n"
      ".SH COMMANDS\n",
      out);
  for (const struct command *command = commands; command->usage; command++) {
    fputs(".SS ", out);
    roff_text(command->usage, out);
    putc('\n', out);
    roff_text(command->text, out);
    fputs(".\n", out);
    for (const struct line *option = command->options; option->word; option++) term(option->word, option->text, out);
  }
  fputs(".SH EXIT STATUS\n", out);
  for (int i = 0; i < OUTCOMES; i++) {
    snprintf(number, sizeof number, "%d", outcomes[i].status);
    term(number, outcomes[i].text, out);
  }
  fputs(".SH ENVIRONMENT\n", out);
  term("HANSE_TEMPLATES", "folder of the templates; default: where they were installed", out);
  term("TMPDIR", "where check makes the folder that plugins keep their files in; default /tmp", out);
  fputs(".SH SEE ALSO\n.BR hansectl (1),\n.BR hanse (8)\n", out);
}
