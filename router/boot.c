#include "router/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "router/state_file.h"

static bool parse(const char *text, uint32_t *out) {
  char *end = NULL;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || errno || *end != '\n' || end[1] != '\0' || value >= UINT32_MAX) return false;
  *out = (uint32_t)value;
  return true;
}

static int count_up(const char *state_dir, uint32_t *out, struct hanse_problem *problem) {
  char text[STATE_FILE_MAX + 1];
  size_t length;
  uint32_t last = 0;
  int status = state_file_read(state_dir, "boot", text, &length, problem);
  if (status == HANSE_FAIL) return status;
  if (status == HANSE_OK && (length != strlen(text) || !parse(text, &last)))
    return state_file_problem(problem,
                              "%s/boot: does not hold a number below 4294967295; write a higher one than was "
                              "used before, or remove the file",
                              state_dir);
  int n = snprintf(text, sizeof text, "%u\n", last + 1);
  status = state_file_write(state_dir, "boot", hanse_slice(text, (size_t)n), STATE_FILE_REPLACE, problem);
  if (status == HANSE_OK) *out = last + 1;
  return status;
}

/* Several nodes may share a state_dir: the folder itself is what they lock. */
int boot_next(const char *state_dir, uint32_t *out, struct hanse_problem *problem) {
  int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return state_file_problem(problem, "%s: %s; make the folder, for the router's own user", state_dir,
                              strerror(errno));
  int rc;
  while ((rc = flock(fd, LOCK_EX)) != 0 && errno == EINTR) {
  }
  int status = rc == 0 ? count_up(state_dir, out, problem)
                       : state_file_problem(problem, "%s: cannot be locked: %s", state_dir, strerror(errno));
  close(fd);
  return status;
}
