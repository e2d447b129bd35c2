#include "ctl/manual.h"

#include "contract/roff.h"
#include "ctl/help.h"

static void arguments(const struct hanse_argument *at, FILE *out) {
  for (; at && at->name; at++) {
    fputs(".TP\n.B ", out);
    if (at->flags & (HANSE_BY_NAME | HANSE_FLAG)) fputs("\\-\\-", out);
    roff_text(at->name, out);
    putc('\n', out);
    roff_text(at->help, out);
    putc('\n', out);
  }
}

static void command(const struct command_entry *entry, FILE *out) {
  char usage[256];
  fputs(".SS ", out);
  roff_text(command_usage(entry->name, entry->arguments, usage, sizeof usage), out);
  putc('\n', out);
  roff_text(entry->help, out);
  fputs(".\n", out);
  arguments(entry->arguments, out);
}

void manual_print(FILE *out) {
  fputs(".TH HANSECTL 1 \"\" \"Hanse " HANSE_VERSION "\"\n", out);
  fputs(
      ".SH NAME\nhansectl \\- ask and control the federation router\n"
      ".SH SYNOPSIS\n.B hansectl\n[OPTIONS] COMMAND [ARGUMENTS]\n"
      ".SH DESCRIPTION\nAsks the running router over its control socket. Plugins may offer further commands;\n"
      ".B hansectl help\nlists them when the router runs. Rows go to standard output, what went wrong to standard\n"
      "error; times are UTC. Colours are used on a terminal only, and not when NO_COLOR is set.\n"
      ".SH OPTIONS\n",
      out);
  arguments(help_options, out);
  fputs(".SH COMMANDS\n", out);
  for (size_t i = 0; i < COMMAND_COUNT; i++) command(&command_table[i], out);
  for (const struct command_entry *entry = help_own_commands; entry->name; entry++) command(entry, out);
  fputs(".SH EXIT STATUS\n", out);
  for (const struct help_outcome *one = help_outcomes; one->text; one++) {
    fprintf(out, ".TP\n.B %d\n", one->status);
    roff_text(one->text, out);
    putc('\n', out);
  }
  fputs(
      ".SH ENVIRONMENT\n.TP\n.B HANSE_SOCKET\npath of the control socket\n.TP\n.B NO_COLOR\nno colours\n"
      ".SH SEE ALSO\n.BR hanse (8)\n",
      out);
}
