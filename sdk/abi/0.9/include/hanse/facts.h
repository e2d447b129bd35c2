/* Facts in, marks out: what a protocol states about a message so that policies can judge it without a line of protocol
   text, and what a policy may ask the protocol to realise. Both lists are closed and numbered; they grow at the end. */
#ifndef HANSE_FACTS_H
#define HANSE_FACTS_H

#include <hanse/base.h>

HANSE_BEGIN

/* Inside or outside: given by the listener that took the link, or by whom we dialled. */
enum hanse_side { HANSE_SIDE_HOME = 1, HANSE_SIDE_PARTNER = 2 };

/* How a peer was recognised, as the federation's wire headers name it (MS-SIPRE 2.2.15). A link is pinned to one (R21).
 */
enum hanse_wire_type {
  HANSE_WIRE_NONE = 0,
  HANSE_WIRE_DIRECT_PARTNER = 1,
  HANSE_WIRE_AUTO_FEDERATION = 2,
  HANSE_WIRE_AUTHORIZED_SERVER = 3,
  HANSE_WIRE_CLEARING_HOUSE = 4
};

/* What the message is for, whatever its protocol. */
enum hanse_modality {
  HANSE_MODALITY_OTHER = 0,
  HANSE_MODALITY_IM = 1,
  HANSE_MODALITY_PRESENCE = 2,
  HANSE_MODALITY_AUDIO_VIDEO = 3,
  HANSE_MODALITY_SHARING = 4,
  HANSE_MODALITY_CONFERENCE = 5,
  HANSE_MODALITY_PROBE = 6, /* asks whether we are alive: SIP OPTIONS, XMPP ping */
  HANSE_MODALITY_FILE = 7   /* file transfer */
};

/* What the sender's side says of the sender's identity. */
enum hanse_stated { HANSE_STATED_NOTHING = 0, HANSE_STATED_VERIFIED = 1, HANSE_STATED_UNVERIFIED = 2 };

/* The bit of a modality in hanse_facts.modalities. */
#define HANSE_MODALITY_BIT(modality) (1u << (modality))

/* What kind of network is on the outside (MS-SIPRE 2.2.15: ms-source-network). */
enum hanse_network { HANSE_NETWORK_FEDERATION = 0, HANSE_NETWORK_PUBLIC = 1 };

/* How far those are taken for verified who write from there, where no rule of a policy says it. */
enum hanse_trust {
  HANSE_TRUST_UNSAID = 0,
  HANSE_TRUST_ALWAYS = 1, /* whoever it is */
  HANSE_TRUST_NEVER = 2,  /* nobody */
  HANSE_TRUST_SOURCE = 3  /* as the sender's side says */
};

/* What a federation type says of those whom it recognised or located. All 0: nothing special. */
struct hanse_terms {
  /* On that side people of other domains are called user(domain)@decoration (decoration.h). A type says it when it
     confirms whoever may be called so, and when it routes to whom is; in facts it says that this message's party is.
     Empty: they are called as they are. */
  struct hanse_slice decoration;
  uint32_t carries; /* HANSE_MODALITY_BIT of each kind of talk that it takes; 0: any */
  uint8_t trust;    /* enum hanse_trust */
  uint8_t network;  /* enum hanse_network */
  bool relays;      /* a member of our clearing house: what it sends may go on to another member (R16) */
  /* How many messages may come from there, which the policy `limits` holds it to: from the provider or clearing house
     that speaks for it, if there is one, whatever the domain. */
  struct hanse_rate rate;
};

/* What the message does to a conversation. */
enum hanse_action {
  HANSE_ACTION_OTHER = 0,
  HANSE_ACTION_MESSAGE = 1, /* one text */
  HANSE_ACTION_SESSION = 2, /* opens or changes a session */
  HANSE_ACTION_END = 3,     /* ends one */
  HANSE_ACTION_SUBSCRIBE = 4,
  HANSE_ACTION_NOTIFY = 5,
  HANSE_ACTION_PUBLISH = 6,
  HANSE_ACTION_REGISTER = 7,
  HANSE_ACTION_REFER = 8,
  HANSE_ACTION_PROBE = 9,
  HANSE_ACTION_ACKNOWLEDGE = 10, /* has no answer of its own: SIP ACK */
  HANSE_ACTION_SIGNAL = 11       /* typing, receipts, mid-session information */
};

/* The bit of an action in hanse_policy.answers. */
#define HANSE_ACTION_BIT(action) ((uint32_t)1 << (action))

/* Bits of hanse_facts.flags. */
enum hanse_fact_flag {
  HANSE_FACT_IN_DIALOG = 1, /* carries a valid token of ours: partner_name and target_name are set */
  HANSE_FACT_NO_ANSWER = 2, /* nobody may answer it: ACK, BENOTIFY */
  HANSE_FACT_ANSWER = 4,    /* this is an answer: status is set */
  HANSE_FACT_FINAL = 8,     /* the answer ends the exchange */
  HANSE_FACT_RELAYED = 16   /* the core's, since ROUTE: from outside to outside, nobody of ours takes part */
};

/* An address as policies, limits and the log see it: canonical domain, user part as it was written, but for
   needless %-escapes, which hide nothing (RFC 3261 §19.1.4). */
struct hanse_address_fact {
  struct hanse_slice user;   /* may be empty */
  struct hanse_slice domain; /* canonical: A-labels, lower case, no trailing dot */
};

/* Cuts "user@domain", as people write it, at its last "@"; both stay as they are written. False: one of them is empty,
   or there is no "@"; *out is as it was. */
