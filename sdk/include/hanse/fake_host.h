/* A host in memory, for tests of plugins: it implements the whole of struct hanse_host_ops with a clock that the test
   moves, links whose octets the test reads and writes, and stages that do what the test says. A world is what instances
   share (links, tickets, clock), so that a reload can be played with two of them. */
#ifndef HANSE_FAKE_HOST_H
#define HANSE_FAKE_HOST_H

#include <hanse/plugin.h>

HANSE_BEGIN

struct fake_world;
struct fake_instance;

/* ---- world and instances ---- */

/* Never NULL: a test that has no memory ends. */
struct fake_world *fake_world_new(void);
/* Unloads what is still loaded. */
void fake_world_free(struct fake_world *world);

/* create, configure, start. With a predecessor: also save and adopt between the two, after start its drain, all
   links pass to the new one, and save_rest and adopt to the end. NULL: a slot failed (fake_status, fake_problem); what
   was done is undone. `settings` must live as long as the instance. */
struct fake_instance *fake_load(struct fake_world *world, const struct hanse_plugin *plugin, const void *settings,
                                struct fake_instance *predecessor);
/* stop, destroy. */
void fake_unload(struct fake_instance *instance);
/* NULL: none is loaded. */
struct fake_instance *fake_newest(struct fake_world *world);
int fake_status(const struct fake_world *world);
const char *fake_problem(const struct fake_world *world);
struct hanse_where fake_problem_where(const struct fake_world *world);
struct hanse_host *fake_host(struct fake_instance *instance);
void *fake_self(struct fake_instance *instance);

/* What instances have not given back: "" or a list such as "messages 1, tickets 2". Lives until the next call. */
const char *fake_left(struct fake_world *world);

/* The value of a counter; 0 when there is none of that name. */
uint64_t fake_counter(struct fake_world *world, const char *name);
/* The last line that was logged; "" at first. */
const char *fake_logged(const struct fake_world *world);

/* ---- time ---- */

hanse_time fake_now(const struct fake_world *world);
/* Moves the clock on; what falls due fires in order, each at its own time. */
void fake_advance(struct fake_world *world, hanse_time by);

/* ---- this node ---- */

struct hanse_node *fake_node(struct fake_world *world);
/* "name:port" that one side knows us by. Static text. */
void fake_side_name(struct fake_world *world, enum hanse_side side, const char *name);
/* Makes hanse_seal use another current key; the one before becomes the previous one. */
void fake_rotate_keys(struct fake_world *world);
/* After n more pieces of memory (messages, their blocks, tickets) there is none; -1: always some. */
void fake_fail_after(struct fake_world *world, long n);
/* How many of them are left. */
long fake_memory_left(const struct fake_world *world);

/* ---- links ---- */

/* An open link that belongs to the newest instance. Texts must be static. It stays valid until the world is freed. */
struct hanse_link *fake_link(struct fake_world *world, enum hanse_side side, const char *peer, const char *local);
void fake_link_secure(struct hanse_link *link, bool secure);
/* A name that its certificate proved (one at most). */
void fake_link_proved(struct hanse_link *link, const char *name);
/* Octets arrive. The plugin's input is called until it takes no more. Returns what it left. */
size_t fake_receive(struct hanse_link *link, struct hanse_slice octets);
/* All that the plugin wrote since the last fake_take; NUL-terminated behind its length. */
struct hanse_slice fake_output(const struct hanse_link *link);
/* Forgets it. */
void fake_take(struct hanse_link *link);
/* Nothing leaves for the network any more: hanse_link_written stands still. */
void fake_link_stick(struct hanse_link *link);
/* hanse_link_room refuses. */
void fake_link_full(struct hanse_link *link, bool full);
void fake_link_close(struct hanse_link *link, enum hanse_close why);
/* What hanse_link_failure will say of it; HANSE_F_LINK_LOST at first. */
void fake_link_failed(struct hanse_link *link, enum hanse_failure failure);
/* The plugin asked to shut it. */
bool fake_link_was_shut(const struct hanse_link *link);
/* The far end was silent for the keepalive interval. */
void fake_link_silence(struct hanse_link *link);
bool fake_link_is_open(const struct hanse_link *link);

/* ---- targets ---- */

/* Static text "host:port". */
struct hanse_target *fake_target(struct fake_world *world, const char *text);
/* What hanse_link_want says from now on: this link; or with NULL `status` (HANSE_SKIP: the wait begins). */
void fake_target_link(struct hanse_target *target, struct hanse_link *link, int status);
/* Ends all waits for the target: with a link, or with a failure. */
void fake_target_ready(struct hanse_target *target, struct hanse_link *link, enum hanse_failure failure);
/* How many tickets wait for it. */
size_t fake_target_waits(const struct hanse_target *target);

/* ---- stages ---- */

enum fake_verdict { FAKE_PASS, FAKE_REFUSE, FAKE_HOLD };

