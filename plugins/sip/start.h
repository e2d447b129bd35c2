/* Request line and status line: RFC 3261 §7.1, §7.2. */
#ifndef SIP_START_H
#define SIP_START_H

#include "plugins/sip/message.h"

/* True when a start line is of a response (or of what wants to be one): "SIP/" in front. */
bool sip_start_is_response(struct hanse_slice start);

/* The last word of a start line is a SIP version, or it begins with one: nobody but SIP writes such lines. */
bool sip_start_is_sip(struct hanse_slice start);

/* Sets request, method, method_text and uri, or status and reason, from out->start. HANSE_F_NONE, PARSE, VERSION or
   SCHEME with a static sentence in *problem. request and method are set on failure too, as far as they can be read. */
enum hanse_failure sip_start_parse(struct sip_message *out, const char **problem);

#endif
