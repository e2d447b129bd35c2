#include "ctl/validate.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_CONFIG 78       /* of hanse */
#define EXIT_NO_PROGRAM 127  /* of our child before it is hanse */
#define SAID_MAX (64u << 10) /* a configuration may be wrong in very many places */
#define SERVICE_USER "hanse" /* of the unit; its keys are its own */

/* The daemon that lies beside this program (a build folder), else the installed one. */
static const char *daemon_path(char buf[PATH_MAX]) {
  ssize_t length = readlink("/proc/self/exe", buf, PATH_MAX - sizeof "hanse");
  if (length > 0) {
    buf[length] = '\0';
    char *slash = strrchr(buf, '/');
    if (slash) strcpy(slash + 1, "hanse");
    if (slash && access(buf, X_OK) == 0) return buf;
  }
  return HANSE_DAEMON;
}

static void become_daemon(int out, const char *config, const char *draft) {
  char path[PATH_MAX];
  const char *program = daemon_path(path);
  const char *words[] = {"hanse", "--check", "--config", config, "--draft", draft, NULL, NULL, NULL};
  if (geteuid() == 0 && getpwnam(SERVICE_USER)) {
    words[6] = "--user";
    words[7] = SERVICE_USER;
  }
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execv(program, (char *const *)(uintptr_t)words);
  dprintf(STDERR_FILENO, "%s: %s\n", program, strerror(errno));
  _exit(EXIT_NO_PROGRAM);
}

/* All that is written to the pipe; what is beyond the bound is read and dropped, so that the writer is not held up. */
static char *read_all(int in) {
  char *text = malloc(SAID_MAX + 1), rest[4096];
  size_t used = 0;
  for (ssize_t n; text;) {
    n = used < SAID_MAX ? read(in, text + used, SAID_MAX - used) : read(in, rest, sizeof rest);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    if (used < SAID_MAX) used += (size_t)n;
  }
  if (text) text[used] = '\0';
  return text;
}

static int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return EXIT_NO_PROGRAM;
  return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NO_PROGRAM;
}

int validate_draft(const char *config, const char *name, const char *draft, char **said) {
  int ends[2];
  char argument[2 * PATH_MAX];
  *said = NULL;
  if (snprintf(argument, sizeof argument, "%s=%s", name, draft) >= (int)sizeof argument || pipe(ends) != 0)
    return CTL_NOT_DETERMINED;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    become_daemon(ends[1], config, argument);
  }
  close(ends[1]);
  if (child > 0) *said = read_all(ends[0]);
  close(ends[0]);
  int status = child > 0 ? wait_for(child) : EXIT_NO_PROGRAM;
  return status == 0 ? CTL_DONE : status == EXIT_CONFIG ? CTL_NO : CTL_NOT_DETERMINED;
}
