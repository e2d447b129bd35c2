#include "router/settings_table.h"

#include "contract/option.h"
#include "router/settings.h"

#ifndef HANSE_MODULE_DIR
#define HANSE_MODULE_DIR "/usr/lib/hanse"
#endif

/* One option: the struct, its field, the name in the file, the type. */
#define ROW(in, field, label, kind, ...) \
  { .name = label, .type = HANSE_##kind, .offset = offsetof(struct in, field), __VA_ARGS__ }

static const struct hanse_choice levels[] = {{"error", SETTINGS_ERROR},   {"warning", SETTINGS_WARNING},
                                             {"notice", SETTINGS_NOTICE}, {"info", SETTINGS_INFO},
                                             {"debug", SETTINGS_DEBUG},   {NULL, 0}};
static const struct hanse_choice formats[] = {{"text", SETTINGS_TEXT}, {"json", SETTINGS_JSON}, {NULL, 0}};
static const struct hanse_choice versions[] = {{"1.2", SETTINGS_TLS_1_2}, {"1.3", SETTINGS_TLS_1_3}, {NULL, 0}};
static const struct hanse_choice crl_checks[] = {{"soft", SETTINGS_CRL_SOFT}, {"hard", SETTINGS_CRL_HARD}, {NULL, 0}};
static const struct hanse_choice purposes[] = {
    {"any", SETTINGS_PURPOSE_ANY}, {"both", SETTINGS_PURPOSE_BOTH}, {NULL, 0}};
static const struct hanse_choice sides[] = {{"home", SETTINGS_HOME}, {"partner", SETTINGS_PARTNER}, {NULL, 0}};
static const struct hanse_choice on_failures[] = {{"default", SETTINGS_INSTEAD_DEFAULT},
                                                  {"deny", SETTINGS_INSTEAD_DENY},
                                                  {"abstain", SETTINGS_INSTEAD_ABSTAIN},
                                                  {"allow", SETTINGS_INSTEAD_ALLOW},
                                                  {NULL, 0}};
static const struct hanse_choice verdicts[] = {{"deny", SETTINGS_DENY}, {"allow", SETTINGS_ALLOW}, {NULL, 0}};

const struct hanse_option settings_log_table[] = {
    ROW(settings_log, level, "level", ENUM, .fallback = "info", .choices = levels,
        .help = "Least important kind of line that is written."),
    ROW(settings_log, format, "format", ENUM, .fallback = "text", .choices = formats,
        .help = "One line of text, or one JSON object, for each event."),
    ROW(settings_log, file, "file", STRING,
        .help = "File to which the log is appended, opened again at SIGUSR1; not set: standard error."),
    HANSE_OPTIONS_END,
};

const struct hanse_option settings_dns_table[] = {
    ROW(settings_dns, forwarders, "forwarders", STRING, .flags = HANSE_LIST,
        .help = "Resolvers to ask, as \"address\" or \"address@port\"; none: resolve from the root."),
    ROW(settings_dns, allow_loopback, "allow_loopback", BOOL, .fallback = "false",
        .help = "Whether a forwarder may be on a loopback address."),
    ROW(settings_dns, hosts, "hosts", FILE,
        .help = "Names answered from a file: lines as in a hosts file, and \"name SRV priority weight port target\"."),
    ROW(settings_dns, trust_anchor, "trust_anchor", FILE,
        .help = "DNSSEC trust anchor, as the root.key of the resolver has it; not set: nothing is validated."),
    ROW(settings_dns, private_zones, "private_zones", DOMAIN, .flags = HANSE_LIST,
        .help = "Zones that are not validated and may lead to private addresses, also when an SRV record led to a host "
                "there."),
    HANSE_OPTIONS_END,
};

const struct hanse_option settings_tls_table[] = {
    ROW(settings_tls, where, "where", ORIGIN, .flags = 0),
    ROW(settings_tls, name, "name", STRING, .flags = HANSE_REQUIRED,
        .help = "Name of this profile, to which listeners, home domains and partners refer."),
    ROW(settings_tls, certificate, "certificate", FILE, .flags = HANSE_REQUIRED,
        .help = "Our certificate in PEM, followed by those of its intermediate authorities."),
    ROW(settings_tls, key, "key", SECRET, .flags = HANSE_REQUIRED,
        .help = "File with the private key of the certificate, in PEM, readable by its owner only."),
    ROW(settings_tls, ca, "ca", FILE, .flags = HANSE_REQUIRED,
        .help = "Certificates in PEM of the authorities that peers may have theirs from."),
    ROW(settings_tls, min_version, "min_version", ENUM, .fallback = "1.2", .choices = versions,
        .help = "Oldest version of TLS that is spoken."),
    ROW(settings_tls, purpose, "purpose", ENUM, .fallback = "any", .choices = purposes,
        .help = "Extended key usage that a peer must have: any refuses only those that allow nothing but a client; "
                "both asks for server and client."),
    ROW(settings_tls, depth, "depth", INT, .fallback = "6", .min = "1", .max = "20",
        .help = "How many intermediate authorities a chain of a peer may have."),
    ROW(settings_tls, crl, "crl", STRING, .flags = HANSE_LIST,
        .help = "Lists of revoked certificates that peers are looked up in: absolute paths of files and folders, and "
                "http:// URLs. Not set: nothing is looked up."),
    ROW(settings_tls, crl_check, "crl_check", ENUM, .fallback = "soft", .choices = crl_checks,
        .help = "What becomes of a peer whose authority has no list that is there and not past its end: soft takes it, "
                "hard refuses it. Who is on a list is refused in any case."),
    ROW(settings_tls, crl_refresh, "crl_refresh", DURATION, .fallback = "1h", .min = "1s", .max = "7d",
        .help = "How often files are read again and URLs fetched again; a failure is repeated after a minute."),
    HANSE_OPTIONS_END,
};

const struct hanse_option settings_module_table[] = {
    ROW(settings_module, where, "where", ORIGIN, .flags = 0),
    ROW(settings_module, name, "name", STRING, .flags = HANSE_REQUIRED,
        .help = "Name of this instance, by which policies and reports refer to it."),
    ROW(settings_module, plugin, "plugin", STRING, .help = "Plugin to load; not set: the one called as the instance."),
    ROW(settings_module, on_failure, "on_failure", ENUM, .fallback = "default", .choices = on_failures,
        .help =
            "Of a policy: what stands in for a verdict that it cannot give. allow: a vote for the message; abstain: "
            "nothing, as if it were not asked; deny: the message is refused; default: what policy.default says."),
    HANSE_OPTIONS_END,
};

const struct hanse_option settings_listener_table[] = {
    ROW(settings_listener, where, "where", ORIGIN, .flags = 0),
    ROW(settings_listener, protocol, "protocol", STRING, .flags = HANSE_REQUIRED,
        .help = "Protocol that is spoken there, as a module offers it."),
    ROW(settings_listener, side, "side", ENUM, .flags = HANSE_REQUIRED, .choices = sides,
        .help = "Whether those who connect here are ours (home) or others (partner)."),
    ROW(settings_listener, address, "address", ADDRESS, .flags = HANSE_REQUIRED,
        .help = "IP address and port to listen on; without a port, the one of the protocol."),
    ROW(settings_listener, tls, "tls", REFERENCE, .refers = "tls", .help = "TLS profile; must be set."),
    ROW(settings_listener, name, "name", DOMAIN,
        .help = "Our name on this side, which the certificate proves; not set: the name of the node."),
    HANSE_OPTIONS_END,
};

const struct hanse_option settings_home_table[] = {
    ROW(settings_home, where, "where", ORIGIN, .flags = 0),
    ROW(settings_home, domain, "domain", DOMAIN, .flags = HANSE_REQUIRED, .help = "Domain whose users are ours."),
    ROW(settings_home, protocol, "protocol", STRING, .flags = HANSE_REQUIRED,
        .help = "Protocol that its server speaks."),
    ROW(settings_home, server, "server", ADDRESS, .flags = HANSE_REQUIRED,
        .help = "Next hop for messages to its users."),
    ROW(settings_home, tls, "tls", REFERENCE, .refers = "tls", .help = "TLS profile towards the server; must be set."),
    ROW(settings_home, peers, "peers", DOMAIN, .flags = HANSE_LIST,
        .help = "Names of which a peer on the home side must prove one to send for this domain."),
    ROW(settings_home, shared, "shared", BOOL, .fallback = "false",
        .help =
            "Whether a provider with `shared_address_space` hosts some of its users: it may then send in the name of "
            "this domain, and what our own server sends to this domain goes to it."),
    HANSE_OPTIONS_END,
};

const struct hanse_option settings_partner_table[] = {
    ROW(settings_partner, where, "where", ORIGIN, .flags = 0),
    ROW(settings_partner, domain, "domain", PATTERN, .flags = HANSE_REQUIRED,
        .help = "Domain of the partner; stands for all below it."),
    ROW(settings_partner, type, "type", STRING, .flags = HANSE_REQUIRED,
        .help = "Federation type: how the partner is recognised and reached."),
    ROW(settings_partner, protocol, "protocol", STRING,
        .help = "Protocol that the partner speaks; not set: that of the federation type, or of the first partner "
                "listener."),
    ROW(settings_partner, tls, "tls", REFERENCE, .refers = "tls",
        .help = "TLS profile towards this partner; not set: that of the first partner listener."),
    ROW(settings_partner, source, "source", ADDRESS,
        .help = "IP address to connect from; not set: that of the first partner listener, towards addresses of the "
                "same family."),
    ROW(settings_partner, comment, "comment", STRING, .help = "Anything that helps those who read the list."),
    ROW(settings_partner, accept_cn, "accept_cn", BOOL, .fallback = "false",
        .help = "Whether the common name of a certificate without subjectAltName counts."),
    ROW(settings_partner, wildcards, "wildcards", BOOL, .fallback = "false",
        .help = "Whether a wildcard in the certificate of the partner counts, for the leftmost label."),
    HANSE_OPTIONS_END,
};

const struct hanse_option settings_policy_table[] = {
    ROW(settings_policy, federation, "federation", BOOL, .fallback = "true",
        .help = "Whether anything passes between home and partners; false refuses all of it, whatever the lists say."),
    ROW(settings_policy, admit, "admit", REFERENCE, .flags = HANSE_LIST, .refers = "modules",
        .help = "Modules that judge every message, in this order."),
    ROW(settings_policy, routed, "routed", REFERENCE, .flags = HANSE_LIST, .refers = "modules",
        .help = "Modules that judge a message once it is known where it goes."),
    ROW(settings_policy, answer, "answer", REFERENCE, .flags = HANSE_LIST, .refers = "modules",
        .help = "Modules that accompany answers."),
    ROW(settings_policy, fallback, "default", ENUM, .fallback = "deny", .choices = verdicts,
        .help = "Verdict when no module allows and no entry names the domain."),
    ROW(settings_policy, deferred, "deferred_timeout", DURATION, .fallback = "10s", .min = "10ms", .max = "5m",
        .help = "How long a module may take for a deferred verdict; after that its `on_failure` stands in."),
    ROW(settings_policy, failing, "failing", RATE, .fallback = "5/m",
        .help = "So many calls of one policy that fail in a row within that time, and it is not asked any more: its "
                "`on_failure` stands in until a call works again. 0/m: it is always asked."),
    ROW(settings_policy, retry, "retry", DURATION, .fallback = "5s", .min = "100ms", .max = "1h",
        .help = "How often a policy that is not asked is asked about one message nevertheless."),
    ROW(settings_policy, unknown.warning, "unknown_warning", RATE, .fallback = "5/s",
        .help = "So many messages from domains that nobody entered are told in the log as a warning."),
    ROW(settings_policy, unknown.error, "unknown_error", RATE, .fallback = "10/s", .help = "The same, as an error."),
    ROW(settings_policy, unknown.period, "unknown_period", DURATION, .fallback = "60m", .min = "1s", .max = "30d",
        .help = "How often at most each of the two is told."),
    HANSE_OPTIONS_END,
};

const struct hanse_option settings_limits_table[] = {
    ROW(settings_limits, handshakes_per_network, "handshakes_per_network", RATE, .fallback = "20/s", .min = "1/s",
        .max = "100000/s", .help = "TLS handshakes from one network (/24 of IPv4, /56 of IPv6) on the partner side."),
    ROW(settings_limits, pending_handshakes, "pending_handshakes", INT, .fallback = "1000", .min = "1",
        .max = "1000000", .help = "Handshakes in progress; past that the oldest of the address with most is dropped."),
    ROW(settings_limits, links_per_address, "links_per_address", INT, .fallback = "200", .min = "1", .max = "1000000",
        .help = "Links from one address on the partner side."),
    ROW(settings_limits, messages_in_flight_per_link, "messages_in_flight_per_link", INT, .fallback = "2000",
        .min = "1", .max = "1000000",
        .help = "Messages of one partner's link, or from inside to one partner, that wait for an answer or a verdict."),
    ROW(settings_limits, message, "message", SIZE, .fallback = "1M", .min = "4k", .max = "64M",
        .help = "One message with its body."),
    ROW(settings_limits, headers, "headers", SIZE, .fallback = "64k", .min = "1k", .max = "1M",
        .help = "All header fields of one message."),
    ROW(settings_limits, held_per_conversation, "held_per_conversation", INT, .fallback = "64", .min = "1",
        .max = "100000", .help = "Messages held back behind a deferred one of the same conversation."),
    ROW(settings_limits, deferred_per_module, "deferred_per_module", INT, .fallback = "1000", .min = "1",
        .max = "1000000", .help = "Deferred verdicts that one module may owe."),
    ROW(settings_limits, links_per_partner, "links_per_partner", INT, .fallback = "4", .min = "1", .max = "4",
        .help = "Links that are opened to one target."),
    ROW(settings_limits, queue_messages, "queue_messages", INT, .fallback = "1000", .min = "1", .max = "1000000",
        .help = "Messages that wait for one target."),
    ROW(settings_limits, queue_bytes, "queue_bytes", SIZE, .fallback = "4M", .min = "64k", .max = "1G",
        .help = "Bytes of messages that wait for one target."),
    ROW(settings_limits, queue_time, "queue_time", DURATION, .fallback = "60s", .min = "1s", .max = "10m",
        .help = "How long a message waits for its target."),
    ROW(settings_limits, connect_timeout, "connect_timeout", DURATION, .fallback = "4s", .min = "100ms", .max = "60s",
        .help = "How long connecting to one address may take."),
    ROW(settings_limits, handshake_timeout, "handshake_timeout", DURATION, .fallback = "10s", .min = "1s", .max = "60s",
        .help = "How long a TLS handshake may take."),
    ROW(settings_limits, link_output, "link_output", SIZE, .fallback = "8M", .min = "64k", .max = "1G",
        .help = "Bytes that wait to be written to one link; a message that does not fit is refused."),
    ROW(settings_limits, link_output_pause, "link_output_pause", SIZE, .fallback = "256k", .min = "16k", .max = "1G",
        .help = "From so many waiting bytes on a link is not read until half of them were taken."),
    ROW(settings_limits, message_timeout, "message_timeout", DURATION, .fallback = "30s", .min = "1s", .max = "10m",
        .help = "How long a message that has begun may take to arrive."),
    ROW(settings_limits, keepalive, "keepalive", DURATION, .fallback = "60s", .min = "5s", .max = "20m",
        .help = "Silence after which a link is tested."),
    ROW(settings_limits, idle_timeout, "idle_timeout", DURATION, .fallback = "20m", .min = "10s", .max = "24h",
        .help = "Silence after which a link that was opened to us is closed."),
    ROW(settings_limits, memory, "memory", SIZE, .fallback = "0", .max = "1024G",
        .help = "Memory of the process, beside what its control group and resource limits say, of which the least "
                "counts; 0: only those. With 80 % of it used no partner connects any more; with 90 % nobody does, "
                "new messages are refused, and links that keep much of half messages are closed; with 95 % idle links "
                "are closed."),
    ROW(settings_limits, drain_timeout, "drain_timeout", DURATION, .fallback = "30s", .min = "0s", .max = "1h",
        .help = "How long work in hand is waited for at the end of the process."),
    ROW(settings_limits, watchdog, "watchdog", DURATION, .fallback = "1s", .min = "100ms", .max = "60s",
        .help = "After this a plugin that does not return is named in the log."),
    ROW(settings_limits, watchdog_abort, "watchdog_abort", DURATION, .fallback = "10s", .min = "1s", .max = "10m",
        .help = "After this the process ends, naming the plugin that does not return."),
    ROW(settings_limits, code_versions, "code_versions", INT, .fallback = "8", .min = "2", .max = "64",
        .help = "Versions of the code of plugins that may be loaded at once."),
    ROW(settings_limits, code_age, "code_age", DURATION, .fallback = "5m", .min = "10s", .max = "1h",
        .help = "How long an old version may serve its pending work."),
    HANSE_OPTIONS_END,
};

const struct hanse_option settings_table[] = {
    ROW(settings, node, "node", DOMAIN, .flags = HANSE_REQUIRED, .help = "Full name of this node."),
    ROW(settings, run_dir, "run_dir", STRING, .fallback = "/run/hanse",
        .help = "Folder of the control socket, control.sock."),
    ROW(settings, state_dir, "state_dir", STRING, .fallback = "/var/lib/hanse",
        .help = "Folder of the secret and of what is kept between runs."),
    ROW(settings, cache_dir, "cache_dir", STRING, .fallback = "/var/cache/hanse",
        .help = "Folder of private copies of plugins; its file system must allow execution."),
    ROW(settings, module_dir, "module_dir", STRING, .fallback = HANSE_MODULE_DIR,
        .help = "Folder in which plugins are looked for."),
    ROW(settings, log, "log", GROUP, .group = settings_log_table, .group_size = sizeof(struct settings_log),
        .help = "The log."),
    ROW(settings, dns, "dns", GROUP, .group = settings_dns_table, .group_size = sizeof(struct settings_dns),
        .help = "How names are resolved."),
    ROW(settings, tls, "tls", GROUP, .flags = HANSE_LIST, .group = settings_tls_table,
        .group_size = sizeof(struct settings_tls), .help = "TLS profiles: who we are, and whom we believe."),
    ROW(settings, modules, "modules", GROUP, .flags = HANSE_LIST | OPTION_OPEN, .group = settings_module_table,
        .group_size = sizeof(struct settings_module),
        .help = "Instances of plugins; each entry also has the settings of its plugin."),
    ROW(settings, listen, "listen", GROUP, .flags = HANSE_LIST, .group = settings_listener_table,
        .group_size = sizeof(struct settings_listener), .help = "Where we wait for connections."),
    ROW(settings, home, "home", GROUP, .flags = HANSE_LIST, .group = settings_home_table,
        .group_size = sizeof(struct settings_home), .help = "Our own domains."),
    ROW(settings, partners, "partners", GROUP, .flags = HANSE_LIST | OPTION_OPEN, .group = settings_partner_table,
        .group_size = sizeof(struct settings_partner),
        .help = "Organisations and networks we exchange messages with; each entry also has the settings of its "
                "federation type."),
    ROW(settings, policy, "policy", GROUP, .group = settings_policy_table, .group_size = sizeof(struct settings_policy),
        .help = "Who judges messages."),
    ROW(settings, limits, "limits", GROUP, .group = settings_limits_table, .group_size = sizeof(struct settings_limits),
        .help = "Bounds for everything that comes from outside."),
    ROW(settings, store, "store", REFERENCE, .refers = "modules",
        .help = "Module that keeps the small state of the others between runs; not set: they run from memory only."),
    HANSE_OPTIONS_END,
};
