#include "contract/hostport.h"

#include <arpa/inet.h>

#include "contract/unit.h"

static int parse_port(struct hanse_slice text, uint16_t *port, const char **why) {
  int64_t number;
  if (unit_integer(text, &number) != HANSE_OK || number < 1 || number > 65535) {
    *why = "a port is a number from 1 to 65535";
    return HANSE_INVALID;
  }
  *port = (uint16_t)number;
  return HANSE_OK;
}

/* An address of the family in its one canonical form; false: it is none. */
static bool parse_ip(int family, struct hanse_slice text, char host[HOSTPORT_HOST]) {
  char buf[INET6_ADDRSTRLEN];
  unsigned char address[16];
  if (text.len >= sizeof buf || memchr(text.at, '\0', text.len)) return false;
  memcpy(buf, text.at, text.len);
  buf[text.len] = '\0';
  return inet_pton(family, buf, address) == 1 && inet_ntop(family, address, host, HOSTPORT_HOST);
}

static int parse_name(struct hanse_slice text, char host[HOSTPORT_HOST], const char **why) {
  char buf[DOMAIN_BUFFER];
  struct hanse_slice name;
  int status = domain_canonical_strict(text, buf, sizeof buf, &name);
  if (status == HANSE_OK) {
    memcpy(host, name.at, name.len);
    host[name.len] = '\0';
  } else if (status == HANSE_INVALID) {
    enum domain_fault fault = domain_fault(text);
    *why = fault == DOMAIN_IP ? "neither a host name nor an IP address; check its digits" : domain_fault_text(fault);
  }
  return status;
}

/* Splits at the colon before the port. Without one, *port is empty with at NULL. */
static int split(struct hanse_slice text, struct hanse_slice *host, struct hanse_slice *port, const char **why) {
  const char *end = text.at + text.len, *colon = memchr(text.at, ':', text.len);
  const char *host_end = text.at[0] == '[' ? memchr(text.at, ']', text.len) : colon ? colon : end;
  *why = NULL;
  if (!host_end)
    *why = "the \"]\" is missing after the IPv6 address";
  else if (text.at[0] != '[' && colon && memchr(colon + 1, ':', (size_t)(end - colon) - 1))
    *why = "an IPv6 address is written in brackets, as in \"[2001:db8::1]:5061\"";
  else if (text.at[0] == '[' && host_end + 1 < end && host_end[1] != ':')
    *why = "only a colon and a port may follow the \"]\"";
  if (*why) return HANSE_INVALID;
  bool bracket = text.at[0] == '[';
  const char *rest = host_end + bracket;
  *host = hanse_slice(text.at + bracket, (size_t)(host_end - text.at) - bracket);
  *port = rest < end ? hanse_slice(rest + 1, (size_t)(end - rest) - 1) : hanse_slice(NULL, 0);
  return HANSE_OK;
}

int hostport_parse(struct hanse_slice text, char host[HOSTPORT_HOST], uint16_t *port, const char **why) {
  struct hanse_slice name, number;
  char found[HOSTPORT_HOST];
  uint16_t found_port = 0;
  int status = HANSE_OK;
  if (text.len == 0) {
    *why = "an address is empty; write \"host:port\"";
    return HANSE_INVALID;
  }
  if (split(text, &name, &number, why) != HANSE_OK) return HANSE_INVALID;
  if (number.at) status = parse_port(number, &found_port, why);
  if (status != HANSE_OK) return status;
  if (text.at[0] == '[') {
    if (!parse_ip(AF_INET6, name, found)) {
      *why = "only an IPv6 address stands in brackets";
      return HANSE_INVALID;
    }
  } else if (!parse_ip(AF_INET, name, found)) {
    status = parse_name(name, found, why);
    if (status != HANSE_OK) return status;
  }
  memcpy(host, found, sizeof found);
  *port = found_port;
  return HANSE_OK;
}
