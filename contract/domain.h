/* Domain names in canonical form: A-labels (RFC 5890, UTS 46 non-transitional), lower case, no trailing dot. */
#ifndef CONTRACT_DOMAIN_H
#define CONTRACT_DOMAIN_H

#include <hanse/base.h>

#define DOMAIN_MAX 253 /* RFC 1035 §2.3.4, in text form without the last dot */
#define DOMAIN_LABEL_MAX 63
#define DOMAIN_BUFFER (DOMAIN_MAX + 1)

/* Why a text is not a domain name. */
enum domain_fault {
  DOMAIN_GOOD = 0,
  DOMAIN_EMPTY,
  DOMAIN_TOO_LONG,
  DOMAIN_LABEL_EMPTY,
  DOMAIN_LABEL_TOO_LONG,
  DOMAIN_HYPHEN,
  DOMAIN_UNDERSCORE,
  DOMAIN_WILDCARD,
  DOMAIN_CHARACTER,
  DOMAIN_IP,
  DOMAIN_IDN
};

/* The canonical form of `in`. When `in` is canonical already, or but for a trailing dot, *out is a piece of `in` itself
   and nothing is copied; otherwise it lies in buf (cap of at least DOMAIN_BUFFER suffices for every name) followed by a
   NUL. HANSE_INVALID: not a domain name, or cap too small (domain_fault says which rule); HANSE_NOMEM from libidn2. */
int domain_canonical(struct hanse_slice in, char *buf, size_t cap, struct hanse_slice *out);

/* The rule that `in` breaks, and the sentence for it: what is wrong; what to do. */
enum domain_fault domain_fault(struct hanse_slice in);
const char *domain_fault_text(enum domain_fault fault);

/* As domain_canonical, and A-labels must decode (RFC 5891 §5.4): for what an administrator writes. */
int domain_canonical_strict(struct hanse_slice in, char *buf, size_t cap, struct hanse_slice *out);

/* Walks towards the root on label borders: "a.b.c", "b.c", "c". false: there is no parent; *name is unchanged. */
bool domain_parent(struct hanse_slice *name);

/* Whether the text is an IPv4 or IPv6 address, without brackets. */
bool domain_is_ip(struct hanse_slice text);

#endif
