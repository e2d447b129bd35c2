#include "router/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int state_file_problem(struct hanse_problem *problem, const char *format, ...) {
  va_list arguments;
  problem->where = (struct hanse_where){0};
  va_start(arguments, format);
  vsnprintf(problem->text, sizeof problem->text, format, arguments);
  va_end(arguments);
  return HANSE_FAIL;
}

static int write_all(int fd, struct hanse_slice content) {
  while (content.len) {
    ssize_t n = write(fd, content.at, content.len);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return -1;
    content = hanse_slice(content.at + n, content.len - (size_t)n);
  }
  return 0;
}

/* A file of our own with the content on the disk; its name goes to `temporary`. -1: errno says why. */
static int write_temporary(char temporary[PATH_MAX], struct hanse_slice content) {
  int fd = mkostemp(temporary, O_CLOEXEC); /* 0600, O_EXCL */
  if (fd < 0) return -1;
  int rc = write_all(fd, content) == 0 && fsync(fd) == 0 ? 0 : -1;
  int why = errno;
  if (close(fd) != 0 && rc == 0) {
    why = errno;
    rc = -1;
  }
  if (rc != 0) unlink(temporary);
  errno = why;
  return rc;
}

/* The name itself is on the disk only when its folder is. */
static int sync_folder(const char *folder) {
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -1;
  int rc = fsync(fd), why = errno;
  close(fd);
  errno = why;
  return rc;
}

/* link() refuses to replace, rename() does not. */
static int give_name(const char *temporary, const char *path, enum state_file_way way) {
  if (way == STATE_FILE_REPLACE) return rename(temporary, path);
  int rc = link(temporary, path), why = errno;
  unlink(temporary);
  errno = why;
  return rc;
}

int state_file_write(const char *folder, const char *name, struct hanse_slice content, enum state_file_way way,
                     struct hanse_problem *problem) {
  char path[PATH_MAX], temporary[PATH_MAX];
  int n = snprintf(path, sizeof path, "%s/%s", folder, name);
  int m = snprintf(temporary, sizeof temporary, "%s/.%s.XXXXXX", folder, name);
  if (n >= (int)sizeof path || m >= (int)sizeof temporary)
    return state_file_problem(problem, "%s/%s: the path is too long", folder, name);
  if (write_temporary(temporary, content) != 0)
    return state_file_problem(problem, "%s: cannot be written: %s", path, strerror(errno));
  if (give_name(temporary, path, way) != 0) {
    if (way == STATE_FILE_NEW && errno == EEXIST) return HANSE_GONE;
    int why = errno;
    if (way == STATE_FILE_REPLACE) unlink(temporary);
    return state_file_problem(problem, "%s: cannot be written: %s", path, strerror(why));
  }
  if (sync_folder(folder) != 0)
    return state_file_problem(problem, "%s: cannot be written to the disk: %s", folder, strerror(errno));
  return HANSE_OK;
}

static ssize_t read_all(int fd, char *buf, size_t cap) {
  size_t length = 0;
  while (length < cap) {
    ssize_t n = read(fd, buf + length, cap - length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    length += (size_t)n;
  }
  return (ssize_t)length;
}

int state_file_read(const char *folder, const char *name, char buf[STATE_FILE_MAX + 1], size_t *length,
                    struct hanse_problem *problem) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
    return state_file_problem(problem, "%s/%s: the path is too long", folder, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) return HANSE_GONE;
  ssize_t n = fd < 0 ? -1 : read_all(fd, buf, STATE_FILE_MAX + 1);
  int why = errno;
  if (fd >= 0) close(fd);
  if (n < 0) return state_file_problem(problem, "%s: cannot be read: %s", path, strerror(why));
  if (n > STATE_FILE_MAX) return state_file_problem(problem, "%s: too large; remove what does not belong there", path);
  buf[n] = '\0';
  *length = (size_t)n;
  return HANSE_OK;
}
