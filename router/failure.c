#include "router/failure.h"

/* Statuses follow `lync-edge` practice: 403 for what is not allowed, 404 for nobody there, 504 for a far end that could
   not be reached, 480 or 500 with Retry-After for too much (503 would make the peer avoid the whole router). */
static const struct failure table[] = {
    {HANSE_F_NONE, "none", 200, "OK", 0, "undefined-condition", "Nothing failed.", ""},
    {HANSE_F_NOT_HOME_SENDER, "not-home-sender", 403, "Sender Is Not Of This Organisation", 1012, "not-authorized",
     "A message came from inside in the name of a domain that is not ours.",
     "Add the domain to `home`, or mend the inside server that sends in its name."},
    {HANSE_F_OWN_DOMAIN_OUTSIDE, "own-domain-outside", 403, "Domain Is Not Yours", 1017, "not-authorized",
     "A peer outside sent in the name of one of our own domains.",
     "Nothing, unless that peer hosts some of our users."},
    {HANSE_F_UNKNOWN_PARTNER, "unknown-partner", 403, "Domain Not Federated", 1002, "not-authorized",
     "No entry of `partners` covers the sender's domain.", "Add the domain to `partners` if you want it."},
    {HANSE_F_NAME_NOT_PROVED, "name-not-proved", 403, "Certificate Does Not Prove That Domain", 1016, "not-authorized",
     "The peer's certificate does not prove the name that the partner's entry asks for.",
     "Compare the names on the link (`hansectl links`) with the entry; the partner may have changed its edge."},
    {HANSE_F_LINK_TYPE, "link-type", 403, "Federation Type Differs On This Connection", 1016, "not-authorized",
     "The connection was used under another federation type before.",
     "List all domains of that peer under one federation type."},
    {HANSE_F_HOME_PEER, "home-peer", 403, "Server Not Known Here", 1012, "not-authorized",
     "A server on the home side proved no name that `home.peers` lists.", "Add its certificate's name to `peers`."},
    {HANSE_F_NOT_OUR_RECIPIENT, "not-our-recipient", 403, "No Relay", 1017, "item-not-found",
     "A partner sent to a domain that is not ours.", "Add the domain to `home` if it is ours."},
    {HANSE_F_NO_ROUTE, "no-route", 404, "No Route To That Domain", 1005, "remote-server-not-found",
     "No entry of `partners` covers the recipient's domain.", "Add the domain to `partners`."},
    {HANSE_F_ADDRESS, "address", 403, "Address Not Allowed", 1005, "not-allowed",
     "The address that was found may not be dialled (loopback, private, multicast).",
     "Only `home.server` and a direct partner's `edge` may have such an address."},
    {HANSE_F_INTERNAL, "internal", 404, "Recipient Is Inside", 1005, "item-not-found",
     "A message from inside to inside came to the edge.", "Route home domains inside."},
    {HANSE_F_SRV_DOMAIN, "srv-domain", 504, "Conflicting Service Record", 1009, "remote-server-not-found",
     "The SRV record of the domain leads to a host outside that domain, which proves nothing.",
     "Enter the partner with that host as `edge` and type \"direct\", if you know that it is right."},
    {HANSE_F_HOSTED, "hosted", 403, "Hosted Domain Not Allowed", 1028, "not-authorized",
     "The domain is served by a hosting provider that is enabled, but no entry allows the domain itself.",
     "Add the domain to `partners` with type \"hosting\", or set `require_allow_list = false` for the provider."},
    {HANSE_F_BLOCKED, "blocked", 403, "Domain Blocked", 1002, "not-authorized", "The domain is on a block list.",
     "Remove the rule if the domain is wanted."},
    {HANSE_F_POLICY, "policy", 403, "Refused By Policy", 1027, "policy-violation", "A policy refused the message.",
     "See the rule that decided."},
    {HANSE_F_DEFAULT, "default", 403, "Not Allowed", 1027, "not-allowed",
     "No policy allowed the message, and `policy.default` is deny.", "Allow the domain, or list the partner."},
    {HANSE_F_METHOD, "method", 405, "Method Not Allowed", 1027, "not-allowed",
     "This kind of request is not open to that partner.",
     "Add the method to the protocol's `methods` if it is wanted."},
    {HANSE_F_MARK, "mark", 500, "Cannot Be Expressed", 1027, "feature-not-implemented",
     "A policy asked for something that this protocol cannot express.", "Take the policy out of that stage."},
    {HANSE_F_DEFERRED, "deferred", 480, "Temporarily Unavailable", 1007, "resource-constraint",
     "A policy did not decide in time.", "See what the policy waits for."},
    {HANSE_F_OFF, "off", 403, "Federation Is Off", 1001, "not-allowed",
     "Federation is switched off as a whole: `policy.federation` is false.",
     "Set it to true; the lists are as they were."},
    {HANSE_F_MODALITY, "modality", 403, "This Kind Of Contact Is Not Open", 1027, "policy-violation",
     "This kind of talk is not open between these two.", "Open it in the rule that decided, if it is wanted."},
    {HANSE_F_MEDIA, "media", 488, "Not Acceptable Here", 1027, "not-acceptable",
     "A session offers a kind of talk that is not open between these two.",
     "Open it in the rule that decided, if it is wanted; the session may go on without it."},
    {HANSE_F_FILTER, "filter", 606, "Not Acceptable", 1027, "policy-violation",
     "The message has a link, or a file, that is not let through.", "See the rule that decided."},
    {HANSE_F_PARSE, "parse", 400, "Bad Request", 1018, "bad-request", "The message breaks the protocol's grammar.",
     "Report it to whoever makes the sender."},
    {HANSE_F_TOO_LARGE, "too-large", 513, "Message Too Large", 1018, "policy-violation",
     "The message is larger than `limits.message` or `limits.headers`.",
     "Raise the limit if such messages are wanted."},
    {HANSE_F_VERSION, "version", 505, "Version Not Supported", 1018, "feature-not-implemented",
     "The message is of another protocol version.", ""},
    {HANSE_F_SCHEME, "scheme", 416, "Unsupported URI Scheme", 1022, "jid-malformed",
     "The address is of a scheme that is not routed.", ""},
    {HANSE_F_HOPS, "hops", 483, "Too Many Hops", 1007, "policy-violation", "The message made too many hops.",
     "Look for two servers that send to each other."},
    {HANSE_F_LOOP, "loop", 482, "Loop Detected", 1007, "policy-violation", "The message came back unchanged.",
     "Look for a server that routes our partner's domain to us."},
    {HANSE_F_EXTENSION, "extension", 420, "Bad Extension", 1018, "feature-not-implemented",
     "The message requires an extension of every proxy that we do not have.", ""},
    {HANSE_F_NO_DIALOG, "no-dialog", 481, "Call/Transaction Does Not Exist", 1004, "item-not-found",
     "A request inside a dialog carries no valid route token of ours.",
     "Expected after the secret was replaced twice, or when the partner's entry is gone."},
    {HANSE_F_NO_TRANSACTION, "no-transaction", 481, "Call/Transaction Does Not Exist", 0, "item-not-found",
     "A CANCEL of nothing that is open.", ""},
    {HANSE_F_BREADTH, "breadth", 440, "Max-Breadth Exceeded", 0, "policy-violation", "Max-Breadth is used up.", ""},
    {HANSE_F_URI_TOO_LONG, "uri-too-long", 414, "Request-URI Too Long", 1018, "jid-malformed",
     "The request line is longer than 16 KiB.", ""},
    {HANSE_F_DNS_NONE, "dns-none", 504, "Server Time-out", 1014, "remote-server-not-found",
     "The name of the next server does not exist.", "Check the name in the entry, and the resolver (`dns`)."},
    {HANSE_F_DNS, "dns", 504, "Server Time-out", 1014, "remote-server-timeout",
     "The name of the next server could not be resolved now.", "Check the resolver (`dns.forwarders`)."},
    {HANSE_F_CONNECT, "connect", 504, "Server Time-out", 1046, "remote-server-timeout",
     "The next server cannot be reached.", "Check its address and port, and the firewalls between."},
    {HANSE_F_TLS, "tls", 504, "Server Time-out", 1047, "remote-server-timeout", "TLS with the next server failed.",
     "See the reason: its chain must end in the profile's `ca`."},
    {HANSE_F_TLS_NAME, "tls-name", 504, "Server Time-out", 1010, "remote-server-timeout",
     "The next server proved another name than the one we wanted.",
     "Compare `edge` with the names in its certificate."},
    {HANSE_F_TLS_OURS, "tls-ours", 504, "Server Time-out", 1047, "remote-server-timeout",
     "The next server refused our certificate.",
     "Its trust list must hold our authority; some servers demand the clientAuth purpose."},
    {HANSE_F_LINK_LOST, "link-lost", 504, "Connection Lost, May Have Been Delivered", 1007, "remote-server-timeout",
     "The connection broke after the message was written.", ""},
    {HANSE_F_TIMEOUT, "timeout", 504, "Server Time-out", 1007, "remote-server-timeout",
     "The far end did not answer in time.", "Ask the partner; its server accepted the connection."},
    {HANSE_F_QUEUE_FULL, "queue-full", 480, "Temporarily Unavailable", 1007, "resource-constraint",
     "Too much waits for this server already.", "See `hansectl partners`: the server is down or slow."},
    {HANSE_F_PEER_BUSY, "peer-busy", 500, "Server Internal Error", 1007, "resource-constraint",
     "The far end is overloaded (503).", ""},
    {HANSE_F_USER_FEDERATION, "user-federation", 403, "User Not Enabled For Federation", 1002, "not-allowed",
     "The access policy of our user does not open federation.", "`hansectl access USER` tells which policy holds."},
    {HANSE_F_USER_PUBLIC, "user-public", 403, "User Not Enabled For Public IM", 1001, "not-allowed",
     "The access policy of our user does not open public providers, or not audio and video with them.",
     "`hansectl access USER` tells which policy holds."},
    {HANSE_F_USER_XMPP, "user-xmpp", 403, "User Not Enabled For XMPP", 1012, "not-allowed",
     "The access policy of our user does not open partners that speak XMPP.",
     "`hansectl access USER` tells which policy holds."},
    {HANSE_F_UNVERIFIED, "unverified", 403, "Sender Not Verified", 1016, "not-authorized",
     "The partner does not say whether it has verified the sender, and it must.",
     "Set another `level`, or `missing = \"unverified\"`, for that partner in module \"verification\"."},
    {HANSE_F_BUSY, "busy", 480, "Temporarily Unavailable", 1007, "resource-constraint",
     "A named bound of `limits` was reached.", "See `hansectl counters`; raise the bound if the load is honest."},
    {HANSE_F_MEMORY, "memory", 500, "Server Internal Error", 1007, "resource-constraint",
     "There was no memory for the message.", "Give the process more memory."},
    {HANSE_F_DRAINING, "draining", 480, "Temporarily Unavailable", 1007, "resource-constraint",
     "This node is being taken out of service.", ""},
    {HANSE_F_ERROR, "error", 500, "Server Internal Error", 1007, "internal-server-error",
     "A defect of the router or of a plugin.", "Please report it with the log line."},
    {HANSE_F_WITHDRAWN, "withdrawn", 487, "Request Terminated", 0, "undefined-condition", "The sender took it back.",
     ""},
};

#define ROWS (sizeof table / sizeof table[0])

const struct failure *failure_row(enum hanse_failure number) {
  const struct failure *error = NULL;
  for (size_t i = 0; i < ROWS; i++) {
    if (table[i].number == number) return &table[i];
    if (table[i].number == HANSE_F_ERROR) error = &table[i];
  }
  return error;
}

const struct failure *failure_at(size_t index) { return index < ROWS ? &table[index] : NULL; }

void failure_manual(FILE *out) {
  fputs(
      "# Failures\n\nEvery refusal and every failure has a number, which `hansectl explain`, the log and the counters "
      "name.\nThis page is made by `hanse --failures`.\n\n",
      out);
  fputs("| number | name | SIP | ms-diagnostics | XMPP | meaning | what to do |\n|---|---|---|---|---|---|---|\n", out);
  for (size_t i = 1; i < ROWS; i++) {
    const struct failure *f = &table[i];
    fprintf(out, "| %d | `%s` | %u %s | %u | `%s` | %s | %s |\n", f->number, f->name, f->sip_status, f->sip_reason,
            f->diagnostic, f->xmpp_condition, f->meaning, f->cure);
  }
}
