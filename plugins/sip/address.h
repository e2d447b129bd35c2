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
   or HANSE_F_TOO_LARGE (SIP_PARAMS_MAX) with a static sentence in *problem. *out is written only on success. */
enum hanse_failure sip_address_parse(struct hanse_slice entry, struct sip_address *out, const char **problem);

#endif
