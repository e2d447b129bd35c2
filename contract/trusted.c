#include "contract/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Always HANSE_INVALID, so that a check can end with it. */
HANSE_PRINTF(3, 4)
static int explain(char *why, size_t cap, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(why, cap, format, args);
  va_end(args);
  return HANSE_INVALID;
}

static int explain_open(const char *path, char *why, size_t cap) {
  int error = errno;
  const char *cure = error == ENOENT ? "create it or correct its name" : "make it readable for the router's user";
  return explain(why, cap, "\"%s\" cannot be opened: %s; %s", path, strerror(error), cure);
}

static bool believed(uid_t owner, uid_t user) { return owner == 0 || owner == user; }

/* One folder: whoever may write it may replace the file. In a sticky folder only the owner of a file may. */
static int check_folder(const char *path, uid_t user, char *why, size_t cap) {
  struct stat st;
  if (stat(path, &st) != 0) return explain(why, cap, "the folder \"%s\" cannot be read: %s", path, strerror(errno));
  if (!believed(st.st_uid, user))
    return explain(why, cap, "the folder \"%s\" belongs to user %u; run chown root \"%s\"", path, (unsigned)st.st_uid,
                   path);
  if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX))
    return explain(why, cap, "the folder \"%s\" is writable by others; run chmod go-w \"%s\"", path, path);
  return HANSE_OK;
}

/* Every folder above `path` (absolute, changed here), up to the root. */
static int check_above(char *path, uid_t user, char *why, size_t cap) {
  for (;;) {
    char *slash = strrchr(path, '/');
    if (!slash) return HANSE_OK;
    bool root = slash == path;
    slash[root ? 1 : 0] = '\0';
    int status = check_folder(path, user, why, cap);
    if (status != HANSE_OK || root) return status;
  }
}

/* The folders in which the name stands and, behind symbolic links, those in which the file stands. */
static int check_folders(const char *path, uid_t user, char *why, size_t cap) {
  char real[PATH_MAX], named[PATH_MAX];
  if (!realpath(path, real)) return explain(why, cap, "\"%s\": %s", path, strerror(errno));
  int status = check_above(real, user, why, cap);
  if (status != HANSE_OK) return status;
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) + 1 : 2;
  if (length >= sizeof named - 2) return explain(why, cap, "\"%s\": the path is too long; shorten it", path);
  memcpy(named, slash ? path : "./", length);
  memcpy(named + length, ".", 2);
  if (!realpath(named, real)) return explain(why, cap, "\"%s\": %s", path, strerror(errno));
  if (strlen(real) + 2 < sizeof real) strcat(real, "/x");
  return check_above(real, user, why, cap);
}

static int check_file(const struct stat *st, const char *path, uid_t user, enum trusted_kind kind, char *why,
                      size_t cap) {
  if (!S_ISREG(st->st_mode)) return explain(why, cap, "\"%s\" is not a regular file; name a file", path);
  if (!believed(st->st_uid, user))
    return explain(why, cap, "\"%s\" belongs to user %u, neither root nor the router's own; run chown root \"%s\"",
                   path, (unsigned)st->st_uid, path);
  if (st->st_mode & (S_IWGRP | S_IWOTH))
    return explain(why, cap, "\"%s\" is writable by others; run chmod go-w \"%s\"", path, path);
  if (kind == TRUSTED_SECRET && (st->st_mode & (S_IRWXG | S_IRWXO)))
    return explain(why, cap, "the secret \"%s\" is open to others; run chmod 600 \"%s\"", path, path);
  return HANSE_OK;
}

/* Reads to the end of the file; one byte more than `max` is enough to see that it is too large. */
static int read_all(int fd, char *to, size_t max, size_t *length) {
  size_t have = 0;
  while (have <= max) {
    ssize_t n = read(fd, to + have, max + 1 - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) break;
    have += (size_t)n;
  }
  *length = have;
  return have > max ? EFBIG : 0;
}

static int read_content(int fd, const struct stat *st, const char *path, enum trusted_kind kind, size_t max,
                        struct option_pool *pool, struct hanse_slice *out, char *why, size_t cap) {
  if ((uint64_t)st->st_size > max)
    return explain(why, cap, "\"%s\" has %lld bytes, at most %zu are read; is it the right file?", path,
                   (long long)st->st_size, max);
  size_t room = (size_t)st->st_size, length = 0;
  char *content = kind == TRUSTED_SECRET ? option_pool_secret(pool, room + 2) : hanse_alloc(&pool->arena, room + 2);
  if (!content) return HANSE_NOMEM;
  int error = read_all(fd, content, room, &length);
  if (error == EFBIG) return explain(why, cap, "\"%s\" grew while it was read; try again", path);
  if (error) return explain(why, cap, "\"%s\" cannot be read: %s", path, strerror(error));
  content[length] = '\0';
  *out = hanse_slice(content, length);
  return HANSE_OK;
}

int trusted_read(const char *path, uid_t user, enum trusted_kind kind, size_t max, struct option_pool *pool,
                 struct hanse_slice *out, char *why, size_t cap) {
  /* Not blocking, so that a pipe of that name cannot hold us. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return explain_open(path, why, cap);
  struct stat st;
  int status = fstat(fd, &st) == 0 ? HANSE_OK : explain(why, cap, "\"%s\": %s", path, strerror(errno));
  if (status == HANSE_OK) status = check_file(&st, path, user, kind, why, cap);
  if (status == HANSE_OK) status = check_folders(path, user, why, cap);
  if (status == HANSE_OK) status = read_content(fd, &st, path, kind, max, pool, out, why, cap);
  close(fd);
  return status;
}
