#include "plugins/sip/peer.h"

/* Cuts "host:port" at its last colon; false when there is none. */
static bool cut_port(struct hanse_slice text, struct hanse_slice *host, struct hanse_slice *port) {
  const char *colon = text.len ? memrchr(text.at, ':', text.len) : NULL;
  if (!colon) return false;
  *host = hanse_slice(text.at, (size_t)(colon - text.at));
  *port = hanse_slice(colon + 1, text.len - host->len - 1);
  return true;
}

static bool same_port(unsigned a, struct hanse_slice b) {
  unsigned number = 0;
  for (size_t i = 0; i < b.len && number <= 65535; i++) number = number * 10 + (unsigned)(b.at[i] - '0');
  return a == 0 || a == number;
}

static struct hanse_slice without_dot(struct hanse_slice host) {
  if (host.len > 1 && host.at[host.len - 1] == '.') host.len--;
  return host;
}

static bool is_name(const struct sip_uri *uri, struct hanse_slice name) {
  struct hanse_slice host = name, port = {NULL, 0};
  cut_port(name, &host, &port);
  return host.len && hanse_same_nocase(without_dot(uri->host), host) && same_port(uri->port, port);
}

bool sip_peer_is_us(struct sip *sip, const struct hanse_link *link, const struct sip_uri *uri) {
  if (!sip_uri_is_sip(uri)) return false;
  return is_name(uri, hanse_link_local(sip->host, link)) || is_name(uri, hanse_side_name(sip->host, HANSE_SIDE_HOME)) ||
         is_name(uri, hanse_side_name(sip->host, HANSE_SIDE_PARTNER)) ||
         (uri->port == 0 && hanse_same_nocase(without_dot(uri->host), sip->host->node->name));
}

struct hanse_slice sip_peer_address(const struct sip *sip, const struct hanse_link *link) {
  struct hanse_slice host = hanse_link_peer(sip->host, link), port;
  cut_port(host, &host, &port);
  if (host.len > 2 && host.at[0] == '[') return hanse_slice(host.at + 1, host.len - 2);
  return host;
}

void sip_peer_received(const struct sip *sip, const struct hanse_link *link, const struct sip_via *via,
                       struct sip_received *out) {
  struct hanse_slice host, port = {NULL, 0};
  cut_port(hanse_link_peer(sip->host, link), &host, &port);
  sip_received(via, sip_peer_address(sip, link), port, out);
}

struct hanse_slice sip_peer_identity(const struct sip *sip, const struct hanse_link *link) {
  struct hanse_slice name = hanse_link_proved(sip->host, link);
  return name.len ? name : sip_peer_address(sip, link);
}

bool sip_peer_same(const struct sip *sip, const struct hanse_link *a, const struct hanse_link *b) {
  return a == b || (hanse_link_side(sip->host, a) == hanse_link_side(sip->host, b) &&
                    hanse_same(sip_peer_identity(sip, a), sip_peer_identity(sip, b)));
}

struct hanse_slice sip_peer_transport(const struct sip *sip, const struct hanse_link *link) {
  return hanse_link_secure(sip->host, link) ? HANSE_LIT("TLS") : HANSE_LIT("TCP");
}
