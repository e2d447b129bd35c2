/* The fake host's failures: those of the router's table. */
#include "contract/failure.h"
#include "sdk/fakehost/inside.h"

static uint16_t status(enum hanse_failure failure) { return failure_row(failure)->sip_status; }
static const char *reason(enum hanse_failure failure) { return failure_row(failure)->sip_reason; }
static const char *name(enum hanse_failure failure) { return failure_row(failure)->name; }
static uint16_t diagnostic(enum hanse_failure failure) { return failure_row(failure)->diagnostic; }
static const char *meaning(enum hanse_failure failure) { return failure_row(failure)->meaning; }

static void decision_text(uint64_t decision, char out[HANSE_DECISION_TEXT]) {
  snprintf(out, HANSE_DECISION_TEXT, "word%04u", (unsigned)(decision % 10000));
}

void fake_failure_ops(struct hanse_host_ops *ops) {
  ops->failure_status = status;
  ops->failure_reason = reason;
  ops->failure_name = name;
  ops->failure_diagnostic = diagnostic;
  ops->failure_meaning = meaning;
  ops->decision_text = decision_text;
}
