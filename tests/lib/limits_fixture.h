/* The policy `limits` as built, and messages of partners that nobody entered. To be included behind cmocka.h. */
#ifndef TESTS_LIB_LIMITS_FIXTURE_H
#define TESTS_LIB_LIMITS_FIXTURE_H

#include <stdio.h>

#include "plugins/policy/limits.h"
#include "tests/lib/policy_fixture.h"

#define LIST(array) \
  { sizeof(array) / sizeof *(array), array }

static const struct hanse_slice types[] = {HANSE_LIT("discovered")};
static const int64_t errors[] = {403, 404, 480};

/* What the option table says, with the fields of a test. */
static inline struct limits_settings settings_with(void) {
  return (struct limits_settings){.where = {"a.conf", 7},
                                  .types = LIST(types),
                                  .rate = {20, HANSE_SECOND},
                                  .suspicious_rate = {1, HANSE_SECOND},
                                  .limit_addresses = true,
                                  .addresses = 1000,
                                  .peers = 1000,
                                  .window = 60 * HANSE_SECOND,
                                  .report_period = 3600 * HANSE_SECOND,
                                  .forget = 30 * 86400 * HANSE_SECOND,
                                  .answers = 20,
                                  .errors_percent = 50,
                                  .failed_percent = 75,
                                  .errors = LIST(errors),
                                  .direction = LIMITS_IN,
                                  .flows = 64};
}

/* The settings change, or the code: a successor takes over. */
static inline void reload(struct policy_fixture *f, const struct limits_settings *settings) {
  struct fake_instance *next = fake_load(f->world, policy_open("limits"), settings, f->policy);
  assert_non_null(next);
  fake_unload(f->policy);
  f->policy = next;
}

/* ---- messages ---- */

static inline struct hanse_certificate certificate_of(unsigned number) {
  struct hanse_certificate certificate = {.size = sizeof certificate,
                                          .issuer = HANSE_LIT("CN=Authority"),
                                          .subject = HANSE_LIT("CN=edge"),
                                          .serial = HANSE_LIT("0a0b")};
  memcpy(certificate.id, &number, sizeof number);
  return certificate;
}

struct sent {
  enum hanse_verdict verdict;
  enum hanse_failure failure;
  hanse_time wait;
};

struct request {
  const char *domain, *user;
  uint32_t flags;
  uint8_t action;
  bool dry;
};

static inline struct hanse_facts facts_of(const struct request *request, const struct hanse_certificate *certificate) {
  return (struct hanse_facts){.size = sizeof(struct hanse_facts),
                              .side = HANSE_SIDE_PARTNER,
                              .wire_type = HANSE_WIRE_AUTO_FEDERATION,
                              .federation = HANSE_LIT("discovered"),
                              .flags = request->flags,
                              .action = request->action ? request->action : HANSE_ACTION_MESSAGE,
                              .from = {HANSE_LIT("zoe"), hanse_text(request->domain)},
                              .to = {hanse_text(request->user), HANSE_LIT("contoso.test")},
                              .certificate = certificate};
}

static inline struct sent send_facts(struct fake_instance *policy, const struct hanse_facts *facts, bool dry) {
  struct fake_judgement judgement;
  fake_decide(policy, HANSE_STAGE_ADMIT, facts, dry, &judgement);
  fake_decide(policy, HANSE_STAGE_ROUTED, facts, dry, &judgement);
  return (struct sent){judgement.verdict, judgement.why.failure, judgement.why.retry_after};
}

static inline struct sent send_request(struct fake_instance *policy, unsigned number, const struct request *request) {
  const struct hanse_certificate certificate = certificate_of(number);
  const struct hanse_facts facts = facts_of(request, &certificate);
  return send_facts(policy, &facts, request->dry);
}

static inline struct sent ask(struct fake_instance *policy, unsigned number, const char *domain, const char *user) {
  return send_request(policy, number, &(struct request){.domain = domain, .user = user});
}

/* So many addresses, at the pace that is allowed. How many are let through. */
static inline unsigned ask_many(struct policy_fixture *f, unsigned number, unsigned first, unsigned count) {
  unsigned passed = 0;
  char user[24];
  for (unsigned i = 0; i < count; i++) {
    snprintf(user, sizeof user, "user%u", first + i);
    passed += ask(f->policy, number, "wingtip.test", user).verdict == HANSE_ALLOW;
    fake_advance(f->world, 50 * HANSE_MSEC);
  }
  return passed;
}

static inline void answer(struct policy_fixture *f, unsigned number, uint16_t status, unsigned count) {
  const struct hanse_certificate certificate = certificate_of(number);
  struct hanse_facts facts = facts_of(&(struct request){"wingtip.test", "alice", 0, 0, false}, &certificate);
  facts.side = HANSE_SIDE_HOME; /* where the answer comes from */
  facts.flags = HANSE_FACT_ANSWER | (status >= 200 ? HANSE_FACT_FINAL : 0);
  facts.status = status;
  for (unsigned i = 0; i < count; i++) fake_event(f->policy, HANSE_EVENT_ANSWERED, &facts, NULL);
}

static inline const char *watch(struct fake_instance *policy, bool listed) {
  const struct fake_argument arguments[] = {{"listed", "true"}, {NULL, NULL}};
  const char *rows;
  assert_int_equal(fake_command(policy, "watch", listed ? arguments : NULL, &rows), HANSE_DONE);
  return rows;
}

static inline void says(const char *text, const char *words) {
  if (!strstr(text, words)) fail_msg("\"%s\" lacks \"%s\"", text, words);
}

#endif
