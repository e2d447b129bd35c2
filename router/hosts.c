#include "router/hosts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract/domain.h"
#include "router/address.h"
#include "router/hash.h"

struct entry {
  UT_hash_handle hh;
  struct dns_address *addresses;
  struct dns_service *services; /* room for DNS_RECORDS, once there is one */
  size_t address_count, service_count;
  size_t length;
  char name[]; /* the key */
};

struct hosts {
  struct entry *entries;
};

/* One line while it is read. */
struct line {
  struct hosts *hosts;
  struct hanse_slice rest;
  struct hanse_where where;
  struct hanse_problem *problem;
};

static void entry_free(struct entry *entry) {
  free(entry->addresses);
  free(entry->services);
  free(entry);
}

void hosts_free(struct hosts *hosts) {
  struct entry *entry, *next;
  if (!hosts) return;
  HASH_ITER(hh, hosts->entries, entry, next) {
    HASH_DEL(hosts->entries, entry);
    entry_free(entry);
  }
  free(hosts);
}

HANSE_PRINTF(3, 4) static int fail(struct line *line, int status, const char *format, ...) {
  va_list arguments;
  line->problem->where = line->where;
  va_start(arguments, format);
  vsnprintf(line->problem->text, sizeof line->problem->text, format, arguments);
  va_end(arguments);
  return status;
}

static int no_memory(struct line *line) { return fail(line, HANSE_NOMEM, "no memory for dns.hosts"); }

static struct hanse_slice next_word(struct line *line) {
  struct hanse_slice rest = line->rest;
  size_t n = 0;
  while (rest.len && (*rest.at == ' ' || *rest.at == '\t' || *rest.at == '\r')) rest.at++, rest.len--;
  while (n < rest.len && rest.at[n] != ' ' && rest.at[n] != '\t' && rest.at[n] != '\r') n++;
  line->rest = hanse_slice(rest.at + n, rest.len - n);
  return hanse_slice(rest.at, n);
}

/* A name as a person writes it, U-labels too, and names with underscores, which only the DNS knows. */
static int read_name(struct line *line, struct hanse_slice word, char buf[DNS_NAME], struct hanse_slice *out) {
  int status = domain_canonical(word, buf, DNS_NAME, out);
  if (status == HANSE_INVALID) status = dns_name(word, buf, out);
  if (status == HANSE_NOMEM) return no_memory(line);
  if (status != HANSE_OK || address_parse(word, &(struct sockaddr_storage){0}, &(socklen_t){0}) == HANSE_OK)
    return fail(line, HANSE_INVALID, "\"%.*s\" is not a name; write a host or service name", HANSE_FMT(word));
  return HANSE_OK;
}

static struct entry *find(const struct hosts *hosts, struct hanse_slice name) {
  struct entry *entry;
  HASH_FIND(hh, hosts->entries, name.at, name.len, entry);
  return entry;
}

static struct entry *find_or_make(struct hosts *hosts, struct hanse_slice name) {
  struct entry *entry = find(hosts, name);
  if (entry) return entry;
  entry = calloc(1, sizeof *entry + name.len + 1);
  if (!entry) return NULL;
  memcpy(entry->name, name.at, name.len);
  entry->length = name.len;
  HASH_ADD_KEYPTR(hh, hosts->entries, entry->name, entry->length, entry);
  if (HASH_ADDED(hh, entry)) return entry;
  free(entry);
  return NULL;
}

static int too_many(struct line *line, struct hanse_slice name) {
  return fail(line, HANSE_INVALID, "more than %d records for \"%.*s\"; leave the others out", DNS_RECORDS,
              HANSE_FMT(name));
}

static int add_address(struct line *line, struct hanse_slice name, const struct dns_address *address) {
  struct entry *entry = find_or_make(line->hosts, name);
  if (!entry) return no_memory(line);
  for (size_t i = 0; i < entry->address_count; i++)
    if (address_same((struct sockaddr *)&entry->addresses[i].address, (const struct sockaddr *)&address->address))
      return HANSE_OK;
  if (entry->address_count == DNS_RECORDS) return too_many(line, name);
  struct dns_address *grown = realloc(entry->addresses, (entry->address_count + 1) * sizeof *grown);
  if (!grown) return no_memory(line);
  entry->addresses = grown;
  grown[entry->address_count++] = *address;
  return HANSE_OK;
}

static int add_service(struct line *line, struct hanse_slice name, const struct dns_service *service) {
  struct entry *entry = find_or_make(line->hosts, name);
  if (!entry) return no_memory(line);
  if (!entry->services && !(entry->services = calloc(DNS_RECORDS, sizeof *entry->services))) return no_memory(line);
  if (entry->service_count == DNS_RECORDS) return too_many(line, name);
  dns_service_insert(entry->services, &entry->service_count, service);
  return HANSE_OK;
}

