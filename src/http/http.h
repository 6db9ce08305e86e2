// A patient HTTP client, on libcurl.
//
//   http::Client client({});
//   http::Request request{.url = "https://example.org/list"};
//   http::Response response = client.send(request);
//   if (!response.ok()) throw http::status_error(request, response);
//
// What passes by itself is tried again, after a pause: 408, 429, 500, 502, 503, 504, connections
// that fail or break, bodies cut short. The pause doubles from `first_pause`, is drawn at random
// from its upper half, and is what Retry-After says where the server says it. Connections are kept
// and used again; compressed bodies (gzip) are asked for and unpacked; TLS certificates are
// verified; redirects are not followed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pond/error.h"

namespace pond::http {

struct Response {
  long status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  // Attempts before the one that this answers, whose outcome is unknown: the server may have acted
  // on each, as its answer was lost, was a 5xx or was found wrong.
  int unclear_attempts = 0;

  bool ok() const { return status >= 200 && status < 300; }
  const std::string& header(const std::string& name) const;  // empty when there is none
};

// A body that is not held as a string. `read` fills the front of `buffer` with the bytes from
// `offset` on and says how many; it may be called again from any offset, by send() alone, and what
// it throws comes out of send().
struct BodySource {
  std::uint64_t size = 0;
  std::function<std::size_t(std::uint64_t offset, std::span<char> buffer)> read;
};

// Signs a request by AWS Signature Version 4 for the service "s3". Query parameters have to be
// sorted by name and percent-encoded, each with its '='.
struct AwsSignature {
  std::string region;
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;   // empty: none
  std::string payload_sha256;  // of the body, in hex
};

struct Request {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;                  // sent unless the method is GET or HEAD
  std::optional<BodySource> source;  // sent instead of `body`
  bool compressed = true;            // asks for a compressed body, which is then unpacked
  std::optional<std::pair<std::string, std::string>> basic;  // user and password
  std::optional<AwsSignature> aws;
  // Takes the body of a 2xx response piece by piece, instead of Response::body and whatever its
  // size. `offset` counts from the body's start; another attempt begins at 0 again. What it throws
  // comes out of send().
  std::function<void(std::uint64_t offset, std::string_view bytes)> take;
  // Looks at a 2xx response and says what is wrong with it, or nothing (empty). A response found
  // wrong counts as cut short: it is asked for again.
  std::function<std::string(const Response&)> check;
  // Says of a response that is neither 2xx nor known to pass by itself, whether it will.
  std::function<bool(const Response&)> passes;
};

// What clients did; may be shared by those of several threads.
struct Traffic {
  std::atomic<std::uint64_t> requests = 0;        // attempts, each a request of its own
  std::atomic<std::uint64_t> bytes_sent = 0;      // headers and bodies, without TLS
  std::atomic<std::uint64_t> bytes_received = 0;  // the same
};

struct Options {
  std::string user_agent = "duckpond";
  std::chrono::milliseconds connect_timeout{20'000};
  std::chrono::milliseconds stall_timeout{60'000};   // without a byte
  std::chrono::milliseconds total_timeout{600'000};  // of one attempt
  std::uint64_t largest_body = 256u << 20;           // bytes; a larger one is refused
  int attempts = 10;
  std::chrono::milliseconds first_pause{500};
  std::chrono::milliseconds longest_pause{60'000};
  // No new attempt after this much time since the first, nor a pause that would end after it.
  std::chrono::milliseconds give_up_after{300'000};
  // Called before each pause; "GET http://…: 429 Too Many Requests; trying again in 2.0 s".
  std::function<void(const std::string&)> say;
  Traffic* traffic = nullptr;  // counted there; outlives the client
};

// Belongs to one thread.
class Client {
 public:
  explicit Client(Options options);
  ~Client();
  Client(Client&&) noexcept;

  // The first response that is not worth another attempt, whatever its status. Remote, naming
  // method, URL and what happened at last, when patience is at its end.
  Response send(const Request& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Remote: "GET http://host/path: 404 Not Found: <the first 200 bytes of the body>".
Error status_error(const Request& request, const Response& response, std::string hint = {});

// The URL as it may be shown: without user and password, and with *** for what looks secret in the
// query.
std::string shown_url(const std::string& url);

// %XX for everything but letters, digits and -_.~
std::string url_encode(const std::string& text);
// For application/x-www-form-urlencoded and query strings.
std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields);

// An HTTP date in Unix seconds; nothing when it is none.
std::optional<std::int64_t> parse_date(const std::string& text);

// Retry-After: seconds, or an HTTP date seen at `now_s` (Unix seconds). Nothing when it is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(const std::string& text,
                                                           std::int64_t now_s);

}  // namespace pond::http
