/* What becomes of each parameter that no code of ours takes: a word why. What stands in no table here is new to us, and
   that is said of it: nothing is left out silently. */
#include <string.h>
#include <strings.h>

#include "ctl/lync.h"

/* says: NULL: another file takes it, or nothing may be said of it. */
struct word {
  enum lync_kind kind;
  const char *name, *says;
};

#define EDGE LYNC_ACCESS_EDGE
static const char clients[] = "our own users sign in elsewhere; they never come here";
static const char revocation[] =
    "name the lists in crl of the TLS profile (hanse.conf); they are fetched anew by crl_refresh";
static const char rotated[] = "nothing is deleted here: move the archive's file away (logrotate) as often as you like";
static const char xmpp[] = "there is no XMPP here yet";

static const struct word words[] = {
    {EDGE, "AllowFederatedUsers", NULL},
    {EDGE, "AllowOutsideUsers", clients},
    {EDGE, "AllowAnonymousUsers", "who joins a meeting without an account comes to the meeting's server, not here"},
    {EDGE, "UseDnsSrvRouting", NULL},
    {EDGE, "UseDefaultRouting", NULL},
    {EDGE, "RoutingMethod", NULL},
    {EDGE, "DefaultRouteFqdn", NULL},
    {EDGE, "DefaultRoute", NULL},
    {EDGE, "IsPublicProvider", "a licence of the default route, which nothing here asks for"},
    {EDGE, "VerificationLevel", NULL},
    {EDGE, "EnablePartnerDiscovery", NULL},
    {EDGE, "DiscoveredPartnerVerificationLevel", NULL},
    {EDGE, "EnableDiscoveredPartnerContactsLimit", NULL},
    {EDGE, "MaxContactsPerDiscoveredPartner", NULL},
    {EDGE, "DiscoveredPartnerStandardRate", NULL},
    {EDGE, "DiscoveredPartnerReportPeriodMinutes", NULL},
    {EDGE, "MaxAcceptedCertificatesStored", "certificates are verified anew with each connection, and none is stored"},
    {EDGE, "MaxRejectedCertificatesStored", "certificates are verified anew with each connection, and none is stored"},
    {EDGE, "CertificatesDeletedPercentage", "certificates are verified anew with each connection, and none is stored"},
    {EDGE, "OutgoingTlsCountForFederatedPartners", NULL},
    {EDGE, "KeepCrlsUpToDateForPeers", revocation},
    {EDGE, "MarkSourceVerifiableOnOutgoingMessages", NULL},
    {EDGE, "EnableArchivingDisclaimer", NULL},
    {EDGE, "BeClearingHouse", NULL},
    {EDGE, "EnableUserReplicator", "users are not copied here"},
    {EDGE, "DnsSrvCacheRecordCount", "the memory of DNS answers has a bound of its own"},
    {LYNC_ALLOWED, "Domain", NULL},
    {LYNC_ALLOWED, "ProxyFqdn", NULL},
    {LYNC_ALLOWED, "Comment", NULL},
    {LYNC_ALLOWED, "VerificationLevel", NULL},
    {LYNC_ALLOWED, "MarkForMonitoring", "every partner has counters here (hansectl partners)"},
    {LYNC_BLOCKED, "Domain", NULL},
    {LYNC_BLOCKED, "Comment", NULL},
    {LYNC_HOSTING, "Name", NULL},
    {LYNC_HOSTING, "ProxyFqdn", NULL},
    {LYNC_HOSTING, "Enabled", NULL},
    {LYNC_HOSTING, "EnabledSharedAddressSpace", NULL},
    {LYNC_HOSTING, "HostsOCSUsers", "it makes no difference here what serves the provider's users"},
    {LYNC_HOSTING, "IsLocal", NULL},
    {LYNC_HOSTING, "VerificationLevel", NULL},
    {LYNC_HOSTING, "AutodiscoverUrl", "clients are led by it, federation is not"},
    {LYNC_HOSTING, "SipClientPort", "clients use it, federation does not"},
    {LYNC_PUBLIC, "Name", NULL},
    {LYNC_PUBLIC, "ProxyFqdn", NULL},
    {LYNC_PUBLIC, "Enabled", NULL},
    {LYNC_PUBLIC, "VerificationLevel", NULL},
    {LYNC_PUBLIC, "IconUrl", "a picture for clients"},
    {LYNC_PUBLIC, "NameDecorationDomain", NULL},
    {LYNC_PUBLIC, "NameDecorationRoutingDomain", NULL},
    {LYNC_PUBLIC, "NameDecorationExcludedDomainList", NULL},
    {LYNC_PUBLIC, "EnableSkypeIdRouting", "the directory of Skype has ended"},
    {LYNC_PUBLIC, "EnableSkypeDirectorySearch", "the directory of Skype has ended"},
    {LYNC_ACCESS, "Description", NULL},
    {LYNC_ACCESS, "EnableFederationAccess", NULL},
    {LYNC_ACCESS, "EnableXmppAccess", NULL},
    {LYNC_ACCESS, "EnablePublicCloudAccess", NULL},
    {LYNC_ACCESS, "EnablePublicCloudAudioVideoAccess", NULL},
    {LYNC_ACCESS, "EnableOutsideAccess", clients},
    {LYNC_USER, "SipAddress", NULL},
    {LYNC_USER, "ExternalAccessPolicy", NULL},
    {LYNC_XMPP_PARTNER, "Domain", xmpp},
    {LYNC_XMPP_PARTNER, "AdditionalDomains", xmpp},
    {LYNC_XMPP_PARTNER, "PartnerType", xmpp},
    {LYNC_XMPP_PARTNER, "TlsNegotiation", xmpp},
    {LYNC_XMPP_PARTNER, "SaslNegotiation", xmpp},
    {LYNC_XMPP_PARTNER, "SupportDialbackNegotiation", xmpp},
    {LYNC_XMPP_PARTNER, "EnableKeepAlive", xmpp},
    {LYNC_XMPP_PARTNER, "ProxyFqdn", xmpp},
    {LYNC_XMPP_PARTNER, "ConnectionLimit", xmpp},
    {LYNC_XMPP_PARTNER, "Description", xmpp},
    {LYNC_XMPP_GATEWAY, "ConnectionLimit", xmpp},
    {LYNC_XMPP_GATEWAY, "PartnerConnectionLimit", xmpp},
    {LYNC_XMPP_GATEWAY, "StreamEstablishmentTimeout", xmpp},
    {LYNC_XMPP_GATEWAY, "StreamInactivityTimeout", xmpp},
    {LYNC_XMPP_GATEWAY, "KeepAliveInterval", xmpp},
    {LYNC_XMPP_GATEWAY, "SubscriptionRefreshInterval", xmpp},
    {LYNC_XMPP_GATEWAY, "DialbackPassphrase", NULL}, /* a secret: not a word of it */
    {LYNC_XMPP_GATEWAY, "EnableLoggingAllMessageBodies", "bodies of messages are never logged here"},
    {LYNC_IM_FILTER, "Enabled", NULL},
    {LYNC_IM_FILTER, "Action", NULL},
    {LYNC_IM_FILTER, "Prefixes", NULL},
    {LYNC_IM_FILTER, "WarnMessage", NULL},
    {LYNC_IM_FILTER, "BlockFileExtension", NULL},
    {LYNC_IM_FILTER, "AllowMessage", "a link that is let through is made unclickable, without a sentence"},
    {LYNC_IM_FILTER, "IgnoreLocal", "what our users write to each other never comes here"},
    {LYNC_FILE_FILTER, "Enabled", NULL},
    {LYNC_FILE_FILTER, "Action", NULL},
    {LYNC_FILE_FILTER, "Extensions", NULL},
    {LYNC_ARCHIVING, "EnableArchiving", NULL},
    {LYNC_ARCHIVING, "BlockOnArchiveFailure", NULL},
    {LYNC_ARCHIVING, "EnablePurging", rotated},
    {LYNC_ARCHIVING, "PurgeExportedArchivesOnly", rotated},
    {LYNC_ARCHIVING, "KeepArchivingDataForDays", rotated},
    {LYNC_ARCHIVING, "PurgeHourOfDay", rotated},
    {LYNC_ARCHIVING, "ArchiveDuplicateMessages", "each text is one line of the archive, once per way"},
    {LYNC_ARCHIVING, "CachePurgingInterval", rotated},
    {LYNC_ARCHIVING, "EnableExchangeArchiving", "the archive is a file, no mailbox"},
    {LYNC_PROXY, "MaxServerMessageBodySizeKb", NULL},
    {LYNC_PROXY, "MaxKeepAliveInterval", NULL},
    {LYNC_PROXY, "MaxClientMessageBodySizeKb", clients},
    {LYNC_PROXY, "OutgoingTlsCount", "connections inside are at most four to one server, as those to partners"},
    {LYNC_PROXY, "DnsCacheRecordCount", "the memory of DNS answers has a bound of its own"},
    {LYNC_PROXY, "LoadBalanceEdgeServers", "several nodes behind one name are told to partners by the DNS"},
    {LYNC_PROXY, "EnableWhiteSpaceKeepAlive", NULL},
    {LYNC_PROXY, "AllowPartnerPollingSubscribes", "a SUBSCRIBE that only asks once passes as any other"},
    {LYNC_PROXY, "EnableLoggingAllMessageBodies", "bodies of messages are never logged here"},
    {LYNC_PROXY, "MaxClientCompressionCount", clients},
    {LYNC_PROXY, "MaxServerCompressionCount", "nothing is compressed between servers here"},
    {LYNC_DIAGNOSTICS, "SendToExternalNetworks", NULL},
    {LYNC_DIAGNOSTICS, "SendToOutsideUnauthenticatedUsers", clients},
    {LYNC_SIP_DOMAIN, "Name", NULL},
    {LYNC_SIP_DOMAIN, "IsDefault", "all home domains are alike here"},
};

