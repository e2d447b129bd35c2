#include "router/commands.h"

#include "router/command_table.h"
#include "router/generation.h"
#include "router/rows.h"

static command_run *const runs[COMMAND_COUNT] = {[COMMAND_STATUS] = command_status,
                                                 [COMMAND_TURNS] = command_turns,
                                                 [COMMAND_LINKS] = command_links,
                                                 [COMMAND_PARTNERS] = command_partners,
                                                 [COMMAND_TARGETS] = command_targets,
                                                 [COMMAND_MODULES] = command_modules,
                                                 [COMMAND_GENERATIONS] = command_generations,
                                                 [COMMAND_COUNTERS] = command_counters,
                                                 [COMMAND_EXPLAIN] = command_explain,
                                                 [COMMAND_DECISIONS] = command_decisions,
                                                 [COMMAND_DECISION] = command_decision,
                                                 [COMMAND_PROBE] = command_probe,
                                                 [COMMAND_CHECK] = command_check,
                                                 [COMMAND_PLAN] = command_plan,
                                                 [COMMAND_RELOAD] = command_reload,
                                                 [COMMAND_CLOSE] = command_close,
                                                 [COMMAND_DNS] = command_dns,
                                                 [COMMAND_LOG] = command_log,
                                                 [COMMAND_STOP] = command_stop};

/* The table as the control socket wants it. Filled once, from constants. */
static const struct hanse_command *own_commands(void) {
  static struct hanse_command own[COMMAND_COUNT];
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    own[i] = (struct hanse_command){.size = sizeof own[i],
                                    .name = command_table[i].name,
                                    .help = command_table[i].help,
                                    .arguments = command_table[i].arguments};
  return own;
}

static bool same(const struct hanse_command *command, struct hanse_slice name) {
  return hanse_same(hanse_text(command->name), name);
}

/* Each command that a started plugin offers. True: `one` wanted no more. */
static bool each_offer(struct router *router, bool (*one)(void *argument, const struct control_command *),
                       void *argument) {
  for (size_t i = 0; router->now && i < router->now->module_count; i++) {
    struct instance *instance = router->now->modules[i].instance;
    if (!instance || instance->state != INSTANCE_STARTED) continue;
    const struct hanse_offer *offer = instance->plugin->offers;
    for (; offer && offer->capability; offer++) {
      struct control_command command = {.command = offer->slots, .self = instance->self, .owner = instance};
      if (offer->capability == HANSE_COMMAND && one(argument, &command)) return true;
    }
  }
  return false;
}

struct search {
  struct hanse_slice name;
  struct control_command *out;
};

/* Of several instances that offer a command the first one has its name; each one is reached as INSTANCE.COMMAND. */
static bool is_it(void *argument, const struct control_command *command) {
  struct search *search = argument;
  const struct instance *owner = command->owner;
  struct hanse_slice whole = search->name, instance = hanse_text(owner->name);
  bool named =
      whole.len > instance.len && whole.at[instance.len] == '.' && memcmp(whole.at, instance.at, instance.len) == 0;
  if (named) whole = hanse_slice(whole.at + instance.len + 1, whole.len - instance.len - 1);
  if (!same(command->command, whole)) return false;
  *search->out = *command;
  return true;
}

static bool find(void *context, struct hanse_slice name, struct control_command *out) {
  const struct hanse_command *own = own_commands();
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    if (!runs[i] || !same(&own[i], name)) continue;
    *out = (struct control_command){.command = &own[i]};
    return true;
  }
  struct search search = {name, out};
  return each_offer(context, is_it, &search);
}

struct listing {
  void (*one)(void *argument, const struct control_command *command);
  void *argument;
};

static bool list_it(void *argument, const struct control_command *command) {
  struct listing *listing = argument;
  listing->one(listing->argument, command);
  return false;
}

static void each(void *context, void (*one)(void *argument, const struct control_command *command), void *argument) {
  const struct hanse_command *own = own_commands();
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    struct control_command command = {.command = &own[i]};
    if (runs[i]) one(argument, &command);
  }
  struct listing listing = {one, argument};
  each_offer(context, list_it, &listing);
}

static enum hanse_outcome run(void *context, const struct control_command *command, struct hanse_rows *rows,
                              void **cursor) {
  struct instance *owner = command->owner;
  if (owner) {
    struct calling before = instance_enter(owner, "command");
    enum hanse_outcome outcome = command->command->run(command->self, rows, cursor);
    instance_leave(before);
    return outcome;
  }
  uintptr_t number = (uintptr_t)*cursor;
  enum hanse_outcome outcome = runs[command->command - own_commands()](context, rows, &number);
  *cursor = outcome == HANSE_MORE ? (void *)number : NULL;
  return outcome;
}

static void finish(void *context, const struct control_command *command, void *cursor) {
  (void)context;
  struct instance *owner = command->owner;
  if (!owner || !command->command->finish) return;
  struct calling before = instance_enter(owner, "command");
  command->command->finish(command->self, cursor);
  instance_leave(before);
}

struct control_source commands_source(struct router *router) {
  return (struct control_source){.find = find, .each = each, .run = run, .finish = finish, .context = router};
}
