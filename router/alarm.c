#include "router/alarm.h"

static bool reached(struct alarm_count *count, struct hanse_rate rate, hanse_time now) {
  if (!rate.count) return false;
  if (now - count->begin >= rate.per) {
    count->begin = now;
    count->count = 0;
  }
  return ++count->count >= rate.count;
}

/* Once in a period; a moment that is 0 counts as 1, since 0 is never. */
static bool tell(struct alarm_count *count, hanse_time period, hanse_time now) {
  if (count->told && now - count->told < period) return false;
  count->told = now > 0 ? now : 1;
  return true;
}

enum hanse_level alarm_happened(struct alarm *alarm, const struct alarm_rates *rates, hanse_time now) {
  bool error = reached(&alarm->error, rates->error, now), warning = reached(&alarm->warning, rates->warning, now);
  if (error && tell(&alarm->error, rates->period, now)) {
    alarm->warning.told = alarm->error.told; /* which says less */
    return HANSE_ERROR;
  }
  return warning && tell(&alarm->warning, rates->period, now) ? HANSE_WARNING : HANSE_DEBUG;
}
