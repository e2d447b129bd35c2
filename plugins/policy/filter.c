/* The policy `filter`: links in texts, and files by their extension (R111, R112). */
#include "filter.h"

#include <stdlib.h>

#include "addition.h"

#define FILTER_PREFIXES                                                                                         \
  "callto:, file:, ftp., ftp:, gopher:, href, http:, https:, ldap:, mailto:, news:, nntp:, sip:, sips:, tel:, " \
  "telnet:, "                                                                                                   \
  "www*"
#define FILTER_EXTENSIONS                                                                                              \
  ".ade, .adp, .app, .asp, .bas, .bat, .cer, .chm, .cmd, .com, .cpl, .crt, .csh, .exe, .fxp, .grp, .hlp, .hta, .inf, " \
  ".ins, .isp, .its, .js, .jse, .ksh, .lnk, .mad, .maf, .mag, .mam, .maq, .mar, .mas, .mat, .mau, .mav, .maw, .mda, "  \
  ".mdb, .mde, .mdt, .mdw, .mdz, .msc, .msi, .msp, .mst, .ocx, .ops, .pcd, .pif, .pl, .pnp, .prf, .prg, .pst, .reg, "  \
  ".scf, .scr, .sct, .shb, .shs, .tmp, .url, .vb, .vbe, .vbs, .vsd, .vsmacros, .vss, .vst, .vsw, .ws, .wsc, .wsf, "    \
  ".wsh"

static const struct hanse_choice filter_directions[] = {
    {"both", FILTER_BOTH}, {"in", FILTER_IN}, {"out", FILTER_OUT}, {NULL, 0}};
static const struct hanse_choice filter_links[] = {{"allow", FILTER_LINKS_ALLOW},
                                                   {"warn", FILTER_LINKS_WARN},
                                                   {"block", FILTER_LINKS_BLOCK},
                                                   {"off", FILTER_LINKS_OFF},
                                                   {NULL, 0}};
static const struct hanse_choice filter_places[] = {{"before", ADDITION_BEFORE}, {"after", ADDITION_AFTER}, {NULL, 0}};
static const struct hanse_choice filter_files[] = {
    {"listed", FILTER_FILES_LISTED}, {"all", FILTER_FILES_ALL}, {"off", FILTER_FILES_OFF}, {NULL, 0}};

static const struct hanse_option filter_options[] = {
    HANSE_OPTION(
        struct filter_settings, direction, HANSE_ENUM, 0, "both",
        "Whether what comes in is filtered, what goes out, or both. Messages between our own users are let alone, "
        "also where a domain is shared with a provider (`home.shared`).",
        .choices = filter_directions),
    HANSE_OPTION(
        struct filter_settings, links, HANSE_ENUM, 0, "allow",
        "What becomes of texts (text/plain and text/html) with links: `allow` puts an underscore before each, so that "
        "it cannot be clicked on; `warn` adds `warning`; `block` refuses the text; `off` does nothing. Texts that are "
        "not in UTF-8 cannot be looked through, and are refused, unless `files` is off as well.",
        .choices = filter_links),
    HANSE_OPTION(struct filter_settings, links_max, HANSE_INT, 0, "1000",
                 "A text with more links than this is refused, unless `links` is off.", .min = "1", .max = "100000"),
    HANSE_OPTION(struct filter_settings, prefixes, HANSE_STRING, HANSE_LIST, FILTER_PREFIXES,
                 "What a word begins with that is a link, in any case; a * at the end may be written."),
    HANSE_OPTION(struct filter_settings, warning, HANSE_STRING, 0,
                 "This message has a link; follow it only if you know where it leads.",
                 "The sentence that `warn` adds."),
    HANSE_OPTION(struct filter_settings, place, HANSE_ENUM, 0, "before",
                 "Where `warning` stands: before the text or after it.", .choices = filter_places),
    HANSE_OPTION(struct filter_settings, files, HANSE_ENUM, 0, "listed",
                 "Which files are refused, as offered for transfer and as links in a text: those with an extension of "
                 "the list and those whose name cannot be read, all, or none. Sessions whose offer comes with the "
                 "answer are judged there: list the module in `policy.answer` as well as in `policy.admit`.",
                 .choices = filter_files),
    HANSE_OPTION(struct filter_settings, extensions, HANSE_STRING, HANSE_LIST, FILTER_EXTENSIONS,
                 "Extensions of files that are refused, in any case."),
    HANSE_OPTION(struct filter_settings, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, NULL),
    HANSE_OPTIONS_END,
};

static int filter_create(struct hanse_host *host, void **self) {
  struct filter *filter = (struct filter *)calloc(1, sizeof *filter);
  if (!filter) return HANSE_NOMEM;
  filter->host = host;
  filter->defused = hanse_counter(host, "defused", "texts whose links were made unclickable");
  filter->warned = hanse_counter(host, "warned", "texts with links to which the warning was added");
  filter->blocked_links = hanse_counter(host, "blocked_links", "texts refused because of their links");
  filter->blocked_files = hanse_counter(host, "blocked_files", "messages refused because of a file");
  filter->unreadable = hanse_counter(host, "unreadable", "texts refused because they are not in UTF-8");
  *self = filter;
  return HANSE_OK;
}

static int filter_configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct filter *filter = (struct filter *)self;
  filter->settings = (const struct filter_settings *)settings;
  int status = filter_files_check(filter->settings, problem);
  if (!status) status = filter_prefixes_build(&filter->prefixes, filter->settings, problem);
  if (status == HANSE_NOMEM) hanse_explain(problem, "no memory for the prefixes of links");
  return status;
}

static int filter_start(void *self) {
  (void)self;
  return HANSE_OK;
}

static void filter_destroy(void *self) {
  struct filter *filter = (struct filter *)self;
  filter_prefixes_free(&filter->prefixes);
  free(filter);
}

static const struct hanse_policy filter_policy = {
    .size = sizeof(struct hanse_policy),
    .stages = HANSE_STAGE_ADMIT | HANSE_STAGE_ANSWER,
    .decide = filter_decide,
    .answers = HANSE_ACTION_BIT(HANSE_ACTION_SESSION),
};

static const struct hanse_offer filter_offers[] = {
    {HANSE_POLICY, NULL, NULL, &filter_policy, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "filter",
    .version = "0.1.0",
    .summary = "links in texts, and files by their extension",
    .options = filter_options,
    .settings_size = sizeof(struct filter_settings),
    .offers = filter_offers,
    .create = filter_create,
    .configure = filter_configure,
    .start = filter_start,
    .destroy = filter_destroy,
};
