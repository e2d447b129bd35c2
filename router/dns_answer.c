#include "router/dns_answer.h"

#include "contract/domain.h"

static bool is_name_octet(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

int dns_name(struct hanse_slice name, char buf[DNS_NAME], struct hanse_slice *out) {
  size_t label = 0;
  if (name.len && name.at[name.len - 1] == '.') name.len--;
  if (name.len == 0 || name.len > DOMAIN_MAX) return HANSE_INVALID;
  for (size_t i = 0; i < name.len; i++) {
    char c = hanse_lower(name.at[i]);
    if (c == '.' ? label == 0 : !is_name_octet(c) || label == DOMAIN_LABEL_MAX) return HANSE_INVALID;
    label = c == '.' ? 0 : label + 1;
    buf[i] = c;
  }
  if (label == 0) return HANSE_INVALID;
  buf[name.len] = '\0';
  *out = hanse_slice(buf, name.len);
  return HANSE_OK;
}

bool dns_service_better(const struct dns_service *a, const struct dns_service *b) {
  return a->priority != b->priority ? a->priority < b->priority : a->weight > b->weight;
}

void dns_service_insert(struct dns_service *services, size_t *count, const struct dns_service *one) {
  size_t at = *count;
  while (at > 0 && dns_service_better(one, &services[at - 1])) at--;
  if (at == DNS_RECORDS) return;
  size_t moved = (*count < DNS_RECORDS ? *count : DNS_RECORDS - 1) - at;
  memmove(&services[at + 1], &services[at], moved * sizeof *services);
  services[at] = *one;
  if (*count < DNS_RECORDS) (*count)++;
}

hanse_time dns_ttl(uint32_t seconds) {
  hanse_time ttl = (hanse_time)(seconds & 0x80000000u ? 0 : seconds) * HANSE_SECOND; /* RFC 2181 §8 */
  return ttl < DNS_TTL_MIN ? DNS_TTL_MIN : ttl > DNS_TTL_MAX ? DNS_TTL_MAX : ttl;
}
