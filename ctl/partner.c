#include "ctl/partner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/partner_file.h"
#include "ctl/partner_list.h"
#include "ctl/tables.h"

const struct hanse_argument partner_arguments[] = {
    {"action", HANSE_ARGUMENT_REQUIRED, "add, block, remove or list"},
    {"domain", 0, "the domain, which stands for all below it; not for list"},
    {"edge", HANSE_BY_NAME, "add: the partner's access edge, HOST or HOST:PORT; without it the DNS is asked (SRV)"},
    {"provider", HANSE_BY_NAME, "add: the hosting provider that serves the domain"},
    {"type", HANSE_BY_NAME,
     "add: the federation type; default direct with --edge, hosting with --provider, else enhanced"},
    {"comment", HANSE_BY_NAME, "add: anything that helps those who read the list"},
    {"dry-run", HANSE_FLAG, "only say what would be wrong; nothing is changed"},
    {"no-reload", HANSE_FLAG, "do not tell the router"},
    {NULL, 0, NULL},
};

struct change {
  const struct ctl_globals *globals;
  const char *config, *socket, *action, *domain;
  struct partner_entry entry;
  bool dry, reload;
};

/* ---- what is said at the end ---- */

/* The router's answer to `reload`; takes over `line`. */
static int reloaded(const struct change *change, const char *done, char *line, size_t length) {
  json_t *answer = json_loadb(line, length, 0, NULL);
  const json_t *outcome = json_object_get(answer, "outcome");
  const char *why = json_string_value(json_object_get(json_object_get(answer, "error"), "text"));
  char text[1024];
  int status;
  if (json_is_integer(outcome) && json_integer_value(outcome) == CTL_DONE) {
    snprintf(text, sizeof text, "%.960s; the router knows it", done);
    status = ctl_say(change->globals, text);
  } else {
    status = ctl_fail(change->globals, CTL_NO, "%s, but the router refuses to reload: %s", done,
                      why ? why : "it did not say why");
  }
  json_decref(answer);
  free(line);
  return status;
}

/* That no router runs is no failure: the next one reads the file. */
static int tell_router(const struct change *change, const char *done) {
  char why[4096 + 256], *line;
  size_t length;
  int fd, status = client_connect(change->socket, change->globals->timeout ? change->globals->timeout : 600, &fd, why,
                                  sizeof why);
  if (status == CTL_NO_DAEMON) {
    snprintf(why, sizeof why, "%s; no router runs that could be told", done);
    return ctl_say(change->globals, why);
  }
  if (status != CTL_DONE) return ctl_fail(change->globals, status, "%s, but the router was not told: %s", done, why);
  status = client_ask(change->globals, fd, "reload", NULL, &line, &length);
  close(fd);
  return status == CTL_DONE ? reloaded(change, done, line, length) : status;
}

/* ---- the change ---- */

/* The lists of two instances of `domains` do not know of each other; all other contradictions the router finds. */
static int refuse_listed(const struct change *change) {
  json_t *rows = json_array();
  int status = partner_list_read(change->globals, change->config, rows);
  const json_t *row = status == CTL_DONE ? partner_list_find(rows, change->domain) : NULL;
  const char *list = json_string_value(json_object_get(row, "list"));
  if (list && (strcmp(list, "block") == 0 || strcmp(list, "allow") == 0))
    status = ctl_fail(change->globals, CTL_NO, "%s is in the list %s already, at %s:%d", change->domain, list,
                      json_string_value(json_object_get(row, "file")),
                      (int)json_integer_value(json_object_get(row, "line")));
  json_decref(rows);
  return status;
}

static int not_there(const struct change *change) {
  json_t *rows = json_array();
  int status = partner_list_read(change->globals, change->config, rows);
  const json_t *row = status == CTL_DONE ? partner_list_find(rows, change->domain) : NULL;
  if (row)
    status = ctl_fail(change->globals, CTL_NO, "%s stands at %s:%d, which only you may change", change->domain,
                      json_string_value(json_object_get(row, "file")),
                      (int)json_integer_value(json_object_get(row, "line")));
  else if (status == CTL_DONE)
    status = ctl_fail(change->globals, CTL_NO_SUCH_THING, "%s is neither a partner nor blocked", change->domain);
  json_decref(rows);
  return status;
}

