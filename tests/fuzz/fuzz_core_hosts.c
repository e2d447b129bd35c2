/* dns.hosts: any text gives a table that keeps its bounds, or a problem with a line of the text. */
#include <stdlib.h>

#include "router/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const struct hosts *hosts, struct hanse_slice text) {
  const struct dns_address *addresses;
  const struct dns_service *services;
  for (size_t at = 0; at < text.len;) {
    size_t n = 0;
    while (at + n < text.len && (unsigned char)text.at[at + n] > ' ') n++;
    struct hanse_slice word = hanse_slice(text.at + at, n);
    if (hosts_addresses(hosts, word, &addresses) > DNS_RECORDS) abort();
    size_t count = hosts_services(hosts, word, &services);
    if (count > DNS_RECORDS) abort();
    for (size_t i = 1; i < count; i++)
      if (dns_service_better(&services[i], &services[i - 1])) abort();
    at += n + 1;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct hanse_slice text = hanse_slice((const char *)data, size);
  struct hanse_problem problem = {0};
  struct hosts *hosts = NULL;
  unsigned lines = 1;
  for (size_t i = 0; i < size; i++) lines += data[i] == '\n';
  if (hosts_parse(&hosts, text, (struct hanse_where){"hosts", 1}, &problem) == HANSE_OK) {
    check_names(hosts, text);
    hosts_free(hosts);
  } else if (hosts || !problem.text[0] || problem.where.line < 1 || problem.where.line > lines) {
    abort();
  }
  return 0;
}
