/* Via entries: RFC 3261 §20.42, RFC 3581 (rport). */
#ifndef SIP_VIA_H
#define SIP_VIA_H

#include <hanse/base.h>
#include <hanse/failure.h>

#include "plugins/sip/host.h"
#include "plugins/sip/param.h"

struct sip_via {
  struct hanse_slice text;      /* the whole entry, trimmed */
  struct hanse_slice transport; /* as written: compare without regard to case */
  struct hanse_slice host;      /* sent-by; IPv6 with its brackets */
  enum sip_host_kind host_kind;
  unsigned port;               /* of sent-by, 0: none given */
  unsigned count;              /* of parameters */
  struct hanse_slice params;   /* from the first ";", empty: none */
  struct hanse_slice branch;   /* at == NULL: none (RFC 2543). Never empty otherwise */
  bool cookie;                 /* branch begins with z9hG4bK: RFC 3261 §17.2.3 matching is allowed */
  struct hanse_slice received; /* at == NULL: none; with or without brackets (RFC 5118 §4.5) */
  struct hanse_slice rport;    /* at == NULL: asked for without a value, or absent: see rport_asked */
  bool rport_asked;            /* an rport parameter is there, with or without a value */
};

/* Parses one entry (sip_list cuts lists). HANSE_F_NONE, HANSE_F_PARSE, HANSE_F_VERSION (not SIP/2.0) or
   HANSE_F_TOO_LARGE with a static sentence in *problem. *out is written only on success. */
enum hanse_failure sip_via_parse(struct hanse_slice entry, struct sip_via *out, const char **problem);

#endif
