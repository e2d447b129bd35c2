#include "router/errand.h"

#include <utlist.h>

bool errand_add(struct router *router, struct errand *errand) {
  struct errand *other;
  size_t count = 0;
  DL_COUNT(router->errands, other, count);
  if (count >= ERRANDS_MAX) return false;
  errand->router = router;
  DL_APPEND(router->errands, errand);
  return true;
}

void errand_remove(struct errand *errand) { DL_DELETE(errand->router->errands, errand); }

void errands_dns_changed(struct router *router) {
  struct errand *errand, *next;
  DL_FOREACH_SAFE(router->errands, errand, next) errand->dns_changed(errand);
}

void errands_drop(struct router *router) {
  while (router->errands) router->errands->drop(router->errands);
}
