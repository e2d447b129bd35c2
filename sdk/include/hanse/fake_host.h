/* A host in memory, for tests of plugins: it does for a plugin what the router does, with a clock that the test moves,
   links whose octets the test reads and writes, DNS answers that the test gives, and stages that do what it says. A
   test links it (pkg-config hanse-fakehost, or CMake target HanseSDK::fakehost), opens its plugin, and calls it:

     struct fake_world *world = fake_world_new();
     struct fake_instance *mine = fake_load_text(world, fake_open("./mine.so"), "words = [ \"x\" ];", NULL);
     struct fake_judgement judgement;
     if (!mine) fail_msg("%s", fake_problem(world));
     fake_decide(mine, HANSE_STAGE_ADMIT, fake_facts_text(world, "from=al@a.test to=bo@b.test text=x"), false,
                 &judgement);
     assert_int_equal(judgement.verdict, HANSE_DENY);
     fake_unload(mine);
     assert_string_equal(fake_left(world), "");
     fake_world_free(world);

   A world is what instances share (clock, links, tickets, log), so that a reload can be played with two of them. All
   calls are made by the thread that made the world; what a plugin's own threads call but hanse_post is refused, and
   logged as "plugin.thread". What a test itself does wrong ends the process with a sentence on standard error. Texts
   that are handed in must live as long as the world unless a copy is promised; texts that are handed out live as long
   as the world unless something else is said. */
#ifndef HANSE_FAKE_HOST_H
#define HANSE_FAKE_HOST_H

#include <hanse/observer.h>
#include <hanse/plugin.h>

HANSE_BEGIN

struct fake_world;    /* what instances share */
struct fake_instance; /* of a plugin, in a world */

/* ---- world, plugins, instances ---- */

/* Never NULL. */
struct fake_world *fake_world_new(void);
/* Unloads what is still loaded. */
void fake_world_free(struct fake_world *world);

/* Opens a plugin's file and judges its descriptor, as the router does. The file stays open, so that sanitizers can name
   its functions. Ends the process with the router's sentence when it does not fit. */
const struct hanse_plugin *fake_open(const char *path);
/* The same; NULL: *problem has the sentence. */
const struct hanse_plugin *fake_try_open(const char *path, struct hanse_problem *problem);

/* create, configure, start. With a predecessor: also its save, adopt before start, and after it its drain; all links
   pass to the new one; save_rest and adopt to the end. `settings` is the struct that the plugin's option table lays
   out, and must live as long as the instance. NULL: fake_status and fake_problem say why, and what was done is undone.
   HANSE_SKIP: `start` declined. */
struct fake_instance *fake_load(struct fake_world *world, const struct hanse_plugin *plugin, const void *settings,
                                struct fake_instance *predecessor);
/* The same with settings as in a block of the configuration, such as `interval = "5s"; words = [ "a", "b" ];`, which
   are converted and checked by the plugin's option table. NULL: none are written. Paths are those of the working
   folder; names of other blocks (HANSE_REFERENCE) are not looked up. */
struct fake_instance *fake_load_text(struct fake_world *world, const struct hanse_plugin *plugin, const char *text,
                                     struct fake_instance *predecessor);
/* What waits for its answers goes on as if the time were over; stop, destroy. */
void fake_unload(struct fake_instance *instance);
/* NULL: none is loaded. */
struct fake_instance *fake_newest(struct fake_world *world);
/* Of the last fake_load or fake_partner_text: enum hanse_status; what is wrong, a line each, "file:line: sentence" as
   `hanse --check` prints it ("" when nothing is; settings given as text are the file "text"); and where the first one
   is. The text lives until the next of these calls. */
int fake_status(const struct fake_world *world);
const char *fake_problem(const struct fake_world *world);
struct hanse_where fake_problem_where(const struct fake_world *world);

/* What the plugin's slots get as their host and as their self. */
struct hanse_host *fake_host(struct fake_instance *instance);
void *fake_self(struct fake_instance *instance);

/* What instances have not given back: "" or a list such as "messages 1, timers 2, answers 1". Lives until the next
   call. */
const char *fake_left(struct fake_world *world);

/* ---- log and counters ---- */

/* The nth line that was logged, 0 the first: "LEVEL event key=value key=\"two words\"", as in the router's log without
   time and module. NULL past the end. Lives until fake_forget_log. */
const char *fake_log_line(const struct fake_world *world, size_t n);
/* The first line that holds these words; NULL: none does. */
const char *fake_logged_with(const struct fake_world *world, const char *words);
/* The last line; "" when there is none. */
const char *fake_logged(const struct fake_world *world);
void fake_forget_log(struct fake_world *world);