/* Properties of every object, and of the way by which it came. */
static const char *const ordinary[] = {
    "Identity",        "Anchor",         "Element",    "ScopeClass",         "Key",      "XsAnyElements",
    "XsAnyAttributes", "PSComputerName", "RunspaceId", "PSShowComputerName", "ConfigId", "DataVersion",
};

static bool is_ordinary(const char *name) {
  for (size_t i = 0; i < sizeof ordinary / sizeof *ordinary; i++)
    if (strcasecmp(ordinary[i], name) == 0) return true;
  return false;
}

static const struct word *find(enum lync_kind kind, const char *name) {
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (words[i].kind == kind && strcasecmp(words[i].name, name) == 0) return &words[i];
  return NULL;
}

/* Switched off or never set, it asks for nothing. */
static bool asks_nothing(const json_t *object, const char *name, const json_t *value) {
  return json_is_null(value) || lync_false(object, name) || (json_is_string(value) && !json_string_length(value)) ||
         (json_is_array(value) && json_array_size(value) == 0);
}

/* A user has a hundred properties, of which two are ours. */
static void leftovers_of(struct lync *lync, enum lync_kind kind, const json_t *object) {
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(object, "props"), name, value) {
    const struct word *word = find(kind, name);
    if (is_ordinary(name) || (word && !word->says) || asks_nothing(object, name, value)) continue;
    if (!word && kind == LYNC_USER) continue;
    const char *text = lync_text(object, name);
    lync_say(lync, PART_WITHOUT, "%s \"%s\": %.100s = %.200s: %s", lync_cmdlet(kind), lync_name(object), name,
             text ? text : "(a list)", word ? word->says : "unknown here; nothing was made of it");
  }
}

void lync_leftovers(struct lync *lync) {
  for (int kind = 0; kind < LYNC_KINDS; kind++) {
    size_t i;
    json_t *object;
    json_array_foreach(lync->objects[kind], i, object) leftovers_of(lync, (enum lync_kind)kind, object);
  }
}
