#include "limits_bucket.h"

struct limits_pace limits_pace_of(struct hanse_rate rate) {
  struct limits_pace pace = {0, 0};
  if (!rate.count) return pace;
  pace.interval = rate.per / (hanse_time)(rate.count < INT64_MAX ? rate.count : INT64_MAX);
  if (pace.interval < 1) pace.interval = 1;
  if (rate.per > pace.interval) pace.slack = rate.per - pace.interval;
  return pace;
}

bool limits_bucket_take(hanse_time *due, struct limits_pace pace, hanse_time leave, hanse_time now, hanse_time *wait) {
  if (!pace.interval) return true;
  hanse_time begin = *due > now ? *due : now;
  if (begin - now > pace.slack + leave) {
    *wait = begin - now - pace.slack - leave;
    return false;
  }
  *due = begin + pace.interval;
  return true;
}
