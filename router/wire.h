/* The octet stream of one link: a socket, with TLS or without. Counts its system calls and what a stranger sends. */
#ifndef ROUTER_WIRE_H
#define ROUTER_WIRE_H

#include "router/tls.h"

/* From the network until the handshake is done, at most; and of that, the peer's first message. */
#define WIRE_STRANGER_MAX (64 * 1024)
#define WIRE_HELLO_MAX (8 * 1024)

enum wire_status {
  WIRE_DONE = 0,
  WIRE_READ = 1,  /* goes on when the socket is readable */
  WIRE_WRITE = 2, /* goes on when the socket is writable */
  WIRE_END = 3,   /* the far end will send no more */
  WIRE_BROKEN = 4 /* wire_why tells */
};

/* How far the first message of a stranger was looked at: record header (RFC 8446 §5.1), then message header (§4). */
struct wire_hello {
  uint8_t record[5], message[4];
  uint8_t record_have, message_have; /* octets of each; message_have 4: done */
  uint16_t record_left;
};

struct wire {
  int fd;   /* -1: none */
  SSL *ssl; /* NULL: plain text */
  struct tls_demand demand;
  struct wire_hello hello;
  int error;              /* errno of the system call that failed */
  const char *fault;      /* what the peer did that we do not take; static; NULL: nothing */
  bool guarded;           /* the peer is a stranger: hello is looked at */
  bool established;       /* the handshake is done */
  bool starved;           /* the last read of the socket found nothing */
  bool ended;             /* the far end closed its side of the connection */
  bool mute;              /* close_notify was sent, or writing failed: nothing is written any more */
  uint32_t oddities;      /* records without application data since the handshake */
  uint64_t received;      /* octets from the network */
  uint32_t reads, writes; /* system calls */
};

/* What SSL does its input and output with; one for all wires, which it must outlive. NULL: no memory. */
BIO_METHOD *wire_method_new(void);

/* Takes the descriptor, also on failure. `tls` NULL: plain text. HANSE_NOMEM. */
int wire_open_take(struct wire *wire, int fd, BIO_METHOD *method, const struct tls_profile *tls,
                   const struct tls_demand *demand, bool server);
void wire_close(struct wire *wire);

/* The name that the peer is told we look for; only for outbound TLS, not for literal addresses. HANSE_NOMEM. */
int wire_server_name(struct wire *wire, struct hanse_slice name);

/* WIRE_DONE at once for plain text. */
enum wire_status wire_handshake(struct wire *wire);
/* *got and *put are set with WIRE_DONE only, and are never 0 then. */
enum wire_status wire_read(struct wire *wire, char *buf, size_t n, size_t *got);
enum wire_status wire_write(struct wire *wire, const char *buf, size_t n, size_t *put);
/* Is there input inside TLS, of which epoll knows nothing? It may be less than a whole record. */
bool wire_holds_input(const struct wire *wire);
/* Says that we will write no more: close_notify and FIN. WIRE_DONE, or WIRE_WRITE: again when writable. */
enum wire_status wire_shut(struct wire *wire);
/* Reads and drops what is there, below TLS, up to n octets; *got as above. */
enum wire_status wire_discard(struct wire *wire, char *scratch, size_t n, size_t *got);

/* In words, why the last call gave WIRE_BROKEN or WIRE_END; see tls_why. */
const char *wire_why(struct wire *wire, char *buf, size_t n, bool *ours);

#endif
