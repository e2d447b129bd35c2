/* Every refusal and every failure has a number. What each number means on the wire (SIP status, ms-diagnostics id, XMPP
   condition) and what an administrator should do stands in one table of the core; `hansectl explain` and the manual
   print it. Numbers are never reused. */
#ifndef HANSE_FAILURE_H
#define HANSE_FAILURE_H

/* Why something was refused or failed. */
enum hanse_failure {
  HANSE_F_NONE = 0,
  /* who sends */
  HANSE_F_NOT_HOME_SENDER = 1,    /* from inside, in the name of a domain that is not ours */
  HANSE_F_OWN_DOMAIN_OUTSIDE = 2, /* from outside, in the name of one of our domains (R17) */
  HANSE_F_UNKNOWN_PARTNER = 3,    /* no entry names the sender's domain */
  HANSE_F_NAME_NOT_PROVED = 4,    /* the peer's certificate does not prove the name that the entry asks for (R19) */
  HANSE_F_LINK_TYPE = 5,          /* the link is pinned to another federation type (R21) */
  HANSE_F_HOME_PEER = 6,          /* a peer on the home side that home.peers does not list */
  /* where to */
  HANSE_F_NOT_OUR_RECIPIENT = 10, /* from outside, to a domain that is not ours (R16) */
  HANSE_F_NO_ROUTE = 11,          /* no entry names the recipient's domain */
  HANSE_F_ADDRESS = 12,           /* the address found may not be dialled (loopback, private, …) */
  HANSE_F_INTERNAL = 13,          /* from inside to inside */
  HANSE_F_SRV_DOMAIN = 14,        /* the domain's SRV leads outside the domain (R20) */
  HANSE_F_HOSTED = 15,            /* the domain's SRV leads to a provider, but no entry allows the domain (R6) */
  HANSE_F_SRV_NONE = 16,          /* the domain has no SRV record, or says that there is no such service */
  HANSE_F_SRV = 17,               /* the resolver could not tell its SRV records */
  /* policy */
  HANSE_F_BLOCKED = 20,  /* a domain on the block list */
  HANSE_F_POLICY = 21,   /* a policy said no */
  HANSE_F_DEFAULT = 22,  /* nobody allowed it and policy.default is deny */
  HANSE_F_METHOD = 23,   /* this method is not open to this partner */
  HANSE_F_MARK = 24,     /* a policy asked for what this protocol cannot express */
  HANSE_F_DEFERRED = 25, /* a deferred verdict did not come in time */
  HANSE_F_OFF = 26,      /* policy.federation is off (R1) */
  HANSE_F_MODALITY = 27, /* this kind of talk is not open */
  HANSE_F_MEDIA = 28,    /* … in a session, which may go on or be tried without it */
  HANSE_F_FILTER = 29,   /* what the message says is not let through */
  /* the message itself */
  HANSE_F_PARSE = 30,          /* not a message of this protocol */
  HANSE_F_TOO_LARGE = 31,      /* limits.message or limits.headers */
  HANSE_F_VERSION = 32,        /* protocol version */
  HANSE_F_SCHEME = 33,         /* address scheme that is not routed */
  HANSE_F_HOPS = 34,           /* Max-Forwards used up */
  HANSE_F_LOOP = 35,           /* came back unchanged */
  HANSE_F_EXTENSION = 36,      /* Proxy-Require of something unknown */
  HANSE_F_NO_DIALOG = 37,      /* in a dialog, but without a valid token of ours */
  HANSE_F_NO_TRANSACTION = 38, /* CANCEL of nothing */
  HANSE_F_BREADTH = 39,        /* Max-Breadth used up */
  HANSE_F_URI_TOO_LONG = 40,
  /* reaching the other side */
  HANSE_F_DNS_NONE = 50,   /* the next server's name does not exist, or has no address */
  HANSE_F_DNS = 51,        /* the resolver failed */
  HANSE_F_CONNECT = 52,    /* refused, unreachable, or over the time for it */
  HANSE_F_TLS = 53,        /* handshake failed; see TLS_TRUST below */
  HANSE_F_TLS_NAME = 54,   /* the far end proved another name than the one wanted */
  HANSE_F_TLS_OURS = 55,   /* the far end refused our certificate */
  HANSE_F_LINK_LOST = 56,  /* written, then the link broke: may have been delivered */
  HANSE_F_TIMEOUT = 57,    /* no answer in time */
  HANSE_F_QUEUE_FULL = 58, /* too much waits for this target already */
  HANSE_F_PEER_BUSY = 59,  /* the far end answered 503 */
  /* what one of our users may do */
  HANSE_F_USER_FEDERATION = 60, /* not talk with partners */
  HANSE_F_USER_PUBLIC = 61,     /* not talk with public providers, or not by audio and video */
  HANSE_F_USER_XMPP = 62,       /* not talk with partners that speak XMPP */
  HANSE_F_UNVERIFIED = 63,      /* nobody says whether the sender is who he says, where somebody must (R56) */
  /* how much, and to whom */
  HANSE_F_RATE = 64,          /* faster than it may */
  HANSE_F_ADDRESSES = 65,     /* a partner that nobody entered, to one address more than it may ask for (R62) */
  HANSE_F_CONTACT_FIRST = 66, /* somebody whom our user has not written to first */
  /* ourselves */
  HANSE_F_BUSY = 70,      /* a named bound was reached: too many in flight on this link, … */
  HANSE_F_MEMORY = 71,    /* no memory */
  HANSE_F_DRAINING = 72,  /* this node is being taken out of service */
  HANSE_F_ERROR = 73,     /* a defect of ours or of a plugin */
  HANSE_F_WITHDRAWN = 74, /* the sender took it back */
  HANSE_F_UNJUDGED = 75,  /* a policy that must judge it does not work */
  /* reaching the other side, continued */
  HANSE_F_TLS_TRUST = 80, /* the far end's certificate is not trusted: its chain, its dates, its purpose */
  /* what the other side said of a failure: nothing. Never ours; only their row in the table is wanted */
  HANSE_F_PEER_UNSAID = 81,     /* a partner */
  HANSE_F_SHARED_UNSAID = 82,   /* who shares our domain with us */
  HANSE_F_PROVIDER_UNSAID = 83, /* a public provider */
  /* the message itself, continued */
  HANSE_F_PRIVACY = 84, /* it demands privacy that is not provided */
  /* from one protocol to another */
  HANSE_F_FOREIGN = 85,        /* the other side's protocol has nothing that corresponds to it */
  HANSE_F_FOREIGN_CONTENT = 86 /* … to its content */
};

#endif
