/* name-addr and addr-spec with header parameters: From, To, Contact, Route, Record-Route, P-Asserted-Identity …
   (RFC 3261 §20.10, §25.1). */
#ifndef SIP_ADDRESS_H
#define SIP_ADDRESS_H

#include <hanse/base.h>
#include <hanse/failure.h>

#include "plugins/sip/uri.h"

struct sip_address {
  struct hanse_slice text;    /* the whole entry, trimmed */
  struct hanse_slice display; /* as written, quotes and escapes included; at == NULL: none */
  struct sip_uri uri;
  bool bracketed;            /* written <uri> */
  struct hanse_slice params; /* the header's own, from the first ";" behind the URI; empty: none */
  struct hanse_slice tag;    /* at == NULL: none. Never empty otherwise */
};

/* Parses one entry; a comma outside quotes and <> is an error here (sip_list cuts lists). HANSE_F_NONE, HANSE_F_PARSE
   or HANSE_F_TOO_LARGE (SIP_PARAMS_MAX, SIP_ADDRESS_MAX) with a static sentence in *problem. *out is written only on
   success. */
enum hanse_failure sip_address_parse(struct hanse_slice entry, struct sip_address *out, const char **problem);

/* From or To of a request, as far as its answers repeat it: small, since each open transaction has two. */
struct sip_asked {
  const char *at;
  uint16_t len, user_at, user_len, host_at, host_len, tag_at, tag_len; /* a part of no octets is not there */
};

struct sip_asked sip_address_asked(const struct sip_address *address);

static inline struct hanse_slice sip_asked_host(const struct sip_asked *asked) {
  return hanse_slice(asked->at + asked->host_at, asked->host_len);
}

/* From the user part to the host, as sip_uri_address. */
static inline struct hanse_slice sip_asked_address(const struct sip_asked *asked) {
  uint16_t begin = asked->user_len ? asked->user_at : asked->host_at;
  return hanse_slice(asked->at + begin, (size_t)(asked->host_at + asked->host_len - begin));
}

static inline struct hanse_slice sip_asked_tag(const struct sip_asked *asked) {
  return hanse_slice(asked->at + asked->tag_at, asked->tag_len);
}

/* An answer has the From of its request, and its To with a tag (RFC 3261 §8.2.6.2): octets that were read once need not
   be read again. True: `entry` is `asked` and at most one tag behind it; of *out, text, uri.user, uri.host and tag are
   written. False: only sip_address_parse can tell. */
bool sip_address_repeats(struct hanse_slice entry, const struct sip_asked *asked, struct sip_address *out);

#endif