/* The value of the counter hanse_counter(…, name, …); 0 when there is none of that name. */
uint64_t fake_counter(struct fake_world *world, const char *name);

/* ---- time, posts ---- */

/* What hanse_now says. */
hanse_time fake_now(const struct fake_world *world);
/* Moves the clock on; timers and time-outs that fall due fire in order, each at its own time. */
void fake_advance(struct fake_world *world, hanse_time by);

/* Runs what hanse_post left. Returns how many that were. */
size_t fake_run_posts(struct fake_world *world);
/* Waits until a thread of the plugin posts, this long by the wall clock at most, and runs it. Returns as above; 0: the
   time was over. */
size_t fake_await_posts(struct fake_world *world, hanse_time patience);

/* ---- memory ---- */

/* Runs `steps` (a test's whole course: fake_world_new to fake_world_free) once as it is, then with the first, the
   second, … allocation failing, until it passes without a failure. Counted is what the plugin's slots, its threads and
   the libraries that they call ask malloc, calloc, realloc, strdup, … for, and what the plugin asks the host for; what
   `steps` itself or the host's own books need never fails. Ends the process when memory, or anything of fake_left, is
   left behind. Returns how many allocations failed in turn. `steps` must put up with NULL from fake_load and whatever
   else a plugin without memory may answer. */
unsigned fake_each_allocation_fails(void (*steps)(void *argument), void *argument);
/* For more of a say: the nth allocation of the whole process from now on fails (1: the next); 0: none does any more. */
void fake_fail_allocation(unsigned n);
/* Has it failed since the last call with an n that is not 0? */
bool fake_allocation_failed(void);

/* After n more pieces of the host's own memory (messages, their blocks, tickets, timers) there is none; -1: always
   some. */
void fake_fail_after(struct fake_world *world, long n);
/* How many of them are left. */
long fake_memory_left(const struct fake_world *world);

/* ---- facts ---- */

/* Facts of a message, written as a line: "from=alice@a.test to=bob@b.test text=\"two words\" modality=im". Keys are the
   fields of struct hanse_facts (of its `terms`: decoration, carries, terms.trust, network, relays, rate), values the
   words of the enumerations in lower case ("audio_video", "subscribe", "partner", "in_dialog"), several of them with
   commas (flags, modalities, carries, proved). `from` and `to` are an address or a domain, which becomes canonical. In
   quotes
   \" \\ \n \r \t are what they are in C. What is not written: method MESSAGE, modality im, the action that fits the
   modality, side partner, 70 hops, the partner of fake_partner (partner=none: nobody). Lives until the next call.
   A word that does not exist ends the process. */
const struct hanse_facts *fake_facts_text(struct fake_world *world, const char *line);

/* ---- policies and observers ---- */

/* What a policy has answered. */
struct fake_judgement {
  enum hanse_verdict verdict; /* as the router takes it */
  struct hanse_marks marks;   /* its own, and those of fake_marked */
  struct hanse_refusal why;   /* DENY: the reason; ALLOW: `where`, what decided */
  hanse_token token;          /* names the question, whether it was deferred or not */
};

/* Asks the instance's policy as the router does. Facts are copied; the copy goes with the question, so that a plugin
   that keeps a pointer to it is found out by a sanitizer. A stage or an action that the policy does not judge: ABSTAIN.
   A DENY without a reason, a verdict that does not exist, a DEFER that may not be (dry, no `withdrawn`, too many):
   DENY with what the router says of it, or what fake_on_failure says. */
void fake_decide(struct fake_instance *instance, enum hanse_stage stage, const struct hanse_facts *facts, bool dry,
                 struct fake_judgement *out);
/* Whether another policy, or an entry, is for what fake_decide asks about at ROUTED. False at first. */
void fake_allowed(struct fake_world *world, bool allowed);
/* Marks that policies before it have set, for fake_decide. Copied, but for its texts. */
void fake_marked(struct fake_world *world, const struct hanse_marks *marks);

/* Tells the instance's observer, if it wants to know of that kind. */
void fake_event(struct fake_instance *instance, enum hanse_event_kind kind, const struct hanse_facts *facts,
                const struct hanse_refusal *why);

/* ---- answers that come later ---- */

/* What has become of a question to a policy: HANSE_DEFER as long as an answer is owed. */
enum hanse_verdict fake_judged(struct fake_world *world, hanse_token token, struct fake_judgement *out);
/* Has it been answered, or ended otherwise? *answer becomes enum hanse_verdict or hanse_found. */
bool fake_resolved(const struct fake_world *world, hanse_token token, int *answer, enum hanse_failure *failure);

