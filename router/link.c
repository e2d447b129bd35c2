#include "router/link.h"

#include "router/link_life.h"

char *link_room(struct hanse_link *link, size_t n) {
  struct link_io *io = link->io;
  if (link->state != LINK_OPEN || io->write_over) return NULL;
  uint64_t most = link->transport->limits.link_output;
  if (n > most || io->outbox.waiting > most - n) return NULL;
  link_dirty(io);
  return outbox_room(&io->outbox, &link->transport->spare, n);
}

void link_filled(struct hanse_link *link, size_t n) {
  if (n == 0 || link->state != LINK_OPEN) return;
  outbox_filled(&link->io->outbox, n);
  link->queued += n;
}

void link_pause(struct hanse_link *link, enum link_pause reason) {
  bool was = link->paused != 0;
  link->paused |= (uint8_t)reason;
  if (was || link->state != LINK_OPEN) return;
  struct link_io *io = link->io;
  ev_io_stop(loop_ev(link->transport->loop), &io->in);
  timers_stop(&io->phase); /* half a message: it is not the peer's fault now */
}

void link_resume(struct hanse_link *link, enum link_pause reason) {
  if (!(link->paused & reason)) return;
  link->paused &= (uint8_t)~reason;
  if (link->paused || link->state != LINK_OPEN) return;
  ev_io_start(loop_ev(link->transport->loop), &link->io->in);
  link_ready(link->io);
}

void link_shut(struct hanse_link *link, enum hanse_failure failure, const char *text) {
  if (!link->io || link->io->dead) return;
  link_note(link->io, failure, text ? text : "");
  link_shut_why(link->io, HANSE_CLOSE_OURS);
}

void link_abort(struct hanse_link *link, enum hanse_failure failure, const char *text) {
  if (!link->io || link->io->dead) return;
  link_note(link->io, failure, text ? text : "");
  link_end(link->io, HANSE_CLOSE_OURS);
}

bool link_proves(const struct hanse_link *link, struct hanse_slice name) {
  const struct identity_options *leave = &link->identity;
  if (identity_matches(link->proved, link->proved_count, name, leave)) return true;
  for (size_t i = 0; i < link->offered_count; i++) {
    bool allowed = link->offered[i].at[0] == '*' ? leave->wildcards : leave->accept_cn;
    if (allowed && identity_matches(&link->offered[i], 1, name, leave)) return true;
  }
  return false;
}

bool link_trusted_by(const struct hanse_link *link, const struct tls_profile *profile) {
  SSL *ssl = link->io ? link->io->wire.ssl : NULL;
  return ssl && tls_verify_again(ssl, profile);
}

bool link_verify_again(struct hanse_link *link, struct tls_profile *profile) {
  if (!link->io || link->io->dead) return false;
  SSL *ssl = link->io->wire.ssl;
  if (!ssl || !profile) return !ssl && !profile;
  if (!tls_verify_again(ssl, profile)) return false;
  tls_profile_hold(profile);
  tls_profile_release(link->tls);
  link->tls = profile;
  return true;
}
