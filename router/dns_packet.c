#include "router/dns_packet.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

#include "contract/domain.h"

/* One pass over the records that answer the question, behind its aliases. */
struct walk {
  ns_msg message;
  char owner[NS_MAXDNAME]; /* the name, then what it is an alias of */
  unsigned aliases;
  uint32_t ttl; /* least of all that count */
};

static void part_fail(struct dns_part *part, const char *why) {
  part->result = DNS_FAILED;
  part->error = why;
}

/* Is there anything to walk? False: `part` says the rest. */
static bool walk_begin(struct walk *walk, const struct dns_packet *packet, const char *name, struct dns_part *part) {
  *part = (struct dns_part){.verdict = packet->verdict, .error = ""};
  if (packet->verdict == DNS_BOGUS) {
    part_fail(part, packet->why ? packet->why : "the answer is forged or its zone is badly signed (DNSSEC)");
    return false;
  }
  if (packet->rcode != 0 || packet->length > NS_MAXMSG ||
      ns_initparse(packet->octets, (int)packet->length, &walk->message) != 0) {
    part_fail(part, packet->rcode != 0 ? "the resolver failed (SERVFAIL)" : "the answer cannot be read");
    return false;
  }
  int rcode = ns_msg_getflag(walk->message, ns_f_rcode);
  if (rcode != ns_r_noerror && rcode != ns_r_nxdomain) {
    part_fail(part, rcode == ns_r_refused ? "the resolver refused the question" : "the resolver failed");
    return false;
  }
  strncpy(walk->owner, name, sizeof walk->owner - 1);
  walk->owner[sizeof walk->owner - 1] = '\0';
  walk->aliases = 0;
  walk->ttl = UINT32_MAX;
  return true;
}

static void walk_ttl(struct walk *walk, uint32_t ttl) {
  if (ttl & 0x80000000u) ttl = 0; /* RFC 2181 §8 */
  if (ttl < walk->ttl) walk->ttl = ttl;
}

/* Both as dn_expand writes them, escapes and all. */
static bool same_name(const char *a, const char *b) { return hanse_same_nocase(hanse_text(a), hanse_text(b)); }

static bool expand(const struct walk *walk, const unsigned char *at, char out[NS_MAXDNAME]) {
  return dn_expand(ns_msg_base(walk->message), ns_msg_end(walk->message), at, out, NS_MAXDNAME) >= 0;
}

/* libunbound puts the aliases in order and before what they lead to. False: too many, or not to be read. */
static bool follow_alias(struct walk *walk, const ns_rr *record) {
  if (++walk->aliases > DNS_ALIASES) return false;
  walk_ttl(walk, ns_rr_ttl(*record));
  return expand(walk, ns_rr_rdata(*record), walk->owner);
}

/* The next record of the type whose owner is the name or what it is an alias of. 0: no more; -1: bad answer. */
static int walk_next(struct walk *walk, int *at, int type, ns_rr *record) {
  while (*at < ns_msg_count(walk->message, ns_s_an)) {
    if (ns_parserr(&walk->message, ns_s_an, (*at)++, record) != 0) return -1;
    if (ns_rr_class(*record) != ns_c_in || !same_name(ns_rr_name(*record), walk->owner)) continue;
    if (ns_rr_type(*record) == ns_t_cname && !follow_alias(walk, record)) return -1;
    if ((int)ns_rr_type(*record) != type) continue;
    walk_ttl(walk, ns_rr_ttl(*record));
    return 1;
  }
  return 0;
}

/* RFC 2308 §5: absence is remembered for the lesser of the SOA record's TTL and its MINIMUM field, its last. */
static hanse_time absent_for(struct walk *walk) {
  ns_rr record;
  for (int i = 0; i < ns_msg_count(walk->message, ns_s_ns); i++) {
    if (ns_parserr(&walk->message, ns_s_ns, i, &record) != 0) break;
    if (ns_rr_type(record) != ns_t_soa || ns_rr_rdlen(record) < 22) continue;
    walk_ttl(walk, ns_rr_ttl(record));
    walk_ttl(walk, (uint32_t)ns_get32(ns_rr_rdata(record) + ns_rr_rdlen(record) - 4));
    return dns_ttl(walk->ttl);
  }
  return DNS_TTL_MIN;
}

static void walk_end(struct walk *walk, int status, size_t count, struct dns_part *part) {
  if (status < 0) {
    part_fail(part, walk->aliases > DNS_ALIASES ? "too many aliases (CNAME) in a row" : "the answer cannot be read");
    return;
  }
  part->count = count;
  part->result = count ? DNS_FOUND : DNS_NONE;
  part->lasts = count ? dns_ttl(walk->ttl) : absent_for(walk);
}

static bool read_address(const ns_rr *record, struct dns_address *out) {
  struct dns_address made = {0};
  if (ns_rr_type(*record) == ns_t_a && ns_rr_rdlen(*record) == 4) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)&made.address;
    v4->sin_family = AF_INET;
    memcpy(&v4->sin_addr, ns_rr_rdata(*record), 4);
    made.length = sizeof *v4;
  } else if (ns_rr_type(*record) == ns_t_aaaa && ns_rr_rdlen(*record) == 16) {
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&made.address;
    v6->sin6_family = AF_INET6;
    memcpy(&v6->sin6_addr, ns_rr_rdata(*record), 16);
    made.length = sizeof *v6;
  } else {
    return false;
  }
  *out = made;
  return true;
}

void dns_packet_addresses(const struct dns_packet *packet, const char *name, int type, struct dns_address *out,
                          struct dns_part *part) {
  struct walk walk;
  ns_rr record;
  size_t count = 0;
  int at = 0, status;
  if (!walk_begin(&walk, packet, name, part)) return;
  while ((status = walk_next(&walk, &at, type, &record)) > 0)
    if (count < DNS_RECORDS && read_address(&record, &out[count])) count++;
  walk_end(&walk, status, count, part);
}

/* RFC 2782: priority, weight, port, target. A target that is no host name leads nowhere and is left out. */
static bool read_service(const struct walk *walk, const ns_rr *record, struct dns_service *out) {
  const unsigned char *data = ns_rr_rdata(*record);
  struct dns_service made = {0};
  char target[NS_MAXDNAME], buf[DOMAIN_BUFFER];
  struct hanse_slice host;
  if (ns_rr_rdlen(*record) < 7 || !expand(walk, data + 6, target)) return false;
  made.priority = (uint16_t)ns_get16(data);
  made.weight = (uint16_t)ns_get16(data + 2);
  made.port = (uint16_t)ns_get16(data + 4);
  if (target[0] != '\0' && strcmp(target, ".") != 0) {
    if (made.port == 0 || domain_canonical(hanse_text(target), buf, sizeof buf, &host) != HANSE_OK) return false;
    memcpy(made.host, host.at, host.len);
  }
  *out = made;
  return true;
}

void dns_packet_services(const struct dns_packet *packet, const char *name, struct dns_service *out,
                         struct dns_part *part) {
  struct walk walk;
  ns_rr record;
  size_t count = 0;
  int at = 0, status;
  if (!walk_begin(&walk, packet, name, part)) return;
  while ((status = walk_next(&walk, &at, ns_t_srv, &record)) > 0) {
    struct dns_service service;
    if (read_service(&walk, &record, &service)) dns_service_insert(out, &count, &service);
  }
  walk_end(&walk, status, count, part);
}