/* The three ways in which an answer meets nobody. After each of them the plugin's own answer must be harmless
   (hanse_resolve_… says HANSE_GONE), and it must have forgotten the question in the end.
   Early: the next question that is deferred was answered, with this, before its slot returned. */
void fake_answer_early(struct fake_world *world, int answer, enum hanse_failure failure);
/* Late: the time for the answer is over now, as after fake_advance by the time-out: `withdrawn` is called, and the
   default applied. False: it is not open. */
bool fake_time_out(struct fake_world *world, hanse_token token);
/* Twice: somebody else answers first. HANSE_GONE: it is not open. */
int fake_answer(struct fake_world *world, hanse_token token, int answer, enum hanse_failure failure);
/* The message is gone (cancelled, its link lost): `withdrawn` is called. False: it is not open. */
bool fake_withdraw(struct fake_world *world, hanse_token token);
/* How many answers of plugins have met nobody so far. */
uint64_t fake_late_answers(const struct fake_world *world);

/* policy.deferred_timeout (10 s at first), limits.deferred_per_module (1000). */
void fake_deferred_timeout(struct fake_world *world, hanse_time longest);
void fake_deferred_max(struct fake_world *world, unsigned most);
/* The module's on_failure: what stands in for a verdict that does not come, is none, or is a DENY because it could not
   be judged (HANSE_F_MEMORY, HANSE_F_ERROR, HANSE_F_DEFERRED). HANSE_DENY at first. How long a policy that keeps
   failing is not asked any more, the router alone decides. */
void fake_on_failure(struct fake_world *world, enum hanse_verdict instead);

/* ---- federation types ---- */

/* The name of the partner of all questions, routes and links; NULL: none. */
void fake_partner(struct fake_world *world, const char *name);
/* Its settings, as the type's entry table lays them out. */
void fake_partner_settings(struct fake_world *world, const void *settings);
/* The partner with settings as in an entry of `partners` of this type, but for domain and type. Texts are copied.
   False: fake_problem says why. */
bool fake_partner_text(struct fake_world *world, struct fake_instance *type, const char *name, const char *text);
/* Domains that are ours: at most 4. */
void fake_home(struct fake_world *world, const char *domain);

/* What a federation type has answered. */
struct fake_finding {
  struct hanse_refusal why;         /* NO, NOT_MINE: the reason; YES: `where`, what decided */
  hanse_token token;                /* names the question */
  const struct hanse_place *places; /* what hanse_route_add was called with */
  size_t place_count;
  hanse_time lasts;
  bool whole_entry, configured;
  struct hanse_slice through;
  struct hanse_terms terms;
};

/* Asks the instance's federation type: confirm with the names that a peer proved, route with NULL. What the router
   would not take (YES without a place, a value that does not exist) is NO with the router's reason. */
enum hanse_found fake_ask(struct fake_instance *instance, const char *domain, const struct hanse_slice *proved,
                          size_t proved_count, struct fake_finding *out);
/* What has become of it: HANSE_FOUND_LATER as long as an answer is owed. */
enum hanse_found fake_found(struct fake_world *world, hanse_token token, struct fake_finding *out);
/* Questions to types are asked dry from now on. */
void fake_dry(struct fake_world *world, bool dry);

/* What the DNS says of the services under a name such as "_sip._tcp.a.test"; count 0: it is certain that there are
   none. `secure`: signed and validated. All is copied. Who waits for that name (hanse_services_await) is asked again
   before this returns. A name of which nothing was said is not known yet. */
void fake_dns(struct fake_world *world, const char *name, const struct hanse_service *services, size_t count,
              bool secure);
/* The resolver could not tell; `error` is its reason. */
void fake_dns_failed(struct fake_world *world, const char *name, const char *error);
/* It is not known any more. */
void fake_dns_forget(struct fake_world *world, const char *name);
/* How many questions wait for it. */
size_t fake_dns_waits(const struct fake_world *world, const char *name);

/* ---- commands ---- */

/* An argument of a command. */
struct fake_argument {
  const char *name, *value; /* name NULL ends the list */
};

/* Runs the command of that name to its end. *rows: one line a row, "name=value " for each field; lives until the next
   call. HANSE_USAGE also for an argument that its table does not name, or lacks. */
enum hanse_outcome fake_command(struct fake_instance *instance, const char *name, const struct fake_argument *arguments,
                                const char **rows);
