/* A token bucket in one number: the moment by which all that was let through would have been, at the allowed pace (the
   generic cell rate algorithm, ITU-T I.371). */
#ifndef POLICY_LIMITS_BUCKET_H
#define POLICY_LIMITS_BUCKET_H

#include <hanse/option.h>

struct limits_pace {
  hanse_time interval; /* between two; 0: there is no limit */
  hanse_time slack;    /* how far ahead of the pace it may be: one period of the rate at once */
};

/* "20/s": 20 at once, and 20 a second. */
struct limits_pace limits_pace_of(struct hanse_rate rate);

/* How long until there is one in it; 0: there is. `leave` as below. */
hanse_time limits_bucket_wait(hanse_time due, struct limits_pace pace, hanse_time leave, hanse_time now);
/* Takes one of a bucket that began with 0. False: there is none left; *wait is how long until there is one. `leave`
   lets what must pass go that much further ahead. */
bool limits_bucket_take(hanse_time *due, struct limits_pace pace, hanse_time leave, hanse_time now, hanse_time *wait);

#endif
