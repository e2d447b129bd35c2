#include "limits_bucket.h"

struct limits_pace limits_pace_of(struct hanse_rate rate) {
  struct limits_pace pace = {0, 0};
  if (!rate.count) return pace;
  pace.interval = rate.per / (hanse_time)(rate.count < INT64_MAX ? rate.count : INT64_MAX);
  if (pace.interval < 1) pace.interval = 1;
  if (rate.per > pace.interval) pace.slack = rate.per - pace.interval;
  return pace;
}

hanse_time limits_bucket_wait(hanse_time due, struct limits_pace pace, hanse_time leave, hanse_time now) {
  hanse_time ahead = due > now ? due - now : 0;
  return pace.interval && ahead > pace.slack + leave ? ahead - pace.slack - leave : 0;
}

bool limits_bucket_take(hanse_time *due, struct limits_pace pace, hanse_time leave, hanse_time now, hanse_time *wait) {
  *wait = limits_bucket_wait(*due, pace, leave, now);
  if (!*wait && pace.interval) *due = (*due > now ? *due : now) + pace.interval;
  return !*wait;
}
