/* What a link is, in words: for the log and the control commands. */
#include <stdio.h>

#include "router/link_io.h"

const char *link_cipher(const struct hanse_link *link, char *buf, size_t n) {
  SSL *ssl = link->io ? link->io->wire.ssl : NULL;
  if (!link->io || n == 0) return "";
  if (!ssl) return "none";
  snprintf(buf, n, "%s %s", SSL_get_version(ssl), SSL_get_cipher_name(ssl));
  return buf;
}

const char *link_state_name(enum link_state state) {
  switch (state) {
    case LINK_CONNECTING:
      return "connecting";
    case LINK_HANDSHAKE:
      return "handshake";
    case LINK_OPEN:
      return "open";
    case LINK_SHUTTING:
      return "shutting";
    case LINK_CLOSED:
      return "closed";
  }
  return "?";
}
