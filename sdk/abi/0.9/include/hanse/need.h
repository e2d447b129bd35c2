/* What an instance, as it is configured, needs beyond this machine: for `hansectl check` and `plan`. */
#ifndef HANSE_NEED_H
#define HANSE_NEED_H

#include <hanse/base.h>

HANSE_BEGIN

/* Bits of hanse_need.flags. */
enum hanse_need_flag {
  HANSE_NEED_CLIENT_PURPOSE = 1, /* its servers take certificates only that are for clients as well (clientAuth) */
  HANSE_NEED_COMMON_NAME = 2,    /* its servers compare the common name of our certificate alone */
  HANSE_NEED_MEDIA = 4           /* audio and video: media flow between its users and ours, past this router */
};

/* One that we speak with, and what it needs. The plugin's; read before `say` returns. */
struct hanse_need {
  uint32_t size;
  uint32_t flags;           /* enum hanse_need_flag */
  struct hanse_slice who;   /* the provider, as the administrator calls it */
  struct hanse_slice host;  /* its server; may be empty */
  struct hanse_where where; /* where it was written */
};

/* Who takes the needs; its rest is the core's. */
struct hanse_needs {
  uint32_t size;
  void (*say)(struct hanse_needs *needs, const struct hanse_need *need); /* once for each */
};

HANSE_END
#endif