static int read_address_line(struct line *line, const struct dns_address *address) {
  struct hanse_slice word = next_word(line), name;
  char buf[DNS_NAME];
  if (word.len == 0) return fail(line, HANSE_INVALID, "an address without a name; write \"address name …\"");
  for (; word.len; word = next_word(line)) {
    int status = read_name(line, word, buf, &name);
    if (status == HANSE_OK) status = add_address(line, name, address);
    if (status != HANSE_OK) return status;
  }
  return HANSE_OK;
}

static int read_number(struct line *line, const char *what, uint16_t *out) {
  struct hanse_slice word = next_word(line);
  unsigned long value = 0;
  for (size_t i = 0; i < word.len; i++) {
    if (word.at[i] < '0' || word.at[i] > '9' || i > 4) value = 65536;
    if (value <= 65535) value = value * 10 + (unsigned long)(word.at[i] - '0');
  }
  if (word.len == 0 || value > 65535)
    return fail(line, HANSE_INVALID,
                "the %s of an SRV record is missing or no number from 0 to 65535; write \"name SRV "
                "priority weight port target\"",
                what);
  *out = (uint16_t)value;
  return HANSE_OK;
}

/* RFC 2782: a target of "." says that there is no such service. */
static int read_target(struct line *line, struct dns_service *service) {
  struct hanse_slice word = next_word(line), name;
  char buf[DNS_NAME];
  if (word.len == 0)
    return fail(line, HANSE_INVALID, "an SRV record without a target; write its host, or \".\" for none");
  if (hanse_same(word, HANSE_LIT("."))) return HANSE_OK;
  int status = read_name(line, word, buf, &name);
  if (status != HANSE_OK) return status;
  memcpy(service->host, name.at, name.len);
  if (service->port == 0) return fail(line, HANSE_INVALID, "an SRV record with port 0; write the port of its target");
  return HANSE_OK;
}

static int read_service_line(struct line *line, struct hanse_slice first) {
  struct dns_service service = {0};
  struct hanse_slice name;
  char buf[DNS_NAME];
  int status = read_name(line, first, buf, &name);
  if (status == HANSE_OK) status = read_number(line, "priority", &service.priority);
  if (status == HANSE_OK) status = read_number(line, "weight", &service.weight);
  if (status == HANSE_OK) status = read_number(line, "port", &service.port);
  if (status == HANSE_OK) status = read_target(line, &service);
  if (status != HANSE_OK) return status;
  if (next_word(line).len)
    return fail(line, HANSE_INVALID, "more words after the target; write \"name SRV priority weight port target\"");
  return add_service(line, name, &service);
}

static int read_line(struct line *line) {
  struct dns_address address = {0};
  const char *comment = memchr(line->rest.at, '#', line->rest.len);
  if (comment) line->rest.len = (size_t)(comment - line->rest.at);
  if (line->rest.len && memchr(line->rest.at, '\0', line->rest.len))
    return fail(line, HANSE_INVALID, "a NUL octet; this is no text file");
  struct hanse_slice first = next_word(line);
  if (first.len == 0) return HANSE_OK;
  if (address_parse(first, &address.address, &address.length) == HANSE_OK) {
    if (address_port((struct sockaddr *)&address.address))
      return fail(line, HANSE_INVALID, "an address with a port; the port belongs to an SRV record");
    return read_address_line(line, &address);
  }
  if (!hanse_same_nocase(next_word(line), HANSE_LIT("SRV")))
    return fail(line, HANSE_INVALID,
                "neither \"address name …\" nor \"name SRV priority weight port target\"; write one of them");
  return read_service_line(line, first);
}

int hosts_parse(struct hosts **out, struct hanse_slice text, struct hanse_where where, struct hanse_problem *problem) {
  struct line line = {.hosts = calloc(1, sizeof *line.hosts), .where = where, .problem = problem};
  int status = line.hosts ? HANSE_OK : no_memory(&line);
  if (status == HANSE_OK && text.len > HOSTS_BYTES)
    status = fail(&line, HANSE_INVALID, "dns.hosts is larger than 1 MiB; leave something to the DNS");
  for (line.where.line = 1; status == HANSE_OK && text.len; line.where.line++) {
    const char *end = memchr(text.at, '\n', text.len);
    line.rest = hanse_slice(text.at, end ? (size_t)(end - text.at) : text.len);
    size_t taken = line.rest.len + (end ? 1 : 0);
    text = hanse_slice(text.at + taken, text.len - taken);
    status = read_line(&line);
  }
  if (status != HANSE_OK) {
    hosts_free(line.hosts);
    return status;
  }
  *out = line.hosts;
  return HANSE_OK;
}

size_t hosts_addresses(const struct hosts *hosts, struct hanse_slice name, const struct dns_address **out) {
  const struct entry *entry = find(hosts, name);
  if (!entry || !entry->address_count) return 0;
  *out = entry->addresses;
  return entry->address_count;
}

size_t hosts_services(const struct hosts *hosts, struct hanse_slice name, const struct dns_service **out) {
  const struct entry *entry = find(hosts, name);
  if (!entry || !entry->service_count) return 0;
  *out = entry->services;
  return entry->service_count;
}
