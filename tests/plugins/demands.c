/* A module that speaks with an old public network, which wants more of us than partners do. Shows `needs`. */
#include <hanse/plugin.h>

static int create(struct hanse_host *host, void **self) {
  *self = host;
  return HANSE_OK;
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_OK;
}
static int start(void *self) {
  (void)self;
  return HANSE_OK;
}
static void destroy(void *self) { (void)self; }

static void needs_say(void *self, struct hanse_needs *needs) {
  const struct hanse_need need = {.size = sizeof need,
                                  .flags = HANSE_NEED_CLIENT_PURPOSE | HANSE_NEED_COMMON_NAME | HANSE_NEED_MEDIA,
                                  .who = HANSE_LIT("Old Network"),
                                  .host = HANSE_LIT("sip.old.example")};
  (void)self;
  needs->say(needs, &need);
}

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),     .name = "demands",      .version = "0.1.0", .summary = "demands what an old network does",
    .create = create,   .configure = configure, .start = start,     .destroy = destroy,
    .needs = needs_say,
};
