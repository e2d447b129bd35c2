/* A request to a store, copied, and its answer. */
#ifndef STORE_JOB_H
#define STORE_JOB_H

#include <hanse/plugin.h>

struct job {
  struct job *next;
  hanse_inquiry inquiry;
  struct hanse_store_request request; /* its texts are the job's own */
  struct hanse_store_answer answer;
  void *octets; /* what the answer points to; with free(); NULL: nothing of the job's */
};

/* In the order in which they came. */
struct jobs {
  struct job *first;
  struct job **end; /* where the next one is put */
};

/* NULL: no memory. */
struct job *job_new(hanse_inquiry inquiry, const struct hanse_store_request *request);
void job_free(struct job *job);

void jobs_init(struct jobs *jobs);
void jobs_append(struct jobs *jobs, struct job *job);
/* The first one, taken out; NULL: there is none. */
struct job *jobs_take(struct jobs *jobs);
/* All of `from` behind what is there. */
void jobs_join(struct jobs *jobs, struct jobs *from);

#endif
