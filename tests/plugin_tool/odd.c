/* A policy with one thing wrong in it that tests/bad, which a router is to survive, cannot have: test_check.py builds
   it with one word defined after the other. Without any it is a good plugin. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <hanse/plugin.h>

struct odd {
  struct hanse_host *host;
  uint64_t *asked;
};

struct settings {
  int64_t needed;
};

static const struct hanse_option options[] = {
#if defined(REQUIRED)
    HANSE_OPTION(struct settings, needed, HANSE_INT, HANSE_REQUIRED, NULL, "Must be written.", .min = "1"),
#elif defined(NO_HELP)
    HANSE_OPTION(struct settings, needed, HANSE_INT, 0, NULL, NULL),
#elif defined(CORES_NAME)
    HANSE_OPTION_NAMED(CORES_NAME, struct settings, needed, HANSE_INT, 0, NULL, "It is the core's."),
#endif
    HANSE_OPTIONS_END,
};

#if defined(STATE)
static unsigned how_often_it_was_asked;
#endif
#if defined(SHOWS)
HANSE_EXPORT int helper_that_is_seen(void);
int helper_that_is_seen(void) { return 1; }
#endif
#if defined(TEXTREL)
/* A place in the code that the loader must fill in. */
__asm__(".text\n.quad hanse_plugin\n.previous");
#endif

static void *sleep_long(void *unused) {
  (void)unused;
  for (;;) pause();
  return NULL;
}

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct odd *odd = (struct odd *)self;
  (void)odd, (void)c;
#if defined(STATE)
  how_often_it_was_asked++;
#elif defined(COUNTS_DRY)
  ++*odd->asked;
#elif defined(CRASHES)
  if (c->facts->action == HANSE_ACTION_REFER) *(volatile int *)NULL = 1;
#elif defined(HANGS)
  if (c->stage == HANSE_STAGE_ROUTED) sleep_long(NULL);
#elif defined(EXITS)
  if (c->facts->text.len == 1) exit(0);
#elif defined(ABORTS)
  if (c->facts->text.len > 100000) {
    write(STDERR_FILENO, "the text is too long for me\n", 28);
    abort();
  }
#elif defined(DENIES_SILENTLY)
  return HANSE_DENY;
#elif defined(ODD_MARK)
  c->marks->set = 1u << 30;
#elif defined(NO_TEXT)
  c->marks->set = HANSE_MARK_TEXT;
  c->marks->text = HANSE_LIT("\xff");
#elif defined(READS_ON)
  /* Takes the text for a C string. */
  if (c->facts->text.len && strlen(c->facts->text.at) > 1u << 30) return HANSE_DENY;
#endif
  return HANSE_ABSTAIN;
}

static int create(struct hanse_host *host, void **self) {
  struct odd *odd = (struct odd *)calloc(1, sizeof *odd);
#if defined(NO_MEMORY)
  odd->host = host;
#endif
  if (!odd) return HANSE_NOMEM;
  odd->host = host;
  odd->asked = hanse_counter(host, "asked", "how often it was asked");
  *self = odd;
#if defined(LEAKS)
  if (!calloc(1, 64)) return HANSE_NOMEM;
#endif
  return HANSE_OK;
}

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
#if defined(SILENT)
  return HANSE_INVALID;
#else
  return HANSE_OK;
#endif
}

static int start(void *self) {
  (void)self, (void)sleep_long;
#if defined(LEAKS_FILE)
  return open("/dev/null", O_RDONLY | O_CLOEXEC) < 0 ? HANSE_FAIL : HANSE_OK;
#elif defined(LEAKS_THREAD)
  pthread_t thread;
  return pthread_create(&thread, NULL, sleep_long, NULL) ? HANSE_FAIL : HANSE_OK;
#else
  return HANSE_OK;
#endif
}

static void destroy(void *self) {
#if defined(TWICE)
  void *volatile again = self;
  free(again);
#endif
  free(self);
}

static const struct hanse_policy policy = {
    .size = sizeof(struct hanse_policy), .stages = HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED, .decide = decide};

static const struct hanse_offer offers[] = {{HANSE_POLICY, NULL, NULL, &policy, NULL, 0}, HANSE_OFFERS_END};

#if defined(CRASHES_EARLY)
__attribute__((constructor)) static void begin(void) { abort(); }
#endif

HANSE_EXPORT const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(HANSE_ABI_MINOR),
    .name = "odd",
    .version = "1",
    .summary = "has one thing wrong",
    .options = options,
    .settings_size = sizeof(struct settings),
    .offers = offers,
    .create = create,
    .configure = configure,
    .start = start,
    .destroy = destroy,
};