static int apply(const struct change *change, struct partner_file *file) {
  if (strcmp(change->action, "add") == 0) return partner_file_add(file, &change->entry);
  if (strcmp(change->action, "remove") == 0) {
    int status = partner_file_remove(file, change->domain);
    return status == CTL_NO_SUCH_THING ? not_there(change) : status;
  }
  int status = refuse_listed(change);
  return status == CTL_DONE ? partner_file_block(file, change->domain) : status;
}

static int change_file(const struct change *change, struct partner_file *file) {
  static const char *const done[][2] = {
      {"add", "is a partner now"}, {"block", "is blocked now"}, {"remove", "was taken out"}};
  char draft[PATH_MAX], text[1024];
  const char *what = "";
  int status = apply(change, file);
  if (status == CTL_DONE) status = partner_file_draft(file, draft);
  if (status != CTL_DONE) return status;
  status = draft_judge(&file->place, change->config, draft);
  if (status != CTL_DONE || change->dry) {
    unlink(draft);
    return status == CTL_DONE ? ctl_say(change->globals, "it would be accepted; nothing was changed") : status;
  }
  status = draft_commit(&file->place, draft);
  if (status != CTL_DONE) return status;
  for (size_t i = 0; i < sizeof done / sizeof *done; i++)
    if (strcmp(done[i][0], change->action) == 0) what = done[i][1];
  snprintf(text, sizeof text, "%.255s %s (%.600s)", change->domain, what, file->place.path);
  return change->reload ? tell_router(change, text) : ctl_say(change->globals, text);
}

/* ---- the command ---- */

static int list_all(const struct change *change) {
  json_t *rows = json_array(), *answer;
  int status = partner_list_read(change->globals, change->config, rows);
  if (status == CTL_DONE && change->globals->json) {
    answer = json_pack("{s:O,s:b,s:i,s:s}", "rows", rows, "ok", 1, "outcome", 0, "text", "");
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(answer);
  } else if (status == CTL_DONE) {
    tables_print(rows, change->globals->markdown, false, stdout);
  }
  json_decref(rows);
  return status;
}

static const char *given(const json_t *arguments, const char *name) {
  return json_string_value(json_object_get(arguments, name));
}

static struct change read_change(const struct ctl_globals *globals, const json_t *arguments, const char *socket) {
  struct change change = {
      .globals = globals,
      .config = globals->config ? globals->config : PARTNER_CONFIG,
      .socket = socket,
      .action = given(arguments, "action"),
      .domain = given(arguments, "domain"),
      .dry = given(arguments, "dry-run") != NULL,
      .reload = given(arguments, "no-reload") == NULL,
      .entry = {given(arguments, "domain"), given(arguments, "type"), given(arguments, "edge"),
                given(arguments, "provider"), given(arguments, "comment")},
  };
  struct partner_entry *entry = &change.entry;
  if (!entry->type) entry->type = entry->edge ? "direct" : entry->provider ? "hosting" : "enhanced";
  return change;
}

/* Arguments that this action has no use for. */
static const char *unused(const struct change *change, const json_t *arguments) {
  static const char *const of_add[] = {"edge", "provider", "type", "comment", NULL};
  for (const char *const *name = of_add; *name; name++)
    if (strcmp(change->action, "add") != 0 && given(arguments, *name)) return *name;
  return NULL;
}

int partner_run(const struct ctl_globals *globals, const json_t *arguments, const char *socket) {
  struct change change = read_change(globals, arguments, socket);
  const char *name = unused(&change, arguments);
  struct partner_file file;
  bool list = strcmp(change.action, "list") == 0;
  if (!list && strcmp(change.action, "add") != 0 && strcmp(change.action, "block") != 0 &&
      strcmp(change.action, "remove") != 0)
    return ctl_fail(globals, CTL_USAGE, "partner: add, block, remove or list, not \"%s\"", change.action);
  if (name) return ctl_fail(globals, CTL_USAGE, "partner %s: --%s is of add alone", change.action, name);
  if (list && change.domain) return ctl_fail(globals, CTL_USAGE, "partner list: one word too many: %s", change.domain);
  if (list) return list_all(&change);
  if (!change.domain) return ctl_fail(globals, CTL_USAGE, "partner %s: which domain?", change.action);
  int status = partner_file_open(&file, globals, change.config);
  if (status != CTL_DONE) return status;
  status = change_file(&change, &file);
  partner_file_close(&file);
  return status;
}
