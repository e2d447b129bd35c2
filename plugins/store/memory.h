/* The store `memory`: what its parts share. */
#ifndef MEMORY_H
#define MEMORY_H

#include "job.h"
#include "memory_table.h"

struct memory_settings {
  uint64_t limit; /* octets */
};

/* A scan that is not answered to its end. */
struct memory_scan {
  struct memory_scan *next;
  struct memory_walk walk;
  struct job *job;
};

struct memory {
  struct hanse_host *host;
  struct memory_table table;
  struct jobs jobs; /* not looked at yet */
  struct memory_scan *scans;
  struct hanse_timers *soon, *now_and_then, *patience;
  struct hanse_timer work, sweep, late;
  struct memory_walk sweeper;
  bool sweeping; /* the sweeper is on its way */
  bool full;     /* and it was said */
  /* handing over */
  bool started;
  bool waits_for_rest; /* the predecessor's rows are still to come */
  bool handing;        /* ours go to the successor */
  struct memory_walk handed;
  uint64_t *refused, *expired;
};

int memory_ask(void *self, hanse_inquiry inquiry, const struct hanse_store_request *request);
/* Answers all requests that wait, but leaves scans to later turns. */
void memory_work_all(struct memory *memory);
/* Requests are answered from now on: the rows are there. */
void memory_ready(struct memory *memory);
/* Those that are not answered to their end: the store goes away. */
void memory_scans_end(struct memory *memory);

/* Across a reload (memory_saved.c). */
int memory_save(void *self);
int memory_save_rest(void *self);
int memory_adopt(void *self, const struct hanse_saved *saved);
/* From the commit on: the predecessor has not for ever. */
void memory_rest_expect(struct memory *memory);
void memory_rest_stop(struct memory *memory);

#endif
