#include "router/reload.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <utlist.h>

#include "router/assemble.h"
#include "router/claim.h"
#include "router/log.h"
#include "router/reap.h"
#include "router/secret.h"

#define HELPER_NICE 5 /* where processors are short, the loop goes first; of this thread only (nptl(7)) */

enum phase { IDLE, PREPARING, WAITING, ASSEMBLING, HANDING_OVER };

struct asker {
  struct asker *next, *previous;
  reload_done *done;
  void *argument;
};

struct reload {
  struct router *router;
  struct prepare_request request;
  enum phase phase;
  struct asker *askers; /* of this reload */
  struct asker *later;  /* of the one that follows */
  pthread_t helper;
  struct generation *next;
  struct problem_list problems;
  int status;
  size_t module; /* the next one to be assembled */
  uint64_t generations;
  bool said_waiting;
  struct loop_task step;
};

static void begin(struct reload *reload);
static void step(struct loop_task *task);

struct reload *reload_new(struct router *router, const struct prepare_request *request) {
  struct reload *reload = calloc(1, sizeof *reload);
  if (!reload) return NULL;
  reload->router = router;
  reload->request = *request;
  reload->step.run = step;
  problem_list_init(&reload->problems);
  return reload;
}

static void askers_tell(struct asker **askers, bool accepted, const struct problem_list *problems) {
  struct asker *asker, *after;
  DL_FOREACH_SAFE2(*askers, asker, after, next) {
    DL_DELETE2(*askers, asker, previous, next);
    if (asker->done) asker->done(asker->argument, accepted, problems);
    free(asker);
  }
}

void reload_free(struct reload *reload) {
  if (!reload) return;
  if (reload->phase == PREPARING) pthread_join(reload->helper, NULL);
  loop_task_remove(reload->router->loop, &reload->step);
  if (reload->next) assemble_undo(reload->next);
  askers_tell(&reload->askers, false, &reload->problems);
  askers_tell(&reload->later, false, &reload->problems);
  problem_list_clear(&reload->problems);
  free(reload);
}

/* ---- on the spot: start and --check ---- */

static void report(struct problem_list *problems, const struct hanse_problem *problem) {
  problem_error(problems, &problem->where, "%s", problem->text);
}

static int assemble_modules(struct generation *generation, struct problem_list *problems) {
  for (size_t i = 0; i < generation->module_count; i++) {
    struct hanse_problem problem = {0};
    int status;
    do status = assemble_module(generation, i, &problem);
    while (status == HANSE_AGAIN);
    if (status != HANSE_OK) report(problems, &problem);
  }
  return problems->errors ? HANSE_INVALID : HANSE_OK;
}

/* Prepares on this thread. HANSE_INVALID, HANSE_NOMEM: `problems` says why. */
static int prepare_here(struct reload *reload, struct problem_list *problems, struct generation **out) {
  struct generation *generation = generation_new(reload->router);
  int status = HANSE_NOMEM;
  if (generation) {
    generation->number = ++reload->generations;
    status = prepare(generation, &reload->request, problems);
    reload->router->loader = reload->request.loader;
  }
  if (status == HANSE_NOMEM) problem_error(problems, NULL, "no memory for the configuration");
  if (status == HANSE_OK)
    *out = generation;
  else if (generation)
    assemble_undo(generation);
  return status;
}

int reload_first(struct reload *reload, struct systemd_sockets *handed, uid_t user, struct problem_list *problems) {
  struct hanse_problem problem = {0};
  struct generation *generation;
  int status = prepare_here(reload, problems, &generation);
  if (status != HANSE_OK) return status;
  status = claim_process(reload->router, generation->settings, user, &problem);
  if (status == HANSE_OK) status = assemble_modules(generation, problems);
  if (status == HANSE_OK) status = assemble_dns(generation, &problem);
  if (status == HANSE_OK) status = assemble_listeners(generation, handed, &problem);
  if (status == HANSE_OK) status = assemble_commit(generation, &problem);
  if (status == HANSE_OK) return HANSE_OK;
  if (problem.text[0]) report(problems, &problem);
  assemble_undo(generation);
  return status;
}

int reload_check(struct reload *reload, struct problem_list *problems) {
  struct generation *generation;
  int status = prepare_here(reload, problems, &generation);
  if (status != HANSE_OK) return status;
  status = assemble_modules(generation, problems);
  assemble_undo(generation);
  return status;
}

