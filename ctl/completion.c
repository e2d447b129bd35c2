#include "ctl/completion.h"

#include "ctl/help.h"

/* Calls one for each command, the router's and hansectl's own. */
static void each(void (*one)(const struct command_entry *entry, FILE *out), FILE *out) {
  for (size_t i = 0; i < COMMAND_COUNT; i++) one(&command_table[i], out);
  for (const struct command_entry *entry = help_own_commands; entry->name; entry++) one(entry, out);
}

static bool is_named(const struct hanse_argument *argument) { return argument->flags & (HANSE_BY_NAME | HANSE_FLAG); }

static void options(const struct hanse_argument *arguments, FILE *out) {
  for (; arguments->name; arguments++)
    if (is_named(arguments)) fprintf(out, "--%s ", arguments->name);
}

/* ---- bash ---- */

static void bash_name(const struct command_entry *entry, FILE *out) { fprintf(out, "%s ", entry->name); }

static void bash_case(const struct command_entry *entry, FILE *out) {
  fprintf(out, "      %s) words=\"", entry->name);
  options(entry->arguments, out);
  if (strcmp(entry->name, "help") == 0) fputs("$commands", out);
  if (strcmp(entry->name, "completion") == 0) fputs("bash zsh", out);
  if (strcmp(entry->name, "partner") == 0) fputs("add block remove list", out);
  if (strcmp(entry->name, "import") == 0) fputs("lync", out);
  if (strcmp(entry->name, "log") == 0) fputs("error warning notice info debug", out);
  fputs("\" ;;\n", out);
}

static void bash(FILE *out) {
  fputs("# hansectl completion bash\n_hansectl() {\n  local commands=\"", out);
  each(bash_name, out);
  fputs("\" options=\"", out);
  options(help_options, out);
  fputs(
      "\"\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" command= words= i\n"
      "  case \"${COMP_WORDS[COMP_CWORD-1]}\" in\n"
      "    --socket|--config) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
      "  esac\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"${COMP_WORDS[i]}\" in\n"
      "      --socket|--config|--timeout) ((i++)) ;;\n"
      "      -*) ;;\n"
      "      *) command=\"${COMP_WORDS[i]}\"; break ;;\n"
      "    esac\n"
      "  done\n"
      "  if [ -z \"$command\" ]; then\n"
      "    words=\"$commands\"\n"
      "  else\n"
      "    case \"$command\" in\n",
      out);
  each(bash_case, out);
  fputs(
      "    esac\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -W \"$words $options\" -- \"$current\"))\n"
      "}\n"
      "complete -F _hansectl hansectl\n",
      out);
}

/* ---- zsh ---- */

/* Within single quotes, and without the characters that _describe and _arguments read. */
static void zsh_text(const char *text, FILE *out) {
  for (; *text; text++) {
    if (*text == '\'')
      fputs("'\\''", out);
    else if (strchr(":[]\\", *text))
      fprintf(out, "\\%c", *text);
    else
      putc(*text, out);
  }
}

static void zsh_name(const struct command_entry *entry, FILE *out) {
  fprintf(out, "    '%s:", entry->name);
  zsh_text(entry->help, out);
  fputs("'\n", out);
}

static void zsh_option(const struct hanse_argument *argument, FILE *out) {
  fprintf(out, " '--%s[", argument->name);
  zsh_text(argument->help, out);
  fputs(argument->flags & HANSE_FLAG ? "]'" : "]:value:_files'", out);
}

static void zsh_case(const struct command_entry *entry, FILE *out) {
  fprintf(out, "    %s) _arguments", entry->name);
  for (const struct hanse_argument *at = entry->arguments; at->name; at++) {
    if (is_named(at)) {
      zsh_option(at, out);
    } else {
      fputs(" ':", out);
      zsh_text(at->name, out);
      fputs(":'", out);
    }
  }
  fputs(" ;;\n", out);
}

static void zsh(FILE *out) {
  fputs("#compdef hansectl\n_hansectl() {\n  local -a commands\n  local context state line\n  commands=(\n", out);
  each(zsh_name, out);
  fputs("  )\n  _arguments -C", out);
  for (const struct hanse_argument *at = help_options; at->name; at++) zsh_option(at, out);
  fputs(
      " '1: :->command' '*:: :->arguments'\n"
      "  if [[ $state == command ]]; then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  case $line[1] in\n",
      out);
  each(zsh_case, out);
  /* Found by compinit, the file is the body of the function at its first call; else it is sourced. */
  fputs(
      "  esac\n}\n"
      "if [[ $funcstack[1] == _hansectl ]]; then\n"
      "  _hansectl \"$@\"\n"
      "else\n"
      "  compdef _hansectl hansectl\n"
      "fi\n",
      out);
}

bool completion_print(const char *shell, FILE *out) {
  if (strcmp(shell, "bash") == 0)
    bash(out);
  else if (strcmp(shell, "zsh") == 0)
    zsh(out);
  else
    return false;
  return true;
}
