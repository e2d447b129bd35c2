#include "ctl/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/validate.h"

#define NAME_ROOM 64 /* for a name behind a folder */

int draft_refused(const struct ctl_globals *globals, const char *path) {
  int error = errno;
  return ctl_fail(globals, error == EACCES || error == EPERM || error == EROFS ? CTL_NOT_PERMITTED : CTL_NO, "%s: %s",
                  path, strerror(error));
}

int draft_enter(struct draft_place *place, const struct ctl_globals *globals, const char *config, const char *name) {
  const char *slash = strrchr(config, '/');
  *place = (struct draft_place){.globals = globals, .folder_fd = -1};
  int n = snprintf(place->folder, sizeof place->folder, "%.*sconf.d", slash ? (int)(slash - config) + 1 : 0, config);
  if (n < 0 || (size_t)n >= sizeof place->folder - NAME_ROOM || strlen(name) >= NAME_ROOM - 16)
    return ctl_fail(globals, CTL_USAGE, "the path of the configuration is too long");
  snprintf(place->path, sizeof place->path, "%.*s/%s", PATH_MAX - NAME_ROOM, place->folder, name);
  place->made_folder = mkdir(place->folder, 0755) == 0;
  if (!place->made_folder && errno != EEXIST) return draft_refused(globals, place->folder);
  place->folder_fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (place->folder_fd >= 0 && flock(place->folder_fd, LOCK_EX) == 0) return CTL_DONE;
  int status = draft_refused(globals, place->folder);
  draft_leave(place);
  return status;
}

void draft_leave(struct draft_place *place) {
  if (place->made_folder) rmdir(place->folder);
  if (place->folder_fd >= 0) close(place->folder_fd);
}

/* Whoever could read the old one can read the new one: root writes it, the router reads it. */
static int like_the_old(const struct draft_place *place, int fd) {
  struct stat old;
  bool there = stat(place->path, &old) == 0;
  if (there && geteuid() == 0 && fchown(fd, old.st_uid, old.st_gid) != 0) return -1;
  return fchmod(fd, there ? old.st_mode & 0755 : 0644);
}

int draft_write(const struct draft_place *place, void (*print)(const void *argument, FILE *out), const void *argument,
                char draft[PATH_MAX]) {
  const char *name = strrchr(place->path, '/') + 1;
  snprintf(draft, PATH_MAX, "%.*s/.%.*s.XXXXXX", PATH_MAX - NAME_ROOM, place->folder, NAME_ROOM - 16, name);
  int fd = mkostemp(draft, O_CLOEXEC);
  if (fd < 0) return draft_refused(place->globals, place->folder);
  FILE *out = like_the_old(place, fd) == 0 ? fdopen(fd, "w") : NULL;
  bool good = out != NULL;
  if (good) {
    print(argument, out);
    good = fflush(out) == 0 && !ferror(out) && fsync(fd) == 0;
  }
  int status = good ? CTL_DONE : draft_refused(place->globals, draft);
  if (out)
    fclose(out);
  else
    close(fd);
  if (!good) unlink(draft);
  return status;
}

int draft_judge(const struct draft_place *place, const char *config, const char *draft) {
  char *said;
  int status = validate_draft(config, strrchr(place->path, '/') + 1, draft, &said);
  if (status != CTL_DONE && place->globals->json)
    ctl_fail(place->globals, status, "%s", said ? said : "no memory");
  else if (status != CTL_DONE)
    fprintf(stderr, "%shansectl: nothing was changed\n", said ? said : "");
  free(said);
  return status;
}

int draft_commit(struct draft_place *place, const char *draft) {
  if (rename(draft, place->path) != 0) {
    int status = draft_refused(place->globals, place->path);
    unlink(draft);
    return status;
  }
  place->made_folder = false;
  return fsync(place->folder_fd) == 0 ? CTL_DONE : draft_refused(place->globals, place->folder);
}
