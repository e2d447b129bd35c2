/* Where written octets go. With at == NULL they are only counted, so that one walk over the parts serves for both. */
#ifndef SIP_SINK_H
#define SIP_SINK_H

#include <hanse/base.h>

struct sip_sink {
  char *at;
  size_t len;
};

static inline void sip_sink_put(struct sip_sink *sink, const char *p, size_t len) {
  if (sink->at && len) memcpy(sink->at + sink->len, p, len);
  sink->len += len;
}

static inline void sip_sink_slice(struct sip_sink *sink, struct hanse_slice s) { sip_sink_put(sink, s.at, s.len); }

/* "name: value" CRLF */
static inline void sip_sink_line(struct sip_sink *sink, struct hanse_slice name, struct hanse_slice value) {
  sip_sink_slice(sink, name);
  sip_sink_put(sink, ": ", 2);
  sip_sink_slice(sink, value);
  sip_sink_put(sink, "\r\n", 2);
}

#endif