static inline bool hanse_address_cut(struct hanse_slice text, struct hanse_address_fact *out) {
  size_t at = text.len;
  while (at > 0 && text.at[at - 1] != '@') at--;
  if (at < 2 || at == text.len) return false;
  out->user = hanse_slice(text.at, at - 1);
  out->domain = hanse_slice(text.at + at, text.len - at);
  return true;
}

/* The certificate that a peer has shown, as far as it tells peers apart. Made once a link, at the handshake. */
struct hanse_certificate {
  uint32_t size;
  uint32_t reserved;
  uint8_t id[32];                     /* stands for issuer and serial number together, for comparing */
  uint8_t fingerprint[32];            /* SHA-256 of the whole */
  struct hanse_slice issuer, subject; /* RFC 4514, for people: at most 512 octets, longer ones are cut */
  struct hanse_slice serial;          /* hexadecimal digits */
};

/* What is known of a message. Stated by the protocol before hanse_submit_take, but for what is said to be the core's.
   Read-only to all others. Slices lie in the message's memory and live as long as it does. */
struct hanse_facts {
  uint32_t size;
  uint32_t flags; /* enum hanse_fact_flag */
  struct hanse_address_fact from, to;
  struct hanse_slice method;       /* the protocol's own word, for the log and the method list */
  uint8_t action;                  /* enum hanse_action */
  uint8_t modality;                /* enum hanse_modality */
  uint16_t status;                 /* answers: SIP-like class, 100–699 */
  uint8_t stated;                  /* enum hanse_stated */
  uint32_t hops;                   /* how many more hops it may make */
  uint32_t bytes;                  /* of the whole message */
  struct hanse_slice conversation; /* later messages of the same one wait for a deferred one (SIP: Call-ID) */
  struct hanse_slice text;         /* the text part, where there is one and it is UTF-8; else empty */
  struct hanse_slice text_type;    /* its media type, also of one that is not UTF-8 */
  /* in a dialog: what our own token says (§ Record-Route token) */
  struct hanse_slice partner_name; /* the partner that the token names */
  /* "host:port" the dialog was opened towards, when this request goes the same way again; empty when it goes back */
  struct hanse_slice target_name;

  /* the core's */
  uint8_t side;                        /* enum hanse_side of the link it came on */
  uint8_t wire_type;                   /* enum hanse_wire_type of the binding */
  uint16_t trust;                      /* reserved: 0 */
  const struct hanse_partner *partner; /* who is on the outside: of the sender, or of the route; NULL: not known yet */
  const struct hanse_slice *proved;    /* the names that the link proved */
  size_t proved_count;
  uint64_t decision;             /* names this verdict; answers and the log write hanse_decision_text; 0: none yet */
  struct hanse_slice federation; /* the federation type that recognised or located the outside; empty: not known yet */
  struct hanse_slice through;    /* the provider or clearing house that speaks for it; empty: itself */

  /* the protocol's again */
  /* All that the message is for, one HANSE_MODALITY_BIT each; `modality` is the weightiest of them. OTHER: also
     something that cannot be read. 0: it does not say, such as a session whose offer comes with the answer. */
  uint32_t modalities;
  struct hanse_slice file_name; /* of the one file that it offers; empty: none, or several, or a nameless one */

  struct hanse_slice beyond; /* in a dialog that was relayed: the other party, as partner_name is the one that sends */

  /* the core's again */
  /* What the peer has shown that the message came from; of an answer: the peer that had asked. NULL: none, as with
     plain TCP and names that were proved in another way (XMPP dialback). */
  const struct hanse_certificate *certificate;
  struct hanse_terms terms; /* of the outside; once it is recognised, `from` is free of its decoration */
};

/* Marks. A bit of `set` says that the field beside it holds. */
enum hanse_mark {
  HANSE_MARK_VERIFIED = 1,    /* .verified: the sender's identity is proved, or not */
  HANSE_MARK_NOTICE = 2,      /* .notice: tell the receiver that this is archived */
  HANSE_MARK_IDENTITY = 4,    /* .identity_keep: enum hanse_identity_keep */
  HANSE_MARK_DIAGNOSTICS = 8, /* .diagnostics */
  HANSE_MARK_TEXT = 16,       /* .text replaces the text part */
  HANSE_MARK_LOG_AS = 32      /* .log_as stands in the log for the addresses */
};

/* How much of a failure's reason the requester is told. */
enum hanse_diagnostics { HANSE_DIAGNOSTICS_NONE = 0, HANSE_DIAGNOSTICS_PUBLIC = 1, HANSE_DIAGNOSTICS_FULL = 2 };

/* What becomes of headers in which one side tells the other who somebody is. */
enum hanse_identity_keep {
  HANSE_IDENTITY_DROP = 0,
  HANSE_IDENTITY_KEEP = 1,    /* where it is of a domain for which that side speaks */
  HANSE_IDENTITY_KEEP_ALL = 2 /* also telephone numbers, and of domains of others */
};

/* What policies ask of the protocol that delivers. A mark that it cannot express refuses the message (HANSE_F_MARK). */
struct hanse_marks {
  uint32_t size;
  uint32_t set;          /* enum hanse_mark */
  uint8_t verified;      /* 1 or 0 */
  uint8_t identity_keep; /* enum hanse_identity_keep */
  uint8_t diagnostics;   /* enum hanse_diagnostics */
  uint8_t reserved;
  struct hanse_slice notice, text, log_as; /* cut from the message's arena */
};

HANSE_END
#endif
