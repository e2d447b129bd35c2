#include "router/dns_combine.h"

static hanse_time least(hanse_time a, hanse_time b) { return a < b ? a : b; }

void dns_combine(const struct dns_part *parts, size_t count, struct dns_answer *answer) {
  hanse_time found = DNS_TTL_MAX, none = DNS_TTL_MAX;
  const struct dns_part *failed = NULL;
  bool secure = true;
  *answer = (struct dns_answer){.result = DNS_NONE, .error = ""};
  for (const struct dns_part *part = parts; part < parts + count; part++) {
    if (part->verdict != DNS_SECURE) secure = false;
    if (part->result == DNS_FOUND) {
      answer->result = DNS_FOUND;
      found = least(found, part->lasts);
    } else if (part->result == DNS_NONE) {
      none = least(none, part->lasts);
    } else if (!failed || part->verdict == DNS_BOGUS) {
      failed = part;
    }
  }
  answer->lasts = failed                        ? DNS_TTL_MIN
                  : answer->result == DNS_FOUND ? found
                                                : none; /* what failed is asked again soon */
  answer->verdict = secure ? DNS_SECURE : DNS_INSECURE;
  if (answer->result == DNS_FOUND || !failed) return;
  *answer = (struct dns_answer){
      .result = DNS_FAILED, .verdict = failed->verdict, .lasts = DNS_FAILED_FOR, .error = failed->error};
}

size_t dns_interleave(const struct dns_address *const lists[2], const size_t counts[2], struct dns_address *out) {
  size_t next[2] = {0, 0}, count = 0;
  while (count < DNS_RECORDS) {
    size_t before = count;
    for (size_t i = 0; i < 2 && count < DNS_RECORDS; i++)
      if (next[i] < counts[i]) out[count++] = lists[i][next[i]++];
    if (count == before) break;
  }
  return count;
}
