/* An answer of the DNS (first octet: which question; then the packet) to addresses and services within bounds. */
#include <arpa/nameser.h>
#include <stdlib.h>

#include "contract/domain.h"
#include "router/dns_combine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_part(const struct dns_part *part) {
  if (part->result < DNS_FOUND || part->result > DNS_FAILED || part->count > DNS_RECORDS) abort();
  if ((part->result == DNS_FOUND) != (part->count > 0)) abort();
  if (part->result == DNS_FAILED ? !part->error : part->lasts < DNS_TTL_MIN || part->lasts > DNS_TTL_MAX) abort();
}

static void check_services(const struct dns_service *services, size_t count) {
  char buf[DOMAIN_BUFFER];
  struct hanse_slice canonical;
  for (size_t i = 0; i < count; i++) {
    struct hanse_slice host = hanse_slice(services[i].host, strnlen(services[i].host, DNS_NAME));
    if (host.len == DNS_NAME) abort();
    if (host.len && domain_canonical(host, buf, sizeof buf, &canonical) != HANSE_OK) abort();
    if (i && dns_service_better(&services[i], &services[i - 1])) abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct dns_address addresses[2][DNS_RECORDS], both[DNS_RECORDS];
  struct dns_service services[DNS_RECORDS];
  struct dns_part parts[2];
  struct dns_answer answer;
  if (size < 1) return 0;
  struct dns_packet packet = {.octets = data + 1, .length = size - 1, .verdict = DNS_INSECURE};
  if (data[0] & 1) {
    dns_packet_services(&packet, "_s._tls.own.example", services, &parts[0]);
    check_part(&parts[0]);
    check_services(services, parts[0].count);
    return 0;
  }
  dns_packet_addresses(&packet, "a.own.example", ns_t_aaaa, addresses[0], &parts[0]);
  dns_packet_addresses(&packet, "a.own.example", ns_t_a, addresses[1], &parts[1]);
  check_part(&parts[0]);
  check_part(&parts[1]);
  dns_combine(parts, 2, &answer);
  const struct dns_address *lists[] = {addresses[0], addresses[1]};
  size_t counts[] = {parts[0].count, parts[1].count};
  if (dns_interleave(lists, counts, both) > DNS_RECORDS) abort();
  if (answer.result == DNS_FOUND && parts[0].count + parts[1].count == 0) abort();
  return 0;
}
