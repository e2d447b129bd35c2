/* Named bounds of the SIP codec. What the administrator may set comes as a parameter; these are the rest. */
#ifndef SIP_BOUNDS_H
#define SIP_BOUNDS_H

#include <stddef.h>

#define SIP_START_LINE_MAX ((size_t)16 * 1024) /* octets of the start line with its CRLF */
#define SIP_HEADERS_MAX 255                    /* header fields of one message */
#define SIP_ENTRIES_MAX 128      /* Via entries of one message, over all its Via lines; the same for other lists */
#define SIP_PARAMS_MAX 64        /* parameters of one header value or URI */
#define SIP_ADDRESS_MAX 65535    /* octets of one address with its parameters */
#define SIP_HOST_MAX 255         /* octets of a host */
#define SIP_EDITS_MAX 1024       /* edits of one message */
#define SIP_CSEQ_MAX 0x7fffffffu /* RFC 3261 §8.1.1.5 */

/* What `limits` of the configuration says, in octets. */
struct sip_bounds {
  size_t headers; /* start line, headers and the blank line */
  size_t message; /* the whole message with its body */
};

#endif
