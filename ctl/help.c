#include "ctl/help.h"

#include "ctl/import.h"
#include "ctl/partner.h"
#include "ctl/status.h"

static const struct hanse_argument completion_arguments[] = {
    {"shell", HANSE_ARGUMENT_REQUIRED, "bash or zsh"},
    {NULL, 0, NULL},
};
static const struct hanse_argument manual_arguments[] = {{NULL, 0, NULL}};

const struct command_entry help_own_commands[] = {
    {"partner", partner_arguments, "add, block, remove or list partners, in a file of their own; needs no router"},
    {"import", import_arguments, "make a configuration of what a Lync edge was told; needs no router"},
    {"completion", completion_arguments, "print the completion script of a shell"},
    {"manual", manual_arguments, "print the manual page (read it with man -l)"},
    {NULL, NULL, NULL},
};

const struct hanse_argument help_options[] = {
    {"socket", HANSE_BY_NAME, "the router's control socket; default $HANSE_SOCKET, or /run/hanse/control.sock"},
    {"config", HANSE_BY_NAME, "a configuration whose run_dir tells where the socket is"},
    {"json", HANSE_FLAG, "print the answer as one JSON object"},
    {"markdown", HANSE_FLAG, "print the answer as tables in Markdown"},
    {"timeout", HANSE_BY_NAME, "seconds to wait for an answer; default 60, for reload and stop 600"},
    {"help", HANSE_FLAG, "what a command is for"},
    {"version", HANSE_FLAG, "print the version"},
    {NULL, 0, NULL},
};

const struct help_outcome help_outcomes[] = {
    {CTL_DONE, "done; everything passed"},
    {CTL_NO, "the answer is no; our own rules refuse"},
    {CTL_USAGE, "usage"},
    {CTL_NO_DAEMON, "no router answers"},
    {CTL_NOT_PERMITTED, "not permitted"},
    {CTL_NO_SUCH_THING, "there is no such thing"},
    {CTL_NOT_DETERMINED, "could not be determined"},
    {CTL_CLASS, "probe: the partner's names lead nowhere"},
    {CTL_CLASS + 1, "probe: the partner's record leads outside its domain"},
    {CTL_CLASS + 2, "probe: no connection"},
    {CTL_CLASS + 3, "probe: no TLS"},
    {CTL_CLASS + 4, "probe: the partner's certificate does not do"},
    {CTL_CLASS + 5, "probe: the partner refuses our certificate"},
    {CTL_CLASS + 6, "probe: no answer"},
    {CTL_CLASS + 7, "probe: the partner's server refuses, or cannot"},
    {0, NULL},
};

static void print_entry(const struct command_entry *entry, FILE *out) {
  char usage[256];
  fprintf(out, "  %-52s %s\n", command_usage(entry->name, entry->arguments, usage, sizeof usage), entry->help);
}

static void print_arguments(const struct hanse_argument *arguments, FILE *out) {
  for (; arguments && arguments->name; arguments++) {
    bool named = arguments->flags & (HANSE_BY_NAME | HANSE_FLAG);
    fprintf(out, "  %s%-*s %s\n", named ? "--" : "", named ? 14 : 16, arguments->name, arguments->help);
  }
}

void help_print(FILE *out) {
  fputs("usage: hansectl [OPTIONS] COMMAND [ARGUMENTS]\n\ncommands:\n", out);
  for (size_t i = 0; i < COMMAND_COUNT; i++) print_entry(&command_table[i], out);
  for (const struct command_entry *entry = help_own_commands; entry->name; entry++) print_entry(entry, out);
  fputs("\noptions, before or behind the command:\n", out);
  print_arguments(help_options, out);
  fputs("\nexit status:\n", out);
  for (const struct help_outcome *one = help_outcomes; one->text; one++)
    fprintf(out, "  %2d  %s\n", one->status, one->text);
}

void help_print_command(const char *name, const struct hanse_argument *arguments, const char *help, FILE *out) {
  char usage[512];
  fprintf(out, "usage: hansectl %s\n%s\n", command_usage(name, arguments, usage, sizeof usage), help);
  if (arguments && arguments->name) fputs("\narguments:\n", out);
  print_arguments(arguments, out);
}
