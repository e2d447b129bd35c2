#include "contract/domain.h"

#include <arpa/inet.h>
#include <idn2.h>

/* A name that needs libidn2 may be longer than its A-label form; past this it is not even tried. */
#define UNICODE_MAX 1024

/* What each octet may be in a name: 1 canonical, 2 upper case, 3 dot, 0 nothing. */
enum { BAD = 0, PLAIN = 1, UPPER = 2, DOT = 3 };

static int octet_class(unsigned char c) {
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') return PLAIN;
  if (c >= 'A' && c <= 'Z') return UPPER;
  return c == '.' ? DOT : BAD;
}

static struct hanse_slice without_last_dot(struct hanse_slice in) {
  if (in.len > 1 && in.at[in.len - 1] == '.') in.len--;
  return in;
}

static enum domain_fault bad_octet(unsigned char c) {
  if (c == '_') return DOMAIN_UNDERSCORE;
  if (c == '*') return DOMAIN_WILDCARD;
  if (c == '[' || c == ']') return DOMAIN_IP;
  return DOMAIN_CHARACTER;
}

static enum domain_fault check_label(const char *at, size_t len) {
  if (len == 0) return DOMAIN_LABEL_EMPTY;
  if (len > DOMAIN_LABEL_MAX) return DOMAIN_LABEL_TOO_LONG;
  return at[0] == '-' || at[len - 1] == '-' ? DOMAIN_HYPHEN : DOMAIN_GOOD;
}

/* No top-level domain is a number: what ends in one is an address or a mistake (RFC 3696 §2). */
static bool all_digits(const char *at, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (at[i] < '0' || at[i] > '9') return false;
  return true;
}

/* One pass over an ASCII name without its last dot. *upper tells whether it must be lower-cased. */
static enum domain_fault check_ascii(struct hanse_slice in, bool *upper) {
  size_t label = 0;
  *upper = false;
  if (in.len == 0) return DOMAIN_EMPTY;
  if (in.len > DOMAIN_MAX) return DOMAIN_TOO_LONG;
  for (size_t i = 0; i < in.len; i++) {
    int class = octet_class((unsigned char)in.at[i]);
    if (class == PLAIN) continue;
    if (class == BAD) return bad_octet((unsigned char)in.at[i]);
    if (class == UPPER) {
      *upper = true;
      continue;
    }
    enum domain_fault fault = check_label(in.at + label, i - label);
    if (fault) return fault;
    label = i + 1;
  }
  enum domain_fault fault = check_label(in.at + label, in.len - label);
  if (fault) return fault;
  return all_digits(in.at + label, in.len - label) ? DOMAIN_IP : DOMAIN_GOOD;
}

static bool is_ascii(struct hanse_slice in) {
  for (size_t i = 0; i < in.len; i++)
    if ((unsigned char)in.at[i] >= 0x80) return false;
  return true;
}

static int lower_into(struct hanse_slice in, char *buf, size_t cap, struct hanse_slice *out) {
  if (in.len >= cap) return HANSE_INVALID;
  for (size_t i = 0; i < in.len; i++) buf[i] = hanse_lower(in.at[i]);
  buf[in.len] = '\0';
  *out = hanse_slice(buf, in.len);
  return HANSE_OK;
}

