// libcurl, loaded when it is first needed: docs/decisions/003-libcurl-loaded-on-use.md. The header
// is used for its types and constants; no symbol of the library is linked.
#pragma once

#include <curl/curl.h>

// The checking macros of the header wrap direct calls only.
#undef curl_easy_getinfo
#undef curl_easy_setopt

namespace pond::http {

// The functions in use, of the one loaded library. Lives until the program ends.
struct CurlLibrary {
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  decltype(&::curl_getdate) getdate = nullptr;
  unsigned version = 0;  // 0xMMmmpp
};

// Loads and initialises libcurl at the first call. Unsupported, with what the loader said, when it
// is missing or older than 7.85.
const CurlLibrary& curl();

}  // namespace pond::http
