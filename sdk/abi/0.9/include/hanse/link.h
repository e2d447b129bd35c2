/* What the host does for protocols: tickets for their open transactions, and links. */
#ifndef HANSE_LINK_H
#define HANSE_LINK_H

#include <hanse/host.h>

/* ---- tickets: handles of open transactions ---- */

/* A ticket for `object`, which the plugin keeps until it closes the ticket. HANSE_NOMEM. */
static inline int hanse_ticket_open(struct hanse_host *host, void *object, hanse_ticket *out) {
  return host->ops->ticket_open(host, object, out);
}
/* Also ends its ride and forgets its name. Harmless on 0. */
static inline void hanse_ticket_close(struct hanse_host *host, hanse_ticket ticket) {
  if (ticket) host->ops->ticket_close(host, ticket);
}
/* HANSE_OK: *object is the caller's own. HANSE_SKIP: it is another instance's (hand the message over). HANSE_GONE. */
static inline int hanse_ticket_object(struct hanse_host *host, hanse_ticket ticket, void **object) {
  return host->ops->ticket_object(host, ticket, object);
}
/* Gives the ticket a second key, found by hanse_ticket_by_name in every instance of this protocol. The name is copied.
   HANSE_INVALID: another ticket has that name. */
static inline int hanse_ticket_name(struct hanse_host *host, hanse_ticket ticket, struct hanse_slice name) {
  return host->ops->ticket_name(host, ticket, name);
}
/* 0: no ticket has that name. */
static inline hanse_ticket hanse_ticket_by_name(struct hanse_host *host, struct hanse_slice name) {
  return host->ops->ticket_by_name(host, name);
}
/* When this link closes, the protocol's link_lost is called for the ticket. NULL ends the ride. One link at a time. */
static inline void hanse_ticket_ride(struct hanse_host *host, hanse_ticket ticket, struct hanse_link *link) {
  host->ops->ticket_ride(host, ticket, link);
}
/* In adopt: takes over a ticket of the predecessor. HANSE_GONE: there is none of that number. HANSE_INVALID: not in
   adopt, or not of this module's predecessor. If the reload fails, the ticket is the predecessor's again. */
static inline int hanse_ticket_adopt(struct hanse_host *host, hanse_ticket ticket, void *object) {
  return host->ops->ticket_adopt(host, ticket, object);
}
/* Gives the octets of one message to the instance whose ticket this is; its hand_over runs before this returns.
   HANSE_GONE: no such ticket. HANSE_INVALID: it is one's own. */
static inline int hanse_hand_over(struct hanse_host *host, hanse_ticket ticket, struct hanse_link *link,
                                  struct hanse_slice bytes) {
  return host->ops->hand_over(host, ticket, link, bytes);
}

/* ---- links ---- */

/* A link to the target. HANSE_OK: *out is open and has room. HANSE_SKIP: link_ready will be called for the ticket, or
   the ticket closes first. Negative: it waits behind too much already (HANSE_NOMEM), or may not be dialled. */
static inline int hanse_link_want(struct hanse_host *host, hanse_ticket ticket, struct hanse_target *target,
                                  struct hanse_link **out) {
  return host->ops->link_want(host, ticket, target, out);
}
/* The link itself while it is open, else another open one with the same peer on the same side, else NULL. */
static inline struct hanse_link *hanse_link_again(struct hanse_host *host, struct hanse_link *link) {
  return host->ops->link_again(host, link);
}
/* Keeps the handle (not the connection) until released. */
static inline struct hanse_link *hanse_link_hold(struct hanse_host *host, struct hanse_link *link) {
  return host->ops->link_hold(host, link);
}
static inline void hanse_link_release(struct hanse_host *host, struct hanse_link *link) {
  if (link) host->ops->link_release(host, link);
}
/* False: nothing can be written any more. */
static inline bool hanse_link_is_open(const struct hanse_host *host, const struct hanse_link *link) {
  return host->ops->link_is_open(link);
}
/* Its number, which no other link of this process gets. */
static inline uint64_t hanse_link_id(const struct hanse_host *host, const struct hanse_link *link) {
  return host->ops->link_id(link);
}
/* The side that it is on. */
static inline enum hanse_side hanse_link_side(const struct hanse_host *host, const struct hanse_link *link) {
  return host->ops->link_side(link);
}
/* Is it TLS? */
static inline bool hanse_link_secure(const struct hanse_host *host, const struct hanse_link *link) {
  return host->ops->link_secure(link);
}
/* The first canonical name that the far end has proved: who it is, whatever address it comes from. Empty: none. */
static inline struct hanse_slice hanse_link_proved(const struct hanse_host *host, const struct hanse_link *link) {
  return host->ops->link_proved(link);
}
/* The open link with that number (for what a predecessor saved); NULL: it is closed. Not held. */
static inline struct hanse_link *hanse_link_by_id(struct hanse_host *host, uint64_t id) {
  return host->ops->link_by_id(host, id);
}
/* "name:port" that peers on this link know us by: what Via and Record-Route must say there. */
static inline struct hanse_slice hanse_link_local(const struct hanse_host *host, const struct hanse_link *link) {
  return host->ops->link_local(link);
}
/* "address:port" of the far end. */
static inline struct hanse_slice hanse_link_peer(const struct hanse_host *host, const struct hanse_link *link) {
  return host->ops->link_peer(link);
}
/* Room for n octets at the end of the link's output, or NULL (closed, no memory, over its bound). Everything written in
   one turn of the loop leaves together. */
static inline char *hanse_link_room(struct hanse_host *host, struct hanse_link *link, size_t n) {
  return host->ops->link_room(host, link, n);
}
/* The first n octets of that room are filled: they will leave. */
static inline void hanse_link_filled(struct hanse_host *host, struct hanse_link *link, size_t n) {
  host->ops->link_filled(host, link, n);
}
/* Octets given to the link since it opened, and how many of them left for the network. */
static inline uint64_t hanse_link_queued(const struct hanse_host *host, const struct hanse_link *link) {
  return host->ops->link_queued(link);
}
static inline uint64_t hanse_link_written(const struct hanse_host *host, const struct hanse_link *link) {
  return host->ops->link_written(link);
}
/* Writes out what is queued, shuts the write side, discards input for a while, closes; link_close follows later. `text`
   is static, for the log. */
static inline void hanse_link_shut(struct hanse_host *host, struct hanse_link *link, enum hanse_failure failure,
                                   const char *text) {
  host->ops->link_shut(host, link, failure, text);
}
/* One time that a protocol may note on a link (SIP: when the last pong was sent). Survives a reload. */
static inline void hanse_link_mark_set(const struct hanse_host *host, struct hanse_link *link, hanse_time when) {
  host->ops->link_mark_set(link, when);
}
static inline hanse_time hanse_link_mark(const struct hanse_host *host, const struct hanse_link *link) {
  return host->ops->link_mark(link);
}

/* In link_lost: why the link broke, and in words, for the time of that call. HANSE_F_TLS_OURS: the peer refused our
   certificate (under TLS 1.3 that is told after the handshake), and has read nothing of what was written. */
static inline enum hanse_failure hanse_link_failure(const struct hanse_host *host, const struct hanse_link *link,
                                                    struct hanse_slice *text) {
  return host->ops->link_failure(link, text);
}

#endif