/* Through libidn2: maps, normalizes, and checks each label (RFC 5891 §5, UTS 46). */
static int convert(struct hanse_slice in, char *buf, size_t cap, struct hanse_slice *out) {
  char text[UNICODE_MAX + 1];
  if (in.len > UNICODE_MAX || memchr(in.at, '\0', in.len)) return HANSE_INVALID;
  memcpy(text, in.at, in.len);
  text[in.len] = '\0';
  uint8_t *found = NULL;
  int rc = idn2_lookup_u8((const uint8_t *)text, &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (rc != IDN2_OK) return rc == IDN2_MALLOC ? HANSE_NOMEM : HANSE_INVALID;
  struct hanse_slice ascii = without_last_dot(hanse_text((const char *)found));
  bool upper;
  int status = check_ascii(ascii, &upper) == DOMAIN_GOOD ? lower_into(ascii, buf, cap, out) : HANSE_INVALID;
  idn2_free(found);
  return status;
}

int domain_canonical(struct hanse_slice in, char *buf, size_t cap, struct hanse_slice *out) {
  struct hanse_slice name = without_last_dot(in);
  bool upper;
  enum domain_fault fault = check_ascii(name, &upper);
  if (fault == DOMAIN_GOOD) {
    if (upper) return lower_into(name, buf, cap, out);
    *out = name;
    return HANSE_OK;
  }
  return is_ascii(name) ? HANSE_INVALID : convert(in, buf, cap, out);
}

static bool has_a_label(struct hanse_slice name) {
  for (;;) {
    if (name.len > 4 && hanse_same_nocase(hanse_slice(name.at, 4), HANSE_LIT("xn--"))) return true;
    if (!domain_parent(&name)) return false;
  }
}

int domain_canonical_strict(struct hanse_slice in, char *buf, size_t cap, struct hanse_slice *out) {
  struct hanse_slice found;
  int status = domain_canonical(in, buf, cap, &found);
  if (status != HANSE_OK) return status;
  char again[DOMAIN_BUFFER];
  struct hanse_slice ignored;
  if (has_a_label(found)) status = convert(found, again, sizeof again, &ignored);
  if (status == HANSE_OK) *out = found;
  return status;
}

enum domain_fault domain_fault(struct hanse_slice in) {
  char buf[DOMAIN_BUFFER];
  struct hanse_slice out;
  bool upper;
  if (domain_is_ip(in)) return DOMAIN_IP;
  if (domain_canonical_strict(in, buf, sizeof buf, &out) == HANSE_OK) return DOMAIN_GOOD;
  if (in.len > UNICODE_MAX) return DOMAIN_TOO_LONG;
  enum domain_fault fault = check_ascii(without_last_dot(in), &upper);
  return is_ascii(in) && fault != DOMAIN_GOOD ? fault : DOMAIN_IDN;
}

const char *domain_fault_text(enum domain_fault fault) {
  switch (fault) {
    case DOMAIN_GOOD:
      return "a domain name";
    case DOMAIN_EMPTY:
      return "a domain name is empty; write one like \"contoso.example\"";
    case DOMAIN_TOO_LONG:
      return "a domain name has at most 253 characters; shorten it";
    case DOMAIN_LABEL_EMPTY:
      return "there is nothing between two dots of a domain name; remove one of them";
    case DOMAIN_LABEL_TOO_LONG:
      return "a part between dots has at most 63 characters; shorten it";
    case DOMAIN_HYPHEN:
      return "a part of a domain name begins or ends with a hyphen; remove it";
    case DOMAIN_UNDERSCORE:
      return "a domain name has no underscore; write the domain without its service labels";
    case DOMAIN_WILDCARD:
      return "a domain is written without \"*\"; leave out the \"*.\"";
    case DOMAIN_CHARACTER:
      return "a domain name has only letters, digits, hyphens and dots; remove everything else (also sip:, user@ and "
             "ports)";
    case DOMAIN_IP:
      return "a domain name is wanted here, not an IP address; write the host's full name";
    case DOMAIN_IDN:
      return "not a valid internationalized domain name (UTS 46); check its spelling and that the file "
             "is UTF-8";
  }
  return "not a domain name";
}

bool domain_parent(struct hanse_slice *name) {
  const char *dot = name->len ? memchr(name->at, '.', name->len) : NULL;
  if (!dot) return false;
  size_t skip = (size_t)(dot - name->at) + 1;
  *name = hanse_slice(name->at + skip, name->len - skip);
  return true;
}

bool domain_is_ip(struct hanse_slice text) {
  char buf[INET6_ADDRSTRLEN];
  unsigned char address[16];
  if (text.len == 0 || text.len >= sizeof buf || memchr(text.at, '\0', text.len)) return false;
  memcpy(buf, text.at, text.len);
  buf[text.len] = '\0';
  return inet_pton(AF_INET, buf, address) == 1 || inet_pton(AF_INET6, buf, address) == 1;
}
