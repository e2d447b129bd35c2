#include "plugins/sip/reply.h"

enum { FIRST = 100, LAST = 699 };

/* RFC 3261 §21, RFC 3428, 3903, 5393, 6665. */
static const char *const reasons[LAST + 1 - FIRST] = {
    [100 - FIRST] = "Trying",
    [180 - FIRST] = "Ringing",
    [183 - FIRST] = "Session Progress",
    [200 - FIRST] = "OK",
    [202 - FIRST] = "Accepted",
    [400 - FIRST] = "Bad Request",
    [401 - FIRST] = "Unauthorized",
    [403 - FIRST] = "Forbidden",
    [404 - FIRST] = "Not Found",
    [405 - FIRST] = "Method Not Allowed",
    [407 - FIRST] = "Proxy Authentication Required",
    [408 - FIRST] = "Request Timeout",
    [413 - FIRST] = "Request Entity Too Large",
    [414 - FIRST] = "Request-URI Too Long",
    [415 - FIRST] = "Unsupported Media Type",
    [416 - FIRST] = "Unsupported URI Scheme",
    [420 - FIRST] = "Bad Extension",
    [423 - FIRST] = "Interval Too Brief",
    [440 - FIRST] = "Max-Breadth Exceeded",
    [480 - FIRST] = "Temporarily Unavailable",
    [481 - FIRST] = "Call/Transaction Does Not Exist",
    [482 - FIRST] = "Loop Detected",
    [483 - FIRST] = "Too Many Hops",
    [486 - FIRST] = "Busy Here",
    [487 - FIRST] = "Request Terminated",
    [488 - FIRST] = "Not Acceptable Here",
    [489 - FIRST] = "Bad Event",
    [500 - FIRST] = "Server Internal Error",
    [501 - FIRST] = "Not Implemented",
    [502 - FIRST] = "Bad Gateway",
    [503 - FIRST] = "Service Unavailable",
    [504 - FIRST] = "Server Time-out",
    [505 - FIRST] = "Version Not Supported",
    [513 - FIRST] = "Message Too Large",
    [603 - FIRST] = "Decline",
    [606 - FIRST] = "Not Acceptable",
};

/* What a status means of which nothing but the class is known. */
static const char *const classes[] = {"Session Progress", "OK", "Moved", "Request Failure", "Server Failure",
                                      "Global Failure"};

const char *sip_reason(unsigned status) {
  if (status < FIRST) return classes[0];
  if (status > LAST) return classes[LAST / 100 - 1];
  return reasons[status - FIRST] ? reasons[status - FIRST] : classes[status / 100 - 1];
}
