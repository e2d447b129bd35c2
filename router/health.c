#include "router/health.h"

#include <inttypes.h>

#include "contract/failure.h"
#include "contract/verdict.h"
#include "router/generation.h"
#include "router/log.h"
#include "router/message.h"
#include "router/router.h"

bool health_could_not_judge(const struct message *message) {
  enum hanse_failure failure = message->way.why.failure;
  return verdict_cannot_judge(failure) && !(failure == HANSE_F_MEMORY && message->used_up);
}

static const struct settings_policy *rules(const struct instance *instance) {
  return &instance->router->now->settings->policy;
}

static double seconds(hanse_time time) { return (double)time / HANSE_SECOND; }

/* ---- a call came to its end ---- */

static void bypass(struct instance *instance, hanse_time now) {
  struct health *health = &instance->health;
  health->bypassed = true;
  health->since = now;
  health->unasked = 0;
  ++*instance->router->policies_failing;
  log_event(HANSE_ERROR, instance->name, "policy.failing",
            "failures=%u seconds=%.1f last=%s answered=%s retry_seconds=%.1f build=\"%s\"", health->failures,
            seconds(now - health->first), failure_row(health->failure)->name, verdict_name(health->instead),
            seconds(rules(instance)->retry), instance->watched.build);
}

void health_failed(struct instance *instance, enum hanse_failure failure) {
  const struct hanse_rate *most = &rules(instance)->failing;
  struct health *health = &instance->health;
  hanse_time now = *instance->router->clock;
  ++*instance->router->policy_failures;
  health->failure = failure;
  if (!health->ailing || now - health->first >= most->per) {
    health->first = now;
    health->failures = 0;
  }
  health->ailing = true;
  health->failures++;
  if (health->bypassed) {
    health->retry = now + rules(instance)->retry;
  } else if (most->count && health->failures >= most->count) {
    health->retry = now + rules(instance)->retry;
    bypass(instance, now);
  }
}

void health_worked(struct instance *instance) {
  struct health *health = &instance->health;
  health->ailing = false;
  health->failures = 0;
  if (!health->bypassed) return;
  health->bypassed = false;
  --*instance->router->policies_failing;
  log_event(HANSE_NOTICE, instance->name, "policy.recovered", "seconds=%.1f unasked=%" PRIu64,
            seconds(*instance->router->clock - health->since), health->unasked);
}

void health_gone(struct instance *instance) {
  if (instance->health.bypassed) --*instance->router->policies_failing;
  instance->health.bypassed = false;
}

/* ---- asking ---- */

/* One that is asked and never answers is not waited for: the next one is asked when its time has come. */
bool health_asks(struct instance *instance) {
  struct health *health = &instance->health;
  hanse_time now = *instance->router->clock;
  if (now >= health->retry) {
    health->retry = now + rules(instance)->retry;
    return true;
  }
  health->unasked++;
  ++*instance->router->policy_unasked;
  return false;
}

const char *health_text(const struct instance *instance, char *buf, size_t n) {
  const struct health *health = &instance->health;
  if (!health->bypassed) return "good";
  snprintf(buf, n, "failing for %.0f s, last with %s; %s stands in, for %" PRIu64 " messages so far",
           seconds(*instance->router->clock - health->since), failure_row(health->failure)->name,
           verdict_name(health->instead), health->unasked);
  return buf;
}
