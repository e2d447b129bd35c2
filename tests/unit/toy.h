/* Small plugins for tests of the host in memory: what they share, linked into the test itself. */
#ifndef TESTS_UNIT_TOY_H
#define TESTS_UNIT_TOY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those before it */

#include <hanse/fake_host.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct toy {
  struct hanse_host *host;
  const void *settings;
  hanse_token token;
  unsigned decided, withdrawn;
  int resolved; /* what its last answer came to */
  const struct hanse_facts *facts;
};

static inline int toy_create(struct hanse_host *host, void **self) {
  struct toy *toy = (struct toy *)calloc(1, sizeof *toy);
  if (!toy) return HANSE_NOMEM;
  toy->host = host;
  *self = toy;
  return HANSE_OK;
}

static inline int toy_configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)problem;
  ((struct toy *)self)->settings = settings;
  return HANSE_OK;
}

#define TOY(...)                                                                                           \
  {                                                                                                        \
    HANSE_NEEDS(HANSE_ABI_MINOR), .name = "toy", .version = "1", .summary = "a toy", .create = toy_create, \
                                  .configure = toy_configure, .destroy = free, __VA_ARGS__                 \
  }

static inline struct fake_instance *toy_load(struct fake_world *world, const struct hanse_plugin *plugin,
                                             const char *text) {
  struct fake_instance *instance = fake_load_text(world, plugin, text, NULL);
  if (!instance) fail_msg("%s", fake_problem(world));
  return instance;
}

static inline struct toy *toy_of(struct fake_instance *instance) { return (struct toy *)fake_self(instance); }

/* The steps end the process, with these words on standard error. */
static inline void toy_ends(void (*steps)(void), const char *words) {
  char said[4096];
  int ends[2], status;
  size_t length = 0;
  ssize_t n;
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 2);
    steps();
    _exit(0);
  }
  close(ends[1]);
  while (length < sizeof said - 1 && (n = read(ends[0], said + length, sizeof said - 1 - length)) > 0)
    length += (size_t)n;
  close(ends[0]);
  said[length] = '\0';
  assert_int_equal(waitpid(child, &status, 0), child);
  if (!strstr(said, words) || !WIFSIGNALED(status)) fail_msg("\"%s\" lacks \"%s\"", said, words);
}

#endif
