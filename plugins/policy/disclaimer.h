/* The settings of the policy `disclaimer`. */
#ifndef POLICY_DISCLAIMER_H
#define POLICY_DISCLAIMER_H

#include <hanse/plugin.h>

enum disclaimer_how { DISCLAIMER_HEADER = 0, DISCLAIMER_TEXT = 1 };

struct disclaimer_settings {
  struct hanse_where where;
  struct hanse_slice to_partners, to_users; /* empty: nothing is said */
  int how;                                  /* enum disclaimer_how */
  int place;                                /* enum addition_place */
};

#endif
