/* SIP and SIPS URIs, RFC 3261 §19.1; any other scheme is kept as text. */
#ifndef SIP_URI_H
#define SIP_URI_H

#include <hanse/base.h>
#include <hanse/failure.h>

#include "plugins/sip/host.h"
#include "plugins/sip/param.h"

enum sip_scheme { SIP_SCHEME_OTHER = 0, SIP_SCHEME_SIP, SIP_SCHEME_SIPS, SIP_SCHEME_TEL };

/* All slices lie in the bytes that were parsed, nothing is unescaped. */
struct sip_uri {
  struct hanse_slice text; /* the whole URI */
  struct hanse_slice scheme_text;
  enum sip_scheme scheme;
  /* Of sip and sips only; everything below is empty for other schemes, `opaque` holds what stands behind the colon. */
  enum sip_host_kind host_kind;
  struct hanse_slice opaque;
  struct hanse_slice user;     /* at == NULL: none. Never empty otherwise */
  struct hanse_slice password; /* at == NULL: none */
  struct hanse_slice host;     /* IPv6 with its brackets */
  unsigned port;               /* 0: none given */
  struct hanse_slice params;   /* from the first ";", empty: none. For sip_param_next and sip_param_find */
  struct hanse_slice headers;  /* behind "?", at == NULL: none */
};

/* Parses the whole of `text`. HANSE_F_NONE, or HANSE_F_PARSE with a static sentence in *problem. Another scheme than
   sip and sips is no error. *out is written only on success. */
enum hanse_failure sip_uri_parse(struct hanse_slice text, struct sip_uri *out, const char **problem);

static inline bool sip_uri_is_sip(const struct sip_uri *uri) {
  return uri->scheme == SIP_SCHEME_SIP || uri->scheme == SIP_SCHEME_SIPS;
}

/* The octets from the user part, where there is one, to the end of the host; a password may stand between them. */
static inline struct hanse_slice sip_uri_address(const struct sip_uri *uri) {
  const char *begin = uri->user.at ? uri->user.at : uri->host.at;
  return hanse_slice(begin, begin ? (size_t)(uri->host.at + uri->host.len - begin) : 0);
}

/* A parameter by name, without regard to case; false: not there. value->at == NULL: present without "=". */
bool sip_uri_param(const struct sip_uri *uri, struct hanse_slice name, struct hanse_slice *value);

#endif