static bool show_part(void *context, bool partner, size_t index, struct settings_show_part *part) {
  const struct generation *generation = context;
  if (partner) {
    const struct hanse_partner *entry = &generation->partners->partners[index];
    part->settings = entry->settings;
    part->table = entry->federation ? entry->federation->entry : NULL;
  } else {
    part->settings = generation->modules[index].options;
    part->table = generation->modules[index].code->plugin->options;
  }
  return part->table != NULL;
}

int reload_show(struct reload *reload, FILE *out) {
  struct problem_list problems;
  problem_list_init(&problems);
  reload->request.keep_text = true;
  struct generation *generation;
  int status = prepare_here(reload, &problems, &generation);
  problem_list_print(&problems, stderr);
  problem_list_clear(&problems);
  if (status != HANSE_OK) return status;
  settings_show(generation->settings, show_part, generation, out);
  assemble_undo(generation);
  return HANSE_OK;
}

/* ---- beside the running generation ---- */

static void log_end(const struct reload *reload, bool accepted) {
  const struct router *router = reload->router;
  for (size_t i = 0; i < reload->problems.count; i++) {
    const struct problem *problem = &reload->problems.items[i];
    log_event(problem->severity == PROBLEM_ERROR ? HANSE_ERROR : HANSE_WARNING, "reload", "config.problem",
              "at=%s:%u text=\"%s\"", problem->file ? problem->file : "-", problem->line, problem->text);
  }
  if (accepted) {
    ++*router->reloads_done;
    log_event(HANSE_NOTICE, "reload", "reload.done", "generation=%llu", (unsigned long long)router->now->number);
  } else {
    ++*router->reloads_failed;
    log_event(HANSE_ERROR, "reload", "reload.refused", "errors=%zu running=%llu", reload->problems.errors,
              (unsigned long long)router->now->number);
  }
}

/* The one that follows begins before the askers of this one are told: they may ask again at once. */
static void end(struct reload *reload, bool accepted) {
  loop_look_closely(reload->router->loop, false);
  problem_list_sort(&reload->problems);
  log_end(reload, accepted);
  struct problem_list problems = reload->problems;
  struct asker *askers = reload->askers;
  problem_list_init(&reload->problems);
  reload->phase = IDLE;
  reload->next = NULL;
  reload->askers = reload->later;
  reload->later = NULL;
  reap_allow(reload->router, true);
  systemd_notify("READY=1\nSTATUS=%s", accepted ? "running" : "running; the last reload was refused");
  if (reload->askers) begin(reload);
  askers_tell(&askers, accepted, &problems);
  problem_list_clear(&problems);
}

static void fail(struct reload *reload) {
  if (reload->next) assemble_undo(reload->next);
  end(reload, false);
}

static bool crowded(const struct reload *reload) {
  const struct generation *next = reload->next;
  unsigned most = (unsigned)reload->router->now->settings->limits.code_versions;
  for (size_t i = 0; i < next->module_count; i++)
    if (loader_versions(reload->router->loader, hanse_text(next->modules[i].code->plugin->name)) > most) return true;
  return false;
}

/* What a running process cannot change is refused with a sentence. */
static void check_fixed(struct reload *reload) {
  const struct settings *was = reload->router->now->settings, *is = reload->next->settings;
  if (!hanse_same(was->run_dir, is->run_dir))
    problem_error(&reload->problems, NULL, "run_dir cannot change while running; restart to change it");
  if (!hanse_same(was->state_dir, is->state_dir))
    problem_error(&reload->problems, NULL, "state_dir cannot change while running; restart to change it");
  if (!hanse_same(was->cache_dir, is->cache_dir))
    problem_error(&reload->problems, NULL, "cache_dir cannot change while running; restart to change it");
}

/* The keys are exchanged after the commit only; before it the file must be one that can be read. */
static int check_secret(const struct generation *next, uid_t user, struct hanse_problem *problem) {
  struct secret *secret = secret_open(next->settings->state_dir.at, user, problem);
  secret_free(secret);
  return secret ? HANSE_OK : HANSE_FAIL;
}

static int commit_all(struct reload *reload, struct hanse_problem *problem) {
  struct router *router = reload->router;
  struct generation *next = reload->next;
  struct hanse_problem undone;
  if (router->draining) {
    hanse_explain(problem, "this node is being taken out of service; start it again instead");
    return HANSE_FAIL;
  }
  if (check_secret(next, reload->request.user, problem) != HANSE_OK || assemble_dns(next, problem) != HANSE_OK ||
      assemble_listeners(next, NULL, problem) != HANSE_OK || claim_log(next->settings, problem) != HANSE_OK)
    return HANSE_FAIL;
  if (assemble_commit(next, problem) == HANSE_OK) {
    if (secret_load(router->secret, problem) != HANSE_OK) /* replaced by something else since it was checked */
      log_event(HANSE_ERROR, "reload", "secret.kept", "text=\"%s\"", problem->text);
    return HANSE_OK;
  }
  claim_log(router->now->settings, &undone);
  return HANSE_FAIL;
}

