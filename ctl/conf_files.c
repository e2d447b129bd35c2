#include "ctl/conf_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk {
  const struct ctl_globals *globals;
  conf_files_visit *visit;
  void *argument;
};

static int explain(const struct walk *walk, const config_t *config, const char *path, int error) {
  const char *file = config_error_file(config);
  if (config_error_type(config) == CONFIG_ERR_FILE_IO)
    return ctl_fail(walk->globals, error == EACCES ? CTL_NOT_PERMITTED : CTL_USAGE, "%s: %s", path,
                    error ? strerror(error) : "cannot be read");
  return ctl_fail(walk->globals, CTL_NO, "%s:%d: %s", file ? file : path, config_error_line(config),
                  config_error_text(config));
}

static int read_file(const struct walk *walk, const char *folder, const char *path) {
  config_t config;
  int status = CTL_DONE;
  config_init(&config);
  config_set_include_dir(&config, folder);
  errno = 0;
  if (config_read_file(&config, path))
    walk->visit(walk->argument, &config, path);
  else
    status = explain(walk, &config, path, errno);
  config_destroy(&config);
  return status;
}

static int is_configuration(const struct dirent *entry) {
  size_t length = strlen(entry->d_name);
  return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0;
}

int conf_files_read(const struct ctl_globals *globals, const char *config, conf_files_visit *visit, void *argument) {
  struct walk walk = {globals, visit, argument};
  struct dirent **entries = NULL;
  char folder[PATH_MAX], path[PATH_MAX];
  const char *slash = strrchr(config, '/');
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - config) : 1, slash ? config : ".");
  int status = read_file(&walk, folder, config);
  snprintf(path, sizeof path, "%.*s/conf.d", PATH_MAX - 16, folder);
  memcpy(folder, path, sizeof folder);
  int count = scandir(folder, &entries, is_configuration, alphasort);
  for (int i = 0; i < count; i++) {
    int n = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
    if (status == CTL_DONE && n > 0 && (size_t)n < sizeof path) status = read_file(&walk, folder, path);
    free(entries[i]);
  }
  free(entries);
  return status;
}

const char *conf_files_text(const config_setting_t *group, const char *name) {
  const char *text = NULL;
  if (group && config_setting_is_group(group)) config_setting_lookup_string(group, name, &text);
  return text;
}
