#include "router/dispatch.h"

#include "router/binding.h"
#include "router/generation.h"
#include "router/report.h"
#include "router/ticket.h"
#include "router/way.h"

struct instance *dispatch_protocol(const struct router *router, const struct hanse_link *link) {
  struct protocol *protocol = generation_protocol(router->now, link->protocol);
  return protocol ? protocol->instance : NULL;
}

/* Who frames the link's messages from now on; NULL: nobody. An instance stays as long as links are its. */
static void serve(struct hanse_link *link, struct instance *instance) {
  if (link->upper.protocol) link->upper.protocol->links--;
  link->upper.protocol = instance;
  if (instance) instance->links++;
}

static bool adopt_link(struct hanse_link *link, struct instance *instance) {
  serve(link, instance);
  struct calling before = instance_enter(instance, "link_open");
  int status = instance->protocol->link_open(instance->self, link);
  instance_leave(before);
  return status == HANSE_OK;
}

/* At the boundary of a message: a link whose instance was replaced passes to the successor. False: there is none. */
static bool pass_on(struct router *router, struct hanse_link *link) {
  const struct instance *instance = link->upper.protocol;
  if (instance && instance->state == INSTANCE_STARTED) return true;
  struct instance *successor = dispatch_protocol(router, link);
  if (successor && adopt_link(link, successor)) return true;
  link_shut(link, HANSE_F_ERROR, "no module serves its protocol any more");
  return false;
}

void dispatch_pass_on(struct router *router, struct hanse_link *link) {
  if (link->upper.protocol && !link->upper.partial && link->state == LINK_OPEN) pass_on(router, link);
}

void dispatch_drop(struct router *router, const struct instance *instance) {
  struct hanse_link *link = instance->links ? transport_links(router->transport) : NULL;
  for (; link; link = link->next) {
    if (link->upper.protocol != instance) continue;
    serve(link, NULL);
    link_shut(link, HANSE_F_ERROR, "half a message, and its module is gone");
  }
}

/* A commit, or a list of revoked certificates, may have come during its handshake, after the peer was verified. */
static bool is_trusted_still(const struct generation *generation, struct hanse_link *link) {
  const struct tls_profile *profile = link->tls;
  if (!profile) return true;
  if (profile == generation_profile(generation, profile->name) && profile->changes == link->tls_changes) return true;
  return link_verify_again(link, generation_profile_for(generation, profile));
}

static void on_open(void *context, struct hanse_link *link) {
  struct router *router = context;
  struct instance *instance = dispatch_protocol(router, link);
  if (!is_trusted_still(router->now, link)) {
    link_shut(link, HANSE_F_TLS_TRUST, "its certificate is not trusted any more");
    return;
  }
  link->upper.trust = router->now->trust;
  if (router->draining && !link->outbound) {
    link_shut(link, HANSE_F_DRAINING, "this node is being taken out of service");
    return;
  }
  if (!instance || !adopt_link(link, instance)) {
    link_shut(link, HANSE_F_ERROR, "no module serves its protocol");
    return;
  }
  pool_link_opened(router->pool, link);
  report_link(router, link, true);
}

static size_t on_input(void *context, struct hanse_link *link, struct hanse_input *in) {
  struct router *router = context;
  if (!link->upper.partial && !pass_on(router, link)) return in->len;
  struct instance *instance = link->upper.protocol;
  struct calling before = instance_enter(instance, "input");
  size_t taken = instance->protocol->input(instance->self, link, in);
  instance_leave(before);
  link->upper.partial = taken < in->len && in->budget > 0;
  dispatch_pass_on(router, link);
  return taken;
}

static void on_keepalive(void *context, struct hanse_link *link) {
  (void)context;
  struct instance *instance = link->upper.protocol;
  if (!instance) return;
  struct calling before = instance_enter(instance, "keepalive");
  instance->protocol->keepalive(instance->self, link);
  instance_leave(before);
}

/* Each transaction that rides on the link hears of it; hearing of it ends the ride. */
static void tell_riders(struct hanse_link *link) {
  while (link->upper.riders) {
    struct ticket *ticket = link->upper.riders;
    struct instance *owner = ticket->owner;
    ticket_ride(ticket, NULL);
    if (owner->state == INSTANCE_STOPPED) continue;
    struct calling before = instance_enter(owner, "link_lost");
    owner->protocol->link_lost(owner->self, ticket->object, link);
    instance_leave(before);
  }
}

static void on_closed(void *context, struct hanse_link *link, enum hanse_close why) {
  struct router *router = context;
  struct instance *instance = link->upper.protocol;
  link_hold(link);
  way_link_closed(router, link);
  tell_riders(link);
  pool_link_closed(router->pool, link);
  bindings_clear(link);
  if (instance && instance->state != INSTANCE_STOPPED) {
    struct calling before = instance_enter(instance, "link_close");
    instance->protocol->link_close(instance->self, link, why);
    instance_leave(before);
    report_link(router, link, false);
  }
  serve(link, NULL);
  link_release(link);
}

const struct link_events dispatch_events = {
    .open = on_open, .input = on_input, .keepalive = on_keepalive, .closed = on_closed};
