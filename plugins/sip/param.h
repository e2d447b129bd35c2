/* Parameters of headers and URIs: *( ";" name [ "=" value ] ), RFC 3261 §25.1 generic-param and uri-parameter. */
#ifndef SIP_PARAM_H
#define SIP_PARAM_H

#include <hanse/base.h>

struct sip_param {
  struct hanse_slice name;  /* as written: compare without regard to case */
  struct hanse_slice value; /* as written, a quoted string with its quotes; at == NULL: no "=" */
  const char *start;        /* the ";" before it; up to `end` it can be cut out of the bytes */
  const char *end;
};

/* Takes the next parameter off the front of `rest`, which begins with ";" or blanks before it.
   1: *out is written and *rest moved on; 0: nothing is left; -1: broken. LWS, folds included, may stand around ";" and
   "=" (header parameters; a URI's own parser refuses blanks beforehand). */
int sip_param_next(struct hanse_slice *rest, struct sip_param *out);

/* The first parameter of that name; false: there is none (or what stands before it is broken). *out only on success. */
bool sip_param_find(struct hanse_slice params, struct hanse_slice name, struct sip_param *out);

#endif
