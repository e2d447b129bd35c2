#include "job.h"

#include <stdlib.h>

static struct hanse_slice job_keep(char **at, struct hanse_slice text) {
  struct hanse_slice kept = hanse_slice(*at, text.len);
  if (text.len) memcpy(*at, text.at, text.len);
  *at += text.len;
  return kept;
}

struct job *job_new(hanse_inquiry inquiry, const struct hanse_store_request *request) {
  size_t texts = request->space.len + request->key.len + request->value.len; /* bounded by the core */
  struct job *job = (struct job *)malloc(sizeof *job + texts);
  if (!job) return NULL;
  char *at = (char *)(job + 1);
  memset(job, 0, sizeof *job);
  job->answer.size = sizeof job->answer;
  job->inquiry = inquiry;
  job->request = *request;
  job->request.space = job_keep(&at, request->space);
  job->request.key = job_keep(&at, request->key);
  job->request.value = job_keep(&at, request->value);
  return job;
}

void job_free(struct job *job) {
  free(job->octets);
  free(job);
}

void jobs_init(struct jobs *jobs) {
  jobs->first = NULL;
  jobs->end = &jobs->first;
}

void jobs_append(struct jobs *jobs, struct job *job) {
  job->next = NULL;
  *jobs->end = job;
  jobs->end = &job->next;
}

struct job *jobs_take(struct jobs *jobs) {
  struct job *job = jobs->first;
  if (!job) return NULL;
  jobs->first = job->next;
  if (!jobs->first) jobs->end = &jobs->first;
  return job;
}

void jobs_join(struct jobs *jobs, struct jobs *from) {
  if (!from->first) return;
  *jobs->end = from->first;
  jobs->end = from->end;
  jobs_init(from);
}
