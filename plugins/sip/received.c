#include "plugins/sip/received.h"

static struct hanse_slice join(char *room, size_t size, struct hanse_slice prefix, struct hanse_slice text) {
  if (prefix.len + text.len > size) return hanse_slice(NULL, 0);
  memcpy(room, prefix.at, prefix.len);
  memcpy(room + prefix.len, text.at, text.len);
  return hanse_slice(room, prefix.len + text.len);
}

static void add(struct sip_received *out, struct hanse_slice where, struct hanse_slice text) {
  if (text.at) out->parts[out->count++] = (struct sip_received_part){where, text};
}

/* RFC 3581 §4: the port where it was asked for. */
static void add_port(const struct sip_via *via, struct hanse_slice port, struct sip_received *out) {
  struct sip_param rport;
  if (!via->rport_asked || via->rport.at || port.len == 0) return;
  if (!sip_param_find(via->params, HANSE_LIT("rport"), &rport)) return;
  const char *end = rport.name.at + rport.name.len;
  add(out, hanse_slice(end, 0), join(out->port, sizeof out->port, HANSE_LIT("="), port));
}

/* Where sent-by says something else, and always with rport; what the sender wrote there counts for nothing. */
static void add_address(const struct sip_via *via, struct hanse_slice address, struct sip_received *out) {
  const char *end = via->text.at + via->text.len;
  if (via->received.at)
    add(out, via->received, join(out->address, sizeof out->address, HANSE_LIT(""), address));
  else if (via->rport_asked || !hanse_same(via->host, address))
    add(out, hanse_slice(end, 0), join(out->address, sizeof out->address, HANSE_LIT(";received="), address));
}

void sip_received(const struct sip_via *via, struct hanse_slice address, struct hanse_slice port,
                  struct sip_received *out) {
  out->count = 0;
  if (!via->text.at || address.len == 0) return;
  add_port(via, port, out);
  add_address(via, address, out);
  if (out->count < 2 || out->parts[0].where.at <= out->parts[1].where.at) return;
  struct sip_received_part first = out->parts[0];
  out->parts[0] = out->parts[1];
  out->parts[1] = first;
}
