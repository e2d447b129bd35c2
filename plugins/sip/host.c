#include "plugins/sip/host.h"

#include <arpa/inet.h>

#include "plugins/sip/bounds.h"
#include "plugins/sip/lex.h"

#define LABEL_MAX 63 /* RFC 1035 §2.3.4 */

static bool read_ipv4(struct hanse_slice host, unsigned char out[4]) {
  const char *p = host.at, *end = host.at + host.len;
  for (int i = 0; i < 4; i++) {
    unsigned n = 0;
    const char *start = p;
    if (i && (p == end || *p++ != '.')) return false;
    if (i) start = p;
    for (; p < end && sip_lex_digit(*p) && p - start < 4; p++) n = n * 10 + (unsigned)(*p - '0');
    if (p == start || n > 255 || (*start == '0' && p - start > 1)) return false;
    out[i] = (unsigned char)n;
  }
  return p == end;
}

static bool is_ipv6_text(struct hanse_slice s) {
  for (size_t i = 0; i < s.len; i++) {
    char c = hanse_lower(s.at[i]);
    if (!sip_lex_digit(c) && !(c >= 'a' && c <= 'f') && c != ':' && c != '.') return false;
  }
  return true;
}

/* host is "[…]". The one colon too many of RFC 5118 §4.10 is left out. */
static bool read_ipv6(struct hanse_slice host, unsigned char out[16]) {
  char text[INET6_ADDRSTRLEN + 1];
  struct hanse_slice inner = hanse_slice(host.at + 1, host.len - 2);
  if (inner.len >= sizeof text || !is_ipv6_text(inner)) return false;
  memcpy(text, inner.at, inner.len);
  text[inner.len] = '\0';
  char *colons = strstr(text, ":::");
  if (colons) memmove(colons, colons + 1, strlen(colons));
  return inet_pton(AF_INET6, text, out) == 1;
}

static bool is_bracketed(struct hanse_slice host) {
  return host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
}

/* Decimal digits only, or 0x and hexadecimal digits: what a C library's resolver takes for an address. */
static bool is_numeric(const char *label, const char *end) {
  if (label == end || !sip_lex_digit(*label)) return false;
  if (end - label >= 2 && label[0] == '0' && hanse_lower(label[1]) == 'x') {
    for (label += 2; label < end; label++)
      if (sip_lex_hex(*label) > 15) return false;
    return true;
  }
  while (label < end && sip_lex_digit(*label)) label++;
  return label == end;
}

/* A label with octets over 127 is left to the IDN check. */
static bool is_label(const char *p, const char *end) {
  if (p == end) return false;
  if (end - p <= LABEL_MAX) return true;
  for (; p < end; p++)
    if ((unsigned char)*p > 127) return true;
  return false;
}

/* Characters of a host only. Labels of 1 to 63 octets, at most one dot at the end. */
static enum sip_host_kind check_labels(struct hanse_slice host) {
  if (host.len == 0 || host.len > SIP_HOST_MAX) return SIP_HOST_NONE;
  const char *end = host.at + host.len, *label = host.at;
  if (end[-1] == '.') end--;
  for (const char *p = label; p < end; p++) {
    if (*p != '.') continue;
    if (!is_label(label, p)) return SIP_HOST_NONE;
    label = p + 1;
  }
  if (!is_label(label, end)) return SIP_HOST_NONE;
  if (!is_numeric(label, end)) return SIP_HOST_NAME;
  unsigned char address[4];
  return read_ipv4(host, address) ? SIP_HOST_IPV4 : SIP_HOST_NONE;
}

static enum sip_host_kind check_bracketed(struct hanse_slice host) {
  unsigned char address[16];
  bool good = host.len <= SIP_HOST_MAX && is_bracketed(host) && read_ipv6(host, address);
  return good ? SIP_HOST_IPV6 : SIP_HOST_NONE;
}

enum sip_host_kind sip_host_check(struct hanse_slice host) {
  if (host.len && host.at[0] == '[') return check_bracketed(host);
  const char *end = host.at + host.len;
  return host.len && sip_lex_span(host.at, end, SIP_C_HOST) == end ? check_labels(host) : SIP_HOST_NONE;
}

size_t sip_host_address(struct hanse_slice host, unsigned char out[16]) {
  if (host.len == 0 || host.len > SIP_HOST_MAX) return 0;
  if (is_bracketed(host)) return read_ipv6(host, out) ? 16 : 0;
  return read_ipv4(host, out) ? 4 : 0;
}

/* 1 to 65535, at most 5 digits. NULL: not a port. */
static const char *read_port(const char *p, const char *end, unsigned *port) {
  const char *start = p;
  unsigned n = 0;
  for (; p < end && sip_lex_digit(*p) && p - start < 6; p++) n = n * 10 + (unsigned)(*p - '0');
  if (p == start || p - start > 5 || n == 0 || n > 65535) return NULL;
  *port = n;
  return p;
}

bool sip_host_port(struct hanse_slice *rest, bool lws, struct hanse_slice *host, enum sip_host_kind *kind,
                   unsigned *port) {
  if (rest->len == 0) return false;
  const char *p = rest->at, *end = p + rest->len, *stop;
  if (*p == '[') {
    stop = memchr(p, ']', rest->len);
    if (!stop) return false;
    stop++;
  } else {
    stop = sip_lex_span(p, end, SIP_C_HOST);
  }
  struct hanse_slice found = sip_lex_between(p, stop);
  enum sip_host_kind what = *p == '[' ? check_bracketed(found) : check_labels(found);
  if (what == SIP_HOST_NONE) return false;
  unsigned number = 0;
  const char *colon = lws ? sip_lex_skip(stop, end) : stop;
  if (colon < end && *colon == ':') {
    stop = read_port(lws ? sip_lex_skip(colon + 1, end) : colon + 1, end, &number);
    if (!stop) return false;
  }
  *host = found;
  *kind = what;
  *port = number;
  *rest = sip_lex_between(stop, end);
  return true;
}
