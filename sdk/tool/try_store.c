/* A store: what is put is found again, as it was, under odd keys, at the bounds, and counted. */
#include <stdlib.h>
#include <time.h>

#include "sdk/tool/try.h"

enum { PATIENCE_MS = 3000 };

struct asked { /* the request that is open, and what came of it */
  struct bed *bed;
  hanse_inquiry inquiry;
  bool answered;
  int status;
  int64_t number;
  uint64_t rows;
  char *value; /* owned */
  size_t length;
};

static int told(void *argument, hanse_inquiry inquiry, const struct hanse_store_answer *answer) {
  struct asked *asked = (struct asked *)argument;
  if (inquiry != asked->inquiry) return HANSE_GONE;
  if (asked->answered)
    report_add(asked->bed->trial->report, REPORT_WRONG, "ask", "answers one inquiry twice; `more` was not set before");
  asked->status = answer->status;
  asked->number = answer->number;
  asked->rows += answer->count;
  asked->answered = !answer->more;
  free(asked->value);
  asked->length = answer->value.len;
  asked->value = (char *)malloc(asked->length + 1);
  if (!asked->value) abort();
  if (asked->length) memcpy(asked->value, answer->value.at, asked->length);
  return HANSE_OK;
}

/* Asks, and waits for the answer: a store may work in a thread of its own. False: none came. */
static bool ask(struct asked *asked, const char *what, const struct hanse_store_request *request) {
  const struct timespec moment = {0, 1000000};
  struct bed *bed = asked->bed;
  asked->inquiry++;
  asked->answered = false;
  asked->rows = 0;
  trial_call(bed->trial, "ask (%s)", what);
  int status = fake_store_ask(bed->instance, asked->inquiry, "checked", request);
  trial_returned(bed->trial);
  if (status < 0) {
    report_add(bed->trial->report, REPORT_WRONG, "ask", "does not take %s (%d)", what, status);
    return false;
  }
  for (int i = 0; i < PATIENCE_MS && !asked->answered; i++) {
    bed_wait(bed, 50 * HANSE_MSEC);
    if (!asked->answered) nanosleep(&moment, NULL);
  }
  if (!asked->answered)
    report_add(bed->trial->report, REPORT_WRONG, "ask", "does not answer %s within %d ms", what, PATIENCE_MS);
  return asked->answered;
}

static bool expect(struct asked *asked, const char *what, const struct hanse_store_request *request, int status) {
  if (!ask(asked, what, request)) return false;
  if (asked->status == status) return true;
  report_add(asked->bed->trial->report, REPORT_WRONG, "ask",
             "answers %s with status %d where %d is due; see hanse/store.h", what, asked->status, status);
  return false;
}

static void keep(struct asked *asked, const char *what, struct hanse_slice key, struct hanse_slice value) {
  struct hanse_store_request put = hanse_store_request_for(HANSE_STORE_PUT, key),
                             get = hanse_store_request_for(HANSE_STORE_GET, key),
                             gone = hanse_store_request_for(HANSE_STORE_DELETE, key);
  put.value = value;
  if (!expect(asked, what, &get, HANSE_SKIP) || !expect(asked, what, &put, HANSE_OK) ||
      !expect(asked, what, &get, HANSE_OK))
    return;
  if (!hanse_same(hanse_slice(asked->value, asked->length), value))
    report_add(asked->bed->trial->report, REPORT_WRONG, "ask", "does not give back what was put: %s", what);
  if (expect(asked, what, &gone, HANSE_OK)) expect(asked, what, &get, HANSE_SKIP);
}

static void count(struct asked *asked) {
  struct hanse_store_request add = hanse_store_request_for(HANSE_STORE_ADD, HANSE_LIT("counter")),
                             put = hanse_store_request_for(HANSE_STORE_PUT, HANSE_LIT("counter"));
  add.by = INT64_MAX;
  if (!expect(asked, "an ADD of a key that is not there", &add, HANSE_OK)) return;
  if (asked->number != INT64_MAX)
    report_add(asked->bed->trial->report, REPORT_WRONG, "ask", "counts wrongly: %lld", (long long)asked->number);
  add.by = 1;
  expect(asked, "an ADD past 64 bits", &add, HANSE_INVALID);
  put.value = HANSE_LIT("no number");
  if (expect(asked, "a PUT over a counter", &put, HANSE_OK))
    expect(asked, "an ADD to what is no number", &add, HANSE_INVALID);
}

static void scan(struct asked *asked) {
  char key[] = "scan/0000";
  struct hanse_store_request all = hanse_store_request_for(HANSE_STORE_SCAN, HANSE_LIT("scan/"));
  for (unsigned i = 0; i < 300; i++) {
    snprintf(key, sizeof key, "scan/%04u", i % 10000);
    struct hanse_store_request put = hanse_store_request_for(HANSE_STORE_PUT, hanse_text(key));
    if (!expect(asked, "a PUT", &put, HANSE_OK)) return;
  }
  if (expect(asked, "a SCAN of 300 rows", &all, HANSE_OK) && asked->rows != 300)
    report_add(asked->bed->trial->report, REPORT_WRONG, "ask", "a SCAN finds %llu rows of 300",
               (unsigned long long)asked->rows);
}

void try_store(struct bed *bed) {
  struct asked asked = {.bed = bed};
  unsigned wrong = bed->trial->report->of[REPORT_WRONG];
  char *large = (char *)calloc(1, HANSE_STORE_VALUE_MAX);
  if (!large) abort();
  fake_store_told(bed->world, told, &asked);
  keep(&asked, "a key of one octet", hanse_slice("\0", 1), HANSE_LIT("x"));
  keep(&asked, "an empty value", HANSE_LIT("key"), HANSE_LIT(""));
  keep(&asked, "octets that are no text", HANSE_LIT("\xff'\";--\0%"), HANSE_LIT("\0\xff\0"));
  keep(&asked, "the longest key and value", hanse_slice(large, HANSE_STORE_KEY_MAX),
       hanse_slice(large, HANSE_STORE_VALUE_MAX));
  count(&asked);
  scan(&asked);
  free(large);
  free(asked.value);
  asked.value = NULL;
  if (bed->trial->report->of[REPORT_WRONG] == wrong)
    report_add(bed->trial->report, REPORT_OK, "ask", "%llu requests", (unsigned long long)asked.inquiry);
}
