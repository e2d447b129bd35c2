/* A policy plugin as built, in the host in memory. To be included by one test, behind its plugin's header. */
#ifndef TESTS_LIB_POLICY_FIXTURE_H
#define TESTS_LIB_POLICY_FIXTURE_H

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <hanse/fake_host.h>
#if !defined(__SANITIZE_ADDRESS__)
#include "tests/lib/failing_malloc.h"
#endif

struct policy_fixture {
  struct fake_world *world;
  struct fake_instance *policy;
};

/* Stays open: a leak checker names functions only then. */
static const struct hanse_plugin *policy_open(const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/modules/%s.so", HANSE_BUILD_DIR, name);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) fail_msg("%s", dlerror());
  const struct hanse_plugin *plugin = (const struct hanse_plugin *)dlsym(library, "hanse_plugin");
  assert_non_null(plugin);
  return plugin;
}

static struct policy_fixture *policy_fixture_new(const char *name, const void *settings) {
  struct policy_fixture *f = (struct policy_fixture *)calloc(1, sizeof *f);
  assert_non_null(f);
  f->world = fake_world_new();
  f->policy = fake_load(f->world, policy_open(name), settings, NULL);
  if (!f->policy) fail_msg("%s", fake_problem(f->world));
  return f;
}

static void policy_fixture_free(struct policy_fixture *f) {
  assert_string_equal(fake_left(f->world), "");
  fake_world_free(f->world);
  free(f);
}

/* These settings are refused, with that line and those words. */
static inline void policy_fixture_refuses(const char *name, const void *settings, unsigned line, const char *words) {
  struct fake_world *world = fake_world_new();
  assert_null(fake_load(world, policy_open(name), settings, NULL));
  assert_int_equal(fake_status(world), HANSE_INVALID);
  if (!strstr(fake_problem(world), words)) fail_msg("\"%s\" lacks \"%s\"", fake_problem(world), words);
  assert_int_equal(fake_problem_where(world).line, line);
  fake_world_free(world);
}

/* Each allocation of create and configure fails once: that is told, and nothing stays. */
static inline void policy_fixture_no_memory(const char *name, const void *settings) {
#if !defined(__SANITIZE_ADDRESS__)
  struct policy_fixture *f = policy_fixture_new(name, settings);
  const struct hanse_plugin *plugin = policy_open(name);
  unsigned failures = 0;
  for (failed = true; failed; failures += failed) {
    struct hanse_problem problem = {{NULL, 0}, ""};
    void *self = NULL;
    failed = false;
    until_failure = failures + 1;
    int status = plugin->create(fake_host(f->policy), &self);
    bool made = status == HANSE_OK;
    if (made) status = plugin->configure(self, settings, &problem);
    until_failure = 0;
    assert_int_equal(status, failed ? HANSE_NOMEM : HANSE_OK);
    assert_true(!failed || !made || problem.text[0]);
    if (made) plugin->destroy(self);
    assert_in_range(failures, 0, 100);
  }
  print_message("%u allocations failed in turn\n", failures);
  assert_true(failures > 0);
  policy_fixture_free(f);
#else
  (void)name, (void)settings;
#endif
}

#endif
