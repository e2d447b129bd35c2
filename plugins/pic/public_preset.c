/* Providers that were, or may be, known to an administrator by name. None is enabled by being here (R14). Edges and
   domains are those of public IM connectivity as its products shipped them. */
#include "public.h"

#define IM HANSE_MODALITY_BIT(HANSE_MODALITY_IM)
#define PRESENCE HANSE_MODALITY_BIT(HANSE_MODALITY_PRESENCE)
#define AUDIO_VIDEO HANSE_MODALITY_BIT(HANSE_MODALITY_AUDIO_VIDEO)
#define MEDIA_PORTS "TCP 50000-59999 out and in, UDP 3478 out and in"

const struct hanse_choice public_preset_words[] = {
    {"none", PUBLIC_NONE},   {"sip", PUBLIC_SIP}, {"messenger", PUBLIC_MESSENGER}, {"msn", PUBLIC_MESSENGER},
    {"yahoo", PUBLIC_YAHOO}, {"aol", PUBLIC_AOL}, {"skype", PUBLIC_SKYPE},         {NULL, 0},
};

static const struct public_preset presets[] = {
    [PUBLIC_NONE] = {.word = "none", .carries = IM | PRESENCE},
    [PUBLIC_SIP] = {.word = "sip", .carries = IM | PRESENCE | AUDIO_VIDEO},
    [PUBLIC_MESSENGER] = {.word = "messenger",
                          .edge = "federation.messenger.msn.com",
                          .domains = {"msn.com", "outlook.com", "live.com", "hotmail.com"},
                          .decoration = "msn.com",
                          .carries = IM | PRESENCE | AUDIO_VIDEO,
                          .reads_cn = true,
                          .ports = MEDIA_PORTS,
                          .gone = "Messenger ended on 2013-03-15, in China in 2014"},
    [PUBLIC_YAHOO] = {.word = "yahoo",
                      .edge = "lcsap.msg.yahoo.com",
                      .domains = {"yahoo.com"},
                      .carries = IM | PRESENCE,
                      .reads_cn = true,
                      .gone = "Yahoo! ended its part in June 2014"},
    [PUBLIC_AOL] = {.word = "aol",
                    .edge = "sip.oscar.aol.com",
                    .domains = {"aol.com"},
                    .carries = IM | PRESENCE,
                    .client_eku = true,
                    .reads_cn = true,
                    .gone = "AOL ended its part in June 2014"},
    [PUBLIC_SKYPE] = {.word = "skype",
                      .edge = "federation.messenger.msn.com",
                      .domains = {"msn.com", "outlook.com", "live.com", "hotmail.com"},
                      .decoration = "msn.com",
                      .carries = IM | PRESENCE | AUDIO_VIDEO,
                      .reads_cn = true,
                      .ports = MEDIA_PORTS,
                      .gone = "Skype ended in May 2025"},
};

const struct public_preset *public_preset(int word) { return &presets[word]; }
