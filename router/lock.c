#include "router/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "router/state_file.h"

static int say_who(int fd, const char *path, struct hanse_problem *problem) {
  char text[32] = "";
  ssize_t n = pread(fd, text, sizeof text - 1, 0);
  long pid = n > 0 ? strtol(text, NULL, 10) : 0;
  if (pid > 0)
    return state_file_problem(problem, "%s: already running as pid %ld; stop it first, or set another run_dir", path,
                              pid);
  return state_file_problem(problem, "%s: already running; stop it first, or set another run_dir", path);
}

static int write_pid(int fd) {
  char text[32];
  int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
  return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == n ? 0 : -1;
}

int lock_take(const char *run_dir, int *out, struct hanse_problem *problem) {
  char path[PATH_MAX];
  int status;
  if (snprintf(path, sizeof path, "%s/lock", run_dir) >= (int)sizeof path)
    return state_file_problem(problem, "%s/lock: the path is too long", run_dir);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return state_file_problem(problem, "%s: %s; make the folder, for the router's own user", path, strerror(errno));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    status = errno == EWOULDBLOCK ? say_who(fd, path, problem)
                                  : state_file_problem(problem, "%s: cannot be locked: %s", path, strerror(errno));
  } else if (write_pid(fd) != 0) {
    status = state_file_problem(problem, "%s: cannot be written: %s", path, strerror(errno));
  } else {
    *out = fd;
    return HANSE_OK;
  }
  close(fd);
  return status;
}

void lock_release(int fd) {
  if (fd >= 0) close(fd);
}
