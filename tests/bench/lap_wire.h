/* The network of a router without sockets: what it writes to one of these descriptors is handed to the far end at once,
   and what the far end says is what it reads next. To be linked with --wrap for recv, send and getsockopt; what these
   do is the far end's work, which callgrind leaves out of the router's figures. */
#ifndef BENCH_LAP_WIRE_H
#define BENCH_LAP_WIRE_H

#include <hanse/base.h>
#include <sys/socket.h>

#define LAP_WIRE_ROOM (256 * 1024)

struct lap_wire {
  int fd;                 /* an eventfd, readable as long as something waits to be read */
  size_t waiting, taken;  /* octets of `said`: written by the far end, and read by the router */
  size_t heard_len;       /* octets that the router wrote and `hear` has not used up */
  uint64_t octets, calls; /* that the router wrote, and its writes */
  /* The router wrote: returns how many octets were used up. May call lap_wire_say for any wire. */
  size_t (*hear)(void *context, const char *at, size_t len);
  void *context;
  char said[LAP_WIRE_ROOM], heard[LAP_WIRE_ROOM];
};

/* At most two. Ends the process when the system refuses a descriptor. */
void lap_wire_open(struct lap_wire *wire);
/* Room for the next n octets that the router will read. Ends the process when there is none. */
char *lap_wire_room(struct lap_wire *wire, size_t n);
void lap_wire_say(struct lap_wire *wire, size_t n);

/* On: what happens beyond the system calls is done in lap_wire_aside, so that callgrind can leave it out. */
void lap_wire_measured(bool on);

/* The time that the whole process sees goes forward by so many microseconds when the router next sleeps, and stands
   still otherwise. */
void lap_clock_forward(hanse_time by);

/* Prints it and ends the process with status 1. */
_Noreturn void lap_fail(const char *format, ...) HANSE_PRINTF(1, 2);

ssize_t __wrap_recv(int fd, void *buf, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *buf, size_t n, int flags);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *length);

#endif
