/* The part of a new generation that is made beside the running one, on a helper thread: reading, parsing, converting,
   loading code and certificates, building the index. It touches nothing of what runs. `hanse --check` takes the same
   path. */
#ifndef ROUTER_PREPARE_H
#define ROUTER_PREPARE_H

#include "contract/source.h"
#include "router/generation.h"

struct prepare_request {
  const char *path; /* of the configuration */
  struct source_draft draft;
  const char *plugins; /* folder of the plugins; NULL: the installed one, or what the configuration says */
  uid_t user;
  bool keep_text;        /* the parsed text is wanted later (--show) */
  struct loader *loader; /* NULL: made from the configuration's cache_dir and left in the request */
};

/* Fills what needs no loop. HANSE_OK: fit to be assembled; HANSE_INVALID: `problems` says everything that is wrong;
   HANSE_NOMEM. One thread at a time. */
int prepare(struct generation *generation, struct prepare_request *request, struct problem_list *problems);

#endif
