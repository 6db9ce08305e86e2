#include "http/curl_library.h"

#include <dlfcn.h>

#include "pond/error.h"

namespace pond::http {

namespace {

constexpr const char* kNames[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
constexpr unsigned kOldest = 0x075500;  // 7.85: CURLOPT_PROTOCOLS_STR

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) {
    throw Error(ErrorCode::Unsupported, std::string("libcurl has no function ") + name);
  }
}

CurlLibrary load() {
  void* library = nullptr;
  std::string problem;
  for (const char* name : kNames) {
    library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
    if (problem.empty()) problem = dlerror();
  }
  if (library == nullptr) {
    throw Error(ErrorCode::Unsupported, "cannot load libcurl: " + problem,
                "install it: the package is called libcurl4 or libcurl");
  }
  CurlLibrary curl;
  find(library, "curl_easy_init", curl.easy_init);
  find(library, "curl_easy_reset", curl.easy_reset);
  find(library, "curl_easy_setopt", curl.easy_setopt);
  find(library, "curl_easy_perform", curl.easy_perform);
  find(library, "curl_easy_getinfo", curl.easy_getinfo);
  find(library, "curl_easy_cleanup", curl.easy_cleanup);
  find(library, "curl_easy_strerror", curl.easy_strerror);
  find(library, "curl_slist_append", curl.slist_append);
  find(library, "curl_slist_free_all", curl.slist_free_all);
  find(library, "curl_getdate", curl.getdate);

  decltype(&::curl_version_info) version_info = nullptr;
  decltype(&::curl_global_init) global_init = nullptr;
  find(library, "curl_version_info", version_info);
  find(library, "curl_global_init", global_init);
  const curl_version_info_data* version = version_info(CURLVERSION_NOW);
  curl.version = version->version_num;
  if (curl.version < kOldest) {
    throw Error(ErrorCode::Unsupported, std::string("libcurl ") + version->version +
                                            " is too old: 7.85 or newer is needed");
  }
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw Error(ErrorCode::Unsupported, "libcurl does not initialise");
  }
  return curl;
}

}  // namespace

const CurlLibrary& curl() {
  static const CurlLibrary library = load();
  return library;
}

}  // namespace pond::http
