/* What a link's peer proved, and under whose trust. */
#include "router/identity.h"
#include "router/link_io.h"
#include "router/tls_verify.h"

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
