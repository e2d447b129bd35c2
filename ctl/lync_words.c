/* What becomes of each parameter that no code of ours takes: a word why. What stands in no table here is new to us, and
   that is said of it: nothing is left out silently. */
#include <string.h>
#include <strings.h>

#include "ctl/clixml.h"
#include "ctl/lync.h"

/* says: NULL: another file takes it, or nothing may be said of it. usual: Lync's own default, of which nothing need be
   said; NULL: it has none, or there is something to do here for it. */
struct word {
  enum lync_kind kind;
  const char *name, *says, *usual;
};

#define EDGE LYNC_ACCESS_EDGE
static const char clients[] = "our own users sign in elsewhere; they never come here";
static const char revocation[] =
    "name the lists in crl of the TLS profile (hanse.conf); they are fetched anew by crl_refresh";
static const char rotated[] = "nothing is deleted here: move the archive's file away (logrotate) as often as you like";
static const char subscriptions[] =
    "your servers keep the subscriptions and their terms; those that pass here are passed on as they are";
static const char lists[] = "your servers keep the lists of contacts and ask who may see whom";
static const char xmpp[] = "there is no XMPP here yet";

static const struct word words[] = {
    {EDGE, "AllowFederatedUsers", NULL, NULL},
    {EDGE, "AllowOutsideUsers", clients, "True"},
    {EDGE, "AllowAnonymousUsers", "who joins a meeting without an account comes to the meeting's server, not here",
     "False"},
    {EDGE, "UseDnsSrvRouting", NULL, NULL},
    {EDGE, "UseDefaultRouting", NULL, NULL},
    {EDGE, "RoutingMethod", NULL, NULL},
    {EDGE, "DefaultRouteFqdn", NULL, NULL},
    {EDGE, "DefaultRoute", NULL, NULL},
    {EDGE, "IsPublicProvider", "a licence of the default route, which nothing here asks for", "False"},
    {EDGE, "VerificationLevel", NULL, NULL},
    {EDGE, "EnablePartnerDiscovery", NULL, NULL},
    {EDGE, "DiscoveredPartnerVerificationLevel", NULL, NULL},
    {EDGE, "EnableDiscoveredPartnerContactsLimit", NULL, NULL},
    {EDGE, "MaxContactsPerDiscoveredPartner", NULL, NULL},
    {EDGE, "DiscoveredPartnerStandardRate", NULL, NULL},
    {EDGE, "DiscoveredPartnerReportPeriodMinutes", NULL, NULL},
    {EDGE, "MaxAcceptedCertificatesStored", "certificates are verified anew with each connection, and none is stored",
     "1000"},
    {EDGE, "MaxRejectedCertificatesStored", "certificates are verified anew with each connection, and none is stored",
     "500"},
    {EDGE, "CertificatesDeletedPercentage", "certificates are verified anew with each connection, and none is stored",
     "20"},
    {EDGE, "OutgoingTlsCountForFederatedPartners", NULL, NULL},
    {EDGE, "KeepCrlsUpToDateForPeers", revocation, NULL},
    {EDGE, "MarkSourceVerifiableOnOutgoingMessages", NULL, NULL},
    {EDGE, "EnableArchivingDisclaimer", NULL, NULL},
    {EDGE, "BeClearingHouse", NULL, NULL},
    {EDGE, "EnableUserReplicator", "users are not copied here", "False"},
    {EDGE, "DnsSrvCacheRecordCount", "the memory of DNS answers has a bound of its own", NULL},
    {LYNC_ALLOWED, "Domain", NULL, NULL},
    {LYNC_ALLOWED, "ProxyFqdn", NULL, NULL},
    {LYNC_ALLOWED, "Comment", NULL, NULL},
    {LYNC_ALLOWED, "VerificationLevel", NULL, NULL},
    {LYNC_ALLOWED, "MarkForMonitoring", "every partner has counters here (hansectl partners)", "False"},
    {LYNC_BLOCKED, "Domain", NULL, NULL},
    {LYNC_BLOCKED, "Comment", NULL, NULL},
    {LYNC_HOSTING, "Name", NULL, NULL},
    {LYNC_HOSTING, "ProxyFqdn", NULL, NULL},
    {LYNC_HOSTING, "Enabled", NULL, NULL},
    {LYNC_HOSTING, "EnabledSharedAddressSpace", NULL, NULL},
    {LYNC_HOSTING, "HostsOCSUsers", "it makes no difference here what serves the provider's users", "False"},
    {LYNC_HOSTING, "IsLocal", NULL, NULL},
    {LYNC_HOSTING, "VerificationLevel", NULL, NULL},
    {LYNC_HOSTING, "AutodiscoverUrl", "clients are led by it, federation is not", NULL},
    {LYNC_HOSTING, "SipClientPort", "clients use it, federation does not", "443"},
    {LYNC_PUBLIC, "Name", NULL, NULL},
    {LYNC_PUBLIC, "ProxyFqdn", NULL, NULL},
    {LYNC_PUBLIC, "Enabled", NULL, NULL},
    {LYNC_PUBLIC, "VerificationLevel", NULL, NULL},
    {LYNC_PUBLIC, "IconUrl", "a picture for clients", NULL},
    {LYNC_PUBLIC, "NameDecorationDomain", NULL, NULL},
    {LYNC_PUBLIC, "NameDecorationRoutingDomain", NULL, NULL},
    {LYNC_PUBLIC, "NameDecorationExcludedDomainList", NULL, NULL},
    {LYNC_PUBLIC, "EnableSkypeIdRouting", "the directory of Skype has ended", "False"},
    {LYNC_PUBLIC, "EnableSkypeDirectorySearch", "the directory of Skype has ended", "False"},
    {LYNC_ACCESS, "Description", NULL, NULL},
    {LYNC_ACCESS, "EnableFederationAccess", NULL, NULL},
    {LYNC_ACCESS, "EnableXmppAccess", NULL, NULL},
    {LYNC_ACCESS, "EnablePublicCloudAccess", NULL, NULL},
    {LYNC_ACCESS, "EnablePublicCloudAudioVideoAccess", NULL, NULL},
    {LYNC_ACCESS, "EnableOutsideAccess", clients, "False"},
    {LYNC_USER, "SipAddress", NULL, NULL},
    {LYNC_USER, "ExternalAccessPolicy", NULL, NULL},
    {LYNC_XMPP_PARTNER, "Domain", xmpp, NULL},
    {LYNC_XMPP_PARTNER, "AdditionalDomains", xmpp, NULL},
    {LYNC_XMPP_PARTNER, "PartnerType", xmpp, "PublicUnverified"},
    {LYNC_XMPP_PARTNER, "TlsNegotiation", xmpp, "Required"},
    {LYNC_XMPP_PARTNER, "SaslNegotiation", xmpp, "Required"},
    {LYNC_XMPP_PARTNER, "SupportDialbackNegotiation", xmpp, "True"},
    {LYNC_XMPP_PARTNER, "EnableKeepAlive", xmpp, "True"},
    {LYNC_XMPP_PARTNER, "ProxyFqdn", xmpp, NULL},
    {LYNC_XMPP_PARTNER, "ConnectionLimit", xmpp, NULL},
    {LYNC_XMPP_PARTNER, "Description", xmpp, NULL},
    {LYNC_XMPP_GATEWAY, "ConnectionLimit", xmpp, "1000"},
    {LYNC_XMPP_GATEWAY, "PartnerConnectionLimit", xmpp, "20"},
    {LYNC_XMPP_GATEWAY, "StreamEstablishmentTimeout", xmpp, "60"},
    {LYNC_XMPP_GATEWAY, "StreamInactivityTimeout", xmpp, "600"},
    {LYNC_XMPP_GATEWAY, "KeepAliveInterval", xmpp, "300"},
    {LYNC_XMPP_GATEWAY, "SubscriptionRefreshInterval", xmpp, "28800"},
    {LYNC_XMPP_GATEWAY, "DialbackPassphrase", NULL, NULL}, /* a secret: not a word of it */
    {LYNC_XMPP_GATEWAY, "EnableLoggingAllMessageBodies", "bodies of messages are never logged here", "False"},
    {LYNC_IM_FILTER, "Enabled", NULL, NULL},
    {LYNC_IM_FILTER, "Action", NULL, NULL},
    {LYNC_IM_FILTER, "Prefixes", NULL, NULL},
    {LYNC_IM_FILTER, "WarnMessage", NULL, NULL},
    {LYNC_IM_FILTER, "BlockFileExtension", NULL, NULL},
    {LYNC_IM_FILTER, "AllowMessage", "a link that is let through is made unclickable, without a sentence", NULL},
    {LYNC_IM_FILTER, "IgnoreLocal",
     "what our users write to each other comes here only where a home is shared, and is not filtered", "True"},
    {LYNC_FILE_FILTER, "Enabled", NULL, NULL},
    {LYNC_FILE_FILTER, "Action", NULL, NULL},
    {LYNC_FILE_FILTER, "Extensions", NULL, NULL},
    {LYNC_ARCHIVING, "EnableArchiving", NULL, NULL},
    {LYNC_ARCHIVING, "BlockOnArchiveFailure", NULL, NULL},
    {LYNC_ARCHIVING, "EnablePurging", rotated, "False"},
    {LYNC_ARCHIVING, "PurgeExportedArchivesOnly", rotated, "False"},
    {LYNC_ARCHIVING, "KeepArchivingDataForDays", rotated, "14"},
    {LYNC_ARCHIVING, "PurgeHourOfDay", rotated, "2"},
    {LYNC_ARCHIVING, "ArchiveDuplicateMessages", "each text is one line of the archive, once per way", "True"},
    {LYNC_ARCHIVING, "CachePurgingInterval", rotated, "24"},
    {LYNC_ARCHIVING, "EnableExchangeArchiving", "the archive is a file, no mailbox", "False"},
    {LYNC_PROXY, "MaxServerMessageBodySizeKb", NULL, NULL},
    {LYNC_PROXY, "MaxKeepAliveInterval", NULL, NULL},
    {LYNC_PROXY, "MaxClientMessageBodySizeKb", clients, "128"},
    {LYNC_PROXY, "OutgoingTlsCount", "connections inside are at most four to one server, as those to partners", "4"},
    {LYNC_PROXY, "DnsCacheRecordCount", "the memory of DNS answers has a bound of its own", "3000"},
    {LYNC_PROXY, "LoadBalanceEdgeServers", "several nodes behind one name are told to partners by the DNS", "True"},
    {LYNC_PROXY, "EnableWhiteSpaceKeepAlive", NULL, NULL},
    {LYNC_PROXY, "AllowPartnerPollingSubscribes", "a SUBSCRIBE that only asks once passes as any other", "False"},
    {LYNC_PROXY, "EnableLoggingAllMessageBodies", "bodies of messages are never logged here", "False"},
    {LYNC_PROXY, "MaxClientCompressionCount", clients, "15000"},
    {LYNC_PROXY, "MaxServerCompressionCount", "nothing is compressed between servers here", "1024"},
    {LYNC_DIAGNOSTICS, "SendToExternalNetworks", NULL, NULL},
    {LYNC_DIAGNOSTICS, "SendToOutsideUnauthenticatedUsers", clients, "False"},
    {LYNC_USER_SERVICES, "DefaultSubscriptionExpiration", subscriptions, "28800"},
    {LYNC_USER_SERVICES, "MinSubscriptionExpiration", subscriptions, "1200"},
    {LYNC_USER_SERVICES, "MaxSubscriptionExpiration", subscriptions, "43200"},
    {LYNC_USER_SERVICES, "MaxSubscriptions", subscriptions, "200"},
    {LYNC_USER_SERVICES, "MaxContacts", lists, "250"},
    {LYNC_PRESENCE, "MaxPromptedSubscriber", lists, "200"},
    {LYNC_PRESENCE, "MaxCategorySubscription", subscriptions, "1000"},
    {LYNC_SIP_DOMAIN, "Name", NULL, NULL},
    {LYNC_SIP_DOMAIN, "IsDefault", "all home domains are alike here", "False"},
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

/* Never set, or as Lync sets it by itself. */
static bool asks_nothing(const json_t *value, const struct word *word) {
  const char *text = clixml_text(value);
  if (json_is_array(value)) return json_array_size(value) == 0;
  if (json_is_null(value) || (text && !text[0])) return true;
  return text && word && word->usual && strcasecmp(text, word->usual) == 0;
}

/* A user has a hundred properties, of which two are ours. */
static void leftovers_of(struct lync *lync, enum lync_kind kind, const json_t *object) {
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(object, "props"), name, value) {
    const struct word *word = find(kind, name);
    if (is_ordinary(name) || (word && !word->says) || asks_nothing(value, word)) continue;
    if (!word && kind == LYNC_USER) continue;
    const char *text = lync_text(object, name);
    lync_say(lync, PART_WITHOUT, "%s \"%s\": %.100s = %.200s: %s", lync_cmdlet(kind), lync_name(object), name,
             text ? text : "(a list)", word ? word->says : "unknown here; nothing was made of it");
  }
}

/* Of what may be there once more for a site or a service, the edge has one. */
static void other_scopes(struct lync *lync) {
  static const enum lync_kind kinds[] = {LYNC_ARCHIVING, LYNC_PROXY, LYNC_DIAGNOSTICS};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (json_array_size(lync->objects[kinds[i]]) > 1)
      lync_say(lync, PART_WITHOUT, "%s of sites: only the global one was taken, messages of all pass one edge.",
               lync_cmdlet(kinds[i]));
}

void lync_leftovers(struct lync *lync) {
  other_scopes(lync);
  for (int kind = 0; kind < LYNC_KINDS; kind++) {
    size_t i;
    json_t *object;
    json_array_foreach(lync->objects[kind], i, object) leftovers_of(lync, (enum lync_kind)kind, object);
  }
}