static void commit(struct reload *reload) {
  struct hanse_problem problem = {0};
  if (commit_all(reload, &problem) != HANSE_OK) {
    report(&reload->problems, &problem);
    fail(reload);
    return;
  }
  reap_links(reload->router);
  reload->next = NULL;
  reload->phase = HANDING_OVER;
  loop_task_add(reload->router->loop, &reload->step);
}

/* True: old code leaves no room. It is never killed to make some: the reload waits, and says so. */
static bool waits(struct reload *reload) {
  if (!crowded(reload)) {
    reload->phase = ASSEMBLING;
    reap_allow(reload->router, false);
    return false;
  }
  if (!reload->said_waiting)
    log_event(HANSE_WARNING, "reload", "reload.waits", "reason=\"too many versions of a plugin's code are alive\"");
  reload->said_waiting = true;
  reap_when_buried(reload->router, &reload->step);
  return true;
}

/* All modules are asked, so that all that is wrong is told. */
static void assemble_one(struct reload *reload) {
  struct hanse_problem problem = {0};
  int status = assemble_module(reload->next, reload->module, &problem);
  if (status != HANSE_AGAIN) reload->module++;
  if (status != HANSE_AGAIN && status != HANSE_OK) report(&reload->problems, &problem);
  loop_task_add(reload->router->loop, &reload->step);
}

/* One thing a turn: each instance is created and configured in turns of its own, then all is committed in one, then
   what was not urgent is handed over. */
static void step(struct loop_task *task) {
  struct reload *reload = (struct reload *)((char *)task - offsetof(struct reload, step));
  if (reload->phase == HANDING_OVER) {
    if (assemble_rest(reload->router->now) == HANSE_AGAIN)
      loop_task_add(reload->router->loop, task);
    else
      end(reload, true);
    return;
  }
  if (reload->phase == WAITING && waits(reload)) return;
  if (reload->module < reload->next->module_count)
    assemble_one(reload);
  else if (reload->problems.errors)
    fail(reload);
  else
    commit(reload);
}

static void prepared(void *argument) {
  struct reload *reload = argument;
  pthread_join(reload->helper, NULL);
  reap_allow(reload->router, true);
  reload->phase = WAITING;
  if (reload->status == HANSE_OK) check_fixed(reload);
  if (reload->status == HANSE_NOMEM) problem_error(&reload->problems, NULL, "no memory for the configuration");
  if (reload->status != HANSE_OK || reload->problems.errors) {
    fail(reload);
    return;
  }
  reload->module = 0;
  loop_task_add(reload->router->loop, &reload->step);
}

static void *helper(void *argument) {
  struct reload *reload = argument;
  setpriority(PRIO_PROCESS, 0, HELPER_NICE);
  reload->status = prepare(reload->next, &reload->request, &reload->problems);
  while (loop_post(reload->router->loop, prepared, reload) != HANSE_OK) sched_yield();
  return NULL;
}

static void begin(struct reload *reload) {
  loop_look_closely(reload->router->loop, true);
  reload->said_waiting = false;
  reload->next = generation_new(reload->router);
  systemd_notify_reloading();
  log_event(HANSE_NOTICE, "reload", "reload.begin", "file=%s", reload->request.path);
  if (!reload->next) {
    problem_error(&reload->problems, NULL, "no memory for a new generation");
    fail(reload);
    return;
  }
  reload->next->number = ++reload->generations;
  reload->phase = PREPARING;
  reap_allow(reload->router, false); /* the helper loads code: nothing is closed meanwhile */
  if (pthread_create(&reload->helper, NULL, helper, reload) == 0) return;
  problem_error(&reload->problems, NULL, "no thread to read the configuration with");
  fail(reload);
}

int reload_ask(struct reload *reload, reload_done *done, void *argument) {
  struct asker *asker = calloc(1, sizeof *asker);
  if (!asker) return HANSE_NOMEM;
  asker->done = done;
  asker->argument = argument;
  if (reload->phase == IDLE) {
    DL_APPEND2(reload->askers, asker, previous, next);
    begin(reload);
  } else {
    DL_APPEND2(reload->later, asker, previous, next);
  }
  return HANSE_OK;
}

const char *reload_state(const struct reload *reload) {
  static const char *const states[] = {"idle", "preparing", "waiting for old code to finish", "assembling",
                                       "handing over"};
  return states[reload->phase];
}