/* What becomes of messages from that side. FAKE_REFUSE with this failure. */
void fake_judge(struct fake_world *world, enum hanse_side from, enum fake_verdict verdict, enum hanse_failure failure);
/* Where messages from that side go: at most 8 targets. */
void fake_route(struct fake_world *world, enum hanse_side from, struct hanse_target *const *targets, size_t count);
/* What becomes of answers. */
void fake_judge_answers(struct fake_world *world, enum fake_verdict verdict, enum hanse_failure failure);
/* Called for each message and answer before the verdict: sets marks, looks at facts. */
void fake_look(struct fake_world *world, void (*look)(void *argument, struct hanse_message *message), void *argument);
/* Lets the oldest held message or answer go on, now with this verdict. False: none is held. */
bool fake_release(struct fake_world *world, enum fake_verdict verdict, enum hanse_failure failure);
/* The name of the partner of all routes and links. Static text; NULL: none. */
void fake_partner(struct fake_world *world, const char *name);
/* Domains that are ours: at most 4. Static text. */
void fake_home(struct fake_world *world, const char *domain);
/* The last failure for which the plugin itself refused a message; HANSE_F_NONE at first. */
enum hanse_failure fake_refused(const struct fake_world *world);
/* Facts of the last message that was submitted. Its texts are copies; valid until the next one. */
const struct hanse_facts *fake_facts(const struct fake_world *world);

/* ---- plugins that are no protocol: policies, federation types, commands ---- */

struct fake_judgement {
  enum hanse_verdict verdict;
  struct hanse_marks marks;
  struct hanse_refusal why;
  hanse_token token; /* for fake_resolved after HANSE_DEFER */
};
/* Asks the instance's policy; texts in marks and `why` live until the world is freed. */
void fake_decide(struct fake_instance *instance, enum hanse_stage stage, const struct hanse_facts *facts, bool dry,
                 struct fake_judgement *out);

/* Whether another policy, or an entry, is for what fake_decide asks about at ROUTED. */
void fake_allowed(struct fake_world *world, bool allowed);
/* Marks that policies before it have set, for fake_decide. */
void fake_marked(struct fake_world *world, const struct hanse_marks *marks);
/* Tells the instance's observer, if it wants to know of that. */
void fake_event(struct fake_instance *instance, enum hanse_event_kind kind, const struct hanse_facts *facts,
                const struct hanse_refusal *why);

struct fake_finding {
  struct hanse_refusal why;
  hanse_token token;
  const struct hanse_place *places; /* what hanse_route_add was called with */
  size_t place_count;
  hanse_time lasts;
};
/* Asks the instance's federation type: confirm with the names that a peer proved, route with NULL. The partner is that
   of fake_partner, with these settings. */
enum hanse_found fake_ask(struct fake_instance *instance, const char *domain, const struct hanse_slice *proved,
                          size_t proved_count, struct fake_finding *out);
void fake_partner_settings(struct fake_world *world, const void *settings);

/* Was the newest token answered (hanse_resolve_…)? */
bool fake_resolved(const struct fake_world *world, hanse_token token, int *answer, enum hanse_failure *failure);

/* ---- stores ---- */

/* Asks the instance's store in that space; `lasts` counts from the fake wall clock, which goes with fake_advance.
   Returns what `ask` said. */
int fake_store_ask(struct fake_instance *instance, hanse_inquiry inquiry, const char *space,
                   const struct hanse_store_request *request);
/* Called for each answer to a fake_store_ask; returns what the store is told. */
void fake_store_told(struct fake_world *world,
                     int (*told)(void *argument, hanse_inquiry inquiry, const struct hanse_store_answer *answer),
                     void *argument);
/* From now on there is a store for what instances ask themselves. It outlives them, and answers when it is told to. */
void fake_store_open(struct fake_world *world);
/* Answers what was asked, in slices of few rows, and what is asked meanwhile. Returns how many requests that were. */
size_t fake_store_work(struct fake_world *world);
/* All that it does fails. */
void fake_store_fail(struct fake_world *world, bool fail);
/* Rows whose keys begin so are gone, as after half a write. */
void fake_store_lose(struct fake_world *world, struct hanse_slice prefix);
/* How many rows it has. */
size_t fake_store_rows(const struct fake_world *world);
/* hanse_state_dir. Static text. */
void fake_state_dir(struct fake_world *world, const char *folder);

/* Runs what hanse_post left. Returns how many. */
size_t fake_run_posts(struct fake_world *world);

struct fake_argument {
  const char *name, *value; /* NULL ends the list */
};
/* Runs the command of that name to its end. *rows: one line a row, "name=value " for each field; lives until the next
   call. */
enum hanse_outcome fake_command(struct fake_instance *instance, const char *name, const struct fake_argument *arguments,
                                const char **rows);

HANSE_END
#endif
