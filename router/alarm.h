/* Says when something happens too often: once in a period for each of two rates. */
#ifndef ROUTER_ALARM_H
#define ROUTER_ALARM_H

#include <hanse/host.h>
#include <hanse/option.h>

struct alarm_rates {
  struct hanse_rate warning, error; /* count 0: never */
  hanse_time period;
};

struct alarm_count {
  hanse_time begin;
  uint64_t count;
  hanse_time told; /* 0: never */
};

/* Zeroed before first use. */
struct alarm {
  struct alarm_count warning, error;
};

/* It happened. HANSE_ERROR or HANSE_WARNING: that rate was reached just now, and was not told in this period; else
   HANSE_DEBUG. Counted in fixed spans of time, each as long as the rate says. */
enum hanse_level alarm_happened(struct alarm *alarm, const struct alarm_rates *rates, hanse_time now);

#endif
