/* A policy plugin as built, in the host in memory. To be included by one test, behind its plugin's header. */
#ifndef TESTS_LIB_POLICY_FIXTURE_H
#define TESTS_LIB_POLICY_FIXTURE_H

#include <hanse/fake_host.h>
#include <stdlib.h>
#include <string.h>

struct policy_fixture {
  struct fake_world *world;
  struct fake_instance *policy;
};

static const struct hanse_plugin *policy_open(const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/modules/%s.so", HANSE_BUILD_DIR, name);
  return fake_open(path);
}

/* Settings as the plugin's option table lays them out, or as they are written. */
struct policy_settings {
  const void *laid_out;
  const char *text; /* NULL: laid out */
};

static inline struct fake_instance *policy_load(struct fake_world *world, const char *name,
                                                struct policy_settings settings) {
  return settings.text ? fake_load_text(world, policy_open(name), settings.text, NULL)
                       : fake_load(world, policy_open(name), settings.laid_out, NULL);
}

static struct policy_fixture *policy_fixture_with(const char *name, struct policy_settings settings) {
  struct policy_fixture *f = (struct policy_fixture *)calloc(1, sizeof *f);
  assert_non_null(f);
  f->world = fake_world_new();
  f->policy = policy_load(f->world, name, settings);
  if (!f->policy) fail_msg("%s", fake_problem(f->world));
  return f;
}
static inline struct policy_fixture *policy_fixture_new(const char *name, const void *settings) {
  return policy_fixture_with(name, (struct policy_settings){settings, NULL});
}
static inline struct policy_fixture *policy_fixture_text(const char *name, const char *text) {
  return policy_fixture_with(name, (struct policy_settings){NULL, text});
}

/* A message of somebody of ours (out) or to him, with somebody discovered. */
static inline struct hanse_facts facts_between(bool out, const char *ours, const char *theirs) {
  const struct hanse_address_fact inside = {hanse_text(ours), HANSE_LIT("contoso.test")};
  const struct hanse_address_fact outside = {hanse_text(theirs), HANSE_LIT("wingtip.test")};
  return (struct hanse_facts){.size = sizeof(struct hanse_facts),
                              .side = out ? HANSE_SIDE_HOME : HANSE_SIDE_PARTNER,
                              .action = HANSE_ACTION_MESSAGE,
                              .federation = HANSE_LIT("discovered"),
                              .wire_type = HANSE_WIRE_AUTO_FEDERATION,
                              .from = out ? inside : outside,
                              .to = out ? outside : inside};
}

static inline void policy_fixture_free(struct policy_fixture *f) {
  assert_string_equal(fake_left(f->world), "");
  fake_world_free(f->world);
  free(f);
}

/* These settings are refused, with that line and those words. */
static inline void policy_fixture_refuses_with(const char *name, struct policy_settings settings, unsigned line,
                                               const char *words) {
  struct fake_world *world = fake_world_new();
  assert_null(policy_load(world, name, settings));
  assert_int_equal(fake_status(world), HANSE_INVALID);
  if (!strstr(fake_problem(world), words)) fail_msg("\"%s\" lacks \"%s\"", fake_problem(world), words);
  assert_int_equal(fake_problem_where(world).line, line);
  fake_world_free(world);
}

static inline void policy_fixture_refuses(const char *name, const void *settings, unsigned line, const char *words) {
  policy_fixture_refuses_with(name, (struct policy_settings){settings, NULL}, line, words);
}
static inline void policy_fixture_refuses_text(const char *name, const char *text, unsigned line, const char *words) {
  policy_fixture_refuses_with(name, (struct policy_settings){NULL, text}, line, words);
}

struct policy_fixture_load {
  const char *name;
  struct policy_settings settings;
};

static inline void policy_fixture_life(void *argument) {
  const struct policy_fixture_load *load = (const struct policy_fixture_load *)argument;
  struct fake_world *world = fake_world_new();
  bool loaded = policy_load(world, load->name, load->settings) != NULL;
  assert_int_equal(loaded ? HANSE_OK : HANSE_NOMEM, fake_status(world));
  assert_true(loaded == !*fake_problem(world));
  fake_world_free(world);
}

/* Each allocation from create to destroy fails once: that is told, and nothing stays. */
static inline void policy_fixture_no_memory_with(const char *name, struct policy_settings settings) {
  struct policy_fixture_load load = {name, settings};
  unsigned failures = fake_each_allocation_fails(policy_fixture_life, &load);
  print_message("%u allocations failed in turn\n", failures);
  assert_in_range(failures, 1, 100);
}
static inline void policy_fixture_no_memory(const char *name, const void *settings) {
  policy_fixture_no_memory_with(name, (struct policy_settings){settings, NULL});
}
static inline void policy_fixture_no_memory_text(const char *name, const char *text) {
  policy_fixture_no_memory_with(name, (struct policy_settings){NULL, text});
}

#endif