/* The same, but the asker goes away after so many calls that returned HANSE_MORE (which is then returned). */
enum hanse_outcome fake_command_cut(struct fake_instance *instance, const char *name,
                                    const struct fake_argument *arguments, unsigned calls, const char **rows);

/* ---- this node ---- */

/* What plugins see as host->node; the test may write to it. */
struct hanse_node *fake_node(struct fake_world *world);
/* "name:port" that one side knows us by. */
void fake_side_name(struct fake_world *world, enum hanse_side side, const char *name);
/* Makes hanse_seal use another current key; the one before becomes the previous one. */
void fake_rotate_keys(struct fake_world *world);
/* hanse_state_dir. */
void fake_state_dir(struct fake_world *world, const char *folder);

/* ---- links of protocols ---- */

/* An open link that belongs to the newest instance, from "host:port" to what we are called there. It stays valid until
   the world is freed. */
struct hanse_link *fake_link(struct fake_world *world, enum hanse_side side, const char *peer, const char *local);
void fake_link_secure(struct hanse_link *link, bool secure);
/* A name that its certificate proved (one at most). */
void fake_link_proved(struct hanse_link *link, const char *name);
/* Octets arrive. The plugin's input is called until it takes no more. Returns how many it left. */
size_t fake_receive(struct hanse_link *link, struct hanse_slice octets);
/* All that the plugin wrote since the last fake_take; NUL-terminated behind its length. Lives until more is written. */
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

/* A place that messages are sent to: "host:port". */
struct hanse_target *fake_target(struct fake_world *world, const char *text);
/* What hanse_link_want says from now on: this link; or with NULL `status` (HANSE_SKIP: the wait begins). */
void fake_target_link(struct hanse_target *target, struct hanse_link *link, int status);
/* Ends all waits for the target: with a link, or with a failure. */
void fake_target_ready(struct hanse_target *target, struct hanse_link *link, enum hanse_failure failure);
/* How many tickets wait for it. */
size_t fake_target_waits(const struct hanse_target *target);

/* ---- stages, as a protocol meets them ---- */

/* What the stages say. */
enum fake_verdict {
  FAKE_PASS,   /* deliver follows */
  FAKE_REFUSE, /* refuse follows */
  FAKE_HOLD,   /* it waits, until fake_release */
  FAKE_LIFT    /* its target speaks another protocol: lift follows, and it waits until fake_conclude */
};

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
/* The last failure for which the plugin itself refused a message; HANSE_F_NONE at first. */
enum hanse_failure fake_refused(const struct fake_world *world);
/* Facts of the last message that was submitted. Its texts are copies; valid until the next one. */
const struct hanse_facts *fake_facts(const struct fake_world *world);

/* ---- between protocols ---- */

/* The last neutral form that `lift` has made. Its texts are copies. */
const struct hanse_lifted *fake_lifted(const struct fake_world *world);
/* The other side has answered the oldest message that was lifted, with this status; or it was not reached, for this
   failure. False: none waits. */
bool fake_conclude(struct fake_world *world, uint16_t status, enum hanse_failure failure);
/* A message of another protocol, which came on this link, is lowered, and delivered where messages from that side go.
   What `lower` said. */
enum hanse_failure fake_lower(struct fake_instance *instance, struct hanse_link *from,
                              const struct hanse_lifted *lifted);
/* The status of the last hanse_concluded since then, 0: none; and fake_refused has its reason. */
uint16_t fake_concluded(const struct fake_world *world);

/* ---- stores ---- */

/* Asks the instance's store in that space; `lasts` counts from the fake wall clock, which goes with fake_advance.
   Returns what `ask` said. */
int fake_store_ask(struct fake_instance *instance, hanse_inquiry inquiry, const char *space,
                   const struct hanse_store_request *request);
/* Called for each answer to a fake_store_ask; returns what the store is told. */
void fake_store_told(struct fake_world *world,
                     int (*told)(void *argument, hanse_inquiry inquiry, const struct hanse_store_answer *answer),
                     void *argument);

/* From now on there is a store for what instances ask themselves (hanse_store_…). It outlives them, and answers when it
   is told to. */
void fake_store_open(struct fake_world *world);
/* Answers what was asked, scans in slices of few rows, and what is asked meanwhile. Returns how many requests. */
size_t fake_store_work(struct fake_world *world);
/* All that it does fails. */
void fake_store_fail(struct fake_world *world, bool fail);
/* Rows whose keys begin so are gone, as after half a write. */
void fake_store_lose(struct fake_world *world, struct hanse_slice prefix);
/* How many rows it has. */
size_t fake_store_rows(const struct fake_world *world);

HANSE_END
#endif
