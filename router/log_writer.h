/* The thread that writes the log: it alone meets full disks and readers that do not read. */
#ifndef ROUTER_LOG_WRITER_H
#define ROUTER_LOG_WRITER_H

#include "contract/log_line.h"
#include "router/log_ring.h"

struct log_writer {
  struct log_ring *ring;
  uint64_t reported; /* lost lines that the log tells of */
  pthread_t thread;
  sem_t ended;         /* posted as the thread's last act */
  _Atomic int fd;      /* being written to */
  _Atomic int next_fd; /* to be written to from the next lines on; -1: no change */
  _Atomic int format;  /* enum log_format, for the writer's own lines */
  _Atomic bool journal;
  _Atomic int64_t stop; /* CLOCK_MONOTONIC seconds at which to give up; 0: goes on */
};

/* Takes the descriptor. 0 or an errno value. */
int log_writer_start(struct log_writer *writer, struct log_ring *ring, int fd);
/* Takes the descriptor; the old one is closed before the next line. */
void log_writer_switch(struct log_writer *writer, int fd);
/* Writes what is left, for 2 s at most, and closes the descriptor. false: the thread hangs in a write (a dead network
   file system, or standard error is a pipe whose room somebody else took) and was left alone; `writer` stays its. */
bool log_writer_stop(struct log_writer *writer);

#endif
