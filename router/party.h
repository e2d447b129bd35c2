/* Who is on the outside, as a federation type recognised or located it. */
#ifndef ROUTER_PARTY_H
#define ROUTER_PARTY_H

#include "router/partner.h"

struct party {
  struct hanse_partner *partner; /* NULL: one of our own servers, or known to a catch-all type only */
  struct hanse_slice federation; /* the type's own name; lives as long as the process */
  struct hanse_slice through;    /* the provider or clearing house that speaks for the domain; empty: itself */
  struct hanse_terms terms;
  uint8_t wire_type; /* enum hanse_wire_type */
  bool configured;   /* an entry of `partners`, or the settings of its type, name it */
};

#endif
