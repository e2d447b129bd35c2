#include "router/claim.h"

#include <errno.h>
#include <sys/stat.h>

#include "router/boot.h"
#include "router/lock.h"
#include "router/log.h"
#include "router/secret.h"

static int folder_make(const char *option, struct hanse_slice path, struct hanse_problem *problem) {
  if (mkdir(path.at, 0700) == 0 || errno == EEXIST) return HANSE_OK;
  hanse_explain(problem, "%s \"%s\" cannot be made: %s; make its parent folder, or name another", option, path.at,
                strerror(errno));
  return HANSE_FAIL;
}

static enum hanse_level level_of(int level) {
  switch (level) {
    case SETTINGS_ERROR:
      return HANSE_ERROR;
    case SETTINGS_WARNING:
      return HANSE_WARNING;
    case SETTINGS_NOTICE:
      return HANSE_NOTICE;
    case SETTINGS_DEBUG:
      return HANSE_DEBUG;
    default:
      return HANSE_INFO;
  }
}

int claim_log(const struct settings *settings, struct hanse_problem *problem) {
  const struct settings_log *log = &settings->log;
  const char *path = log->file.len ? log->file.at : NULL;
  if (log_open(level_of(log->level), log->format == SETTINGS_JSON ? LOG_JSON : LOG_TEXT, path) == HANSE_OK)
    return HANSE_OK;
  hanse_explain(problem, "log.file \"%s\" cannot be opened: %s; make its folder ours to write", path ? path : "-",
                strerror(errno));
  return HANSE_FAIL;
}

int claim_process(struct router *router, const struct settings *settings, uid_t user, struct hanse_problem *problem) {
  if (folder_make("run_dir", settings->run_dir, problem) != HANSE_OK ||
      folder_make("state_dir", settings->state_dir, problem) != HANSE_OK ||
      lock_take(settings->run_dir.at, &router->lock, problem) != HANSE_OK ||
      boot_next(settings->state_dir.at, &router->node.boot, problem) != HANSE_OK)
    return HANSE_FAIL;
  router->secret = secret_open(settings->state_dir.at, user, problem);
  if (!router->secret) return HANSE_FAIL;
  router->node.name = settings->node.name;
  return claim_log(settings, problem);
}
