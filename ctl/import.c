#include "ctl/import.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/clixml.h"
#include "ctl/conf_files.h"
#include "ctl/draft.h"
#include "ctl/lync.h"
#include "ctl/partner.h"

#define RESULT_NAME "lync.conf"

const struct hanse_argument import_arguments[] = {
    {"from", HANSE_ARGUMENT_REQUIRED, "lync: files that Get-Cs… | Export-Clixml wrote"},
    {"file", HANSE_ARGUMENT_REQUIRED, "one or more of them"},
    {"write", HANSE_FLAG,
     "keep the result as conf.d/" RESULT_NAME ", once the router's code finds it good; else it is printed"},
    {NULL, 0, NULL},
};

/* ---- reading ---- */

static char *read_file(const struct ctl_globals *globals, const char *path, size_t *length, int *status) {
  FILE *in = fopen(path, "re");
  char *octets = in ? malloc(CLIXML_OCTETS_MAX + 1) : NULL;
  *length = octets ? fread(octets, 1, CLIXML_OCTETS_MAX + 1, in) : 0;
  *status = CTL_DONE;
  if (!in)
    *status =
        ctl_fail(globals, errno == EACCES ? CTL_NOT_PERMITTED : CTL_NO_SUCH_THING, "%s: %s", path, strerror(errno));
  else if (!octets || ferror(in))
    *status = ctl_fail(globals, CTL_NOT_DETERMINED, "%s: %s", path, octets ? strerror(errno) : "no memory for it");
  if (in) fclose(in);
  return octets;
}

static int read_one(const struct ctl_globals *globals, struct lync *lync, const char *path) {
  size_t length;
  char why[400];
  int status;
  char *octets = read_file(globals, path, &length, &status);
  json_t *objects = json_array();
  if (status == CTL_DONE && !clixml_read(octets, length, objects, why, sizeof why))
    status = ctl_fail(globals, CTL_NO, "%s: %s", path, why);
  if (status == CTL_DONE && lync_sort(lync, objects, path) != HANSE_OK)
    status = ctl_fail(globals, CTL_NOT_DETERMINED, "no memory for the objects");
  json_decref(objects);
  free(octets);
  return status;
}

/* Of a size as the router reads it, rounded up; what it would refuse is for its check to say. */
static unsigned long kibibytes(const char *size) {
  char *end;
  unsigned long count = strtoul(size, &end, 10) & INT_MAX;
  if (*end == 'M') return count * 1024;
  return *end == 'k' ? count : (count + 1023) / 1024;
}

/* What hanse.conf says already cannot be said again. */
static void look(void *argument, const config_t *config, const char *path) {
  struct lync_present *present = argument;
  const config_setting_t *modules = config_lookup(config, "modules");
  (void)path;
  for (int i = 0; modules && i < config_setting_length(modules); i++) {
    const config_setting_t *module = config_setting_get_elem(modules, (unsigned)i);
    const char *plugin = conf_files_text(module, "plugin");
    if (!plugin) plugin = conf_files_text(module, "name");
    if (!plugin) continue;
    present->direct |= strcmp(plugin, "direct") == 0;
    present->enhanced |= strcmp(plugin, "enhanced") == 0;
    present->discovered |= strcmp(plugin, "discovered") == 0;
    present->archive |= strcmp(plugin, "archive") == 0;
  }
  present->federation |= config_lookup(config, "policy.federation") != NULL;
  present->links_per_partner |= config_lookup(config, "limits.links_per_partner") != NULL;
  present->message |= config_lookup(config, "limits.message") || config_lookup(config, "limits.queue_bytes") ||
                      config_lookup(config, "limits.link_output");
  present->keepalive |= config_lookup(config, "limits.keepalive") != NULL;
  const config_setting_t *limits = config_lookup(config, "limits");
  const char *headers = limits ? conf_files_text(limits, "headers") : NULL;
  if (headers) present->headers = kibibytes(headers);
}

/* Only what is named must be there: one may import on another machine. */
static int look_around(const struct ctl_globals *globals, const char *config, struct lync *lync) {
  if (!globals->config && access(config, F_OK) != 0) return CTL_DONE;
  return conf_files_read(globals, config, look, &lync->present);
}

static int read_all(const struct ctl_globals *globals, const char *config, struct ctl_words files, struct lync *lync) {
  int status = look_around(globals, config, lync);
  for (int i = 0; i < files.count && status == CTL_DONE; i++) status = read_one(globals, lync, files.at[i]);
  if (status == CTL_DONE && lync_make(lync) != HANSE_OK)
    status = ctl_fail(globals, CTL_NOT_DETERMINED, "no memory for the result");
  return status;
}

/* ---- the result ---- */

struct result {
  const struct lync *lync;
  struct ctl_words files;
};

static void print(const void *argument, FILE *out) {
  const struct result *result = argument;
  lync_write(result->lync, result->files.at, result->files.count, out);
}

static int keep(const struct ctl_globals *globals, const char *config, const struct result *result) {
  struct draft_place place;
  char draft[PATH_MAX];
  char done[PATH_MAX + 60];
  int status = draft_enter(&place, globals, config, RESULT_NAME);
  if (status != CTL_DONE) return status;
  if (access(place.path, F_OK) == 0)
    status = ctl_fail(globals, CTL_NO, "%s is there already; move it away first", place.path);
  if (status == CTL_DONE) status = draft_write(&place, print, result, draft);
  if (status == CTL_DONE) {
    status = draft_judge(&place, config, draft);
    if (status == CTL_DONE)
      status = draft_commit(&place, draft);
    else
      unlink(draft);
  }
  snprintf(done, sizeof done, "%s: written; read it, then hansectl reload", place.path);
  draft_leave(&place);
  return status == CTL_DONE ? ctl_say(globals, done) : status;
}

/* Takes --write out of the words. */
static bool take_write(struct ctl_words *words) {
  int kept = 0;
  for (int i = 0; i < words->count; i++)
    if (strcmp(words->at[i], "--write") != 0) words->at[kept++] = words->at[i];
  bool taken = kept < words->count;
  words->count = kept;
  return taken;
}

int import_run(const struct ctl_globals *globals, struct ctl_words words) {
  const char *config = globals->config ? globals->config : PARTNER_CONFIG;
  bool write = take_write(&words);
  struct lync lync;
  if (words.count < 2 || strcmp(words.at[0], "lync") != 0)
    return ctl_fail(globals, CTL_USAGE, "usage: hansectl import lync FILE… [--write]");
  if (!write && (globals->json || globals->markdown))
    return ctl_fail(globals, CTL_USAGE,
                    "import: the result is a configuration, which is printed as it is; --json and "
                    "--markdown go with --write only");
  struct ctl_words files = {words.at + 1, words.count - 1};
  if (lync_begin(&lync) != HANSE_OK) return ctl_fail(globals, CTL_NOT_DETERMINED, "no memory to begin");
  int status = read_all(globals, config, files, &lync);
  struct result result = {&lync, files};
  if (status == CTL_DONE && write)
    status = keep(globals, config, &result);
  else if (status == CTL_DONE)
    print(&result, stdout);
  lync_clear(&lync);
  return status;
}
