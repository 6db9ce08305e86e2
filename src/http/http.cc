#include "http/http.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <exception>
#include <random>
#include <thread>

#include "http/curl_library.h"

namespace pond::http {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kShownBody = 200;
// 7.88 takes the hash of the body from x-amz-content-sha256.
constexpr unsigned kSigns = 0x075800;

struct HeaderList {
  curl_slist* list = nullptr;
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() {
    if (list != nullptr) curl().slist_free_all(list);
  }
  void add(const std::string& line) {
    curl_slist* longer = curl().slist_append(list, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list = longer;
  }
};

struct EasyDeleter {
  void operator()(CURL* easy) const { curl().easy_cleanup(easy); }
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

// What goes and arrives during one attempt.
struct Arrival {
  const Request* request = nullptr;
  Response response;
  std::uint64_t largest = 0;
  bool too_large = false;
  std::uint64_t sent = 0;   // of the request's source
  std::uint64_t taken = 0;  // by the request's `take`
  std::exception_ptr thrown;
};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& arrival = *static_cast<Arrival*>(user);
  if (arrival.request->take && arrival.response.ok()) {
    try {
      arrival.request->take(arrival.taken, {bytes, size * count});
    } catch (...) {
      arrival.thrown = std::current_exception();
      return 0;
    }
    arrival.taken += size * count;
    return size * count;
  }
  if (arrival.response.body.size() + size * count > arrival.largest) {
    arrival.too_large = true;
    return 0;
  }
  arrival.response.body.append(bytes, size * count);
  return size * count;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& arrival = *static_cast<Arrival*>(user);
  const std::string_view line(bytes, size * count);
  if (line.starts_with("HTTP/")) {  // 100 Continue has headers of its own
    arrival.response.headers.clear();
    arrival.response.status = 0;
    if (const auto space = line.find(' '); space != std::string_view::npos) {
      std::from_chars(line.data() + space + 1, line.data() + line.size(), arrival.response.status);
    }
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    arrival.response.headers[lower(std::string(line.substr(0, colon)))] =
        trimmed(line.substr(colon + 1));
  }
  return size * count;
}

std::size_t send_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& arrival = *static_cast<Arrival*>(user);
  const BodySource& source = *arrival.request->source;
  const std::uint64_t left = source.size - std::min(source.size, arrival.sent);
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size * count, left));
  if (wanted == 0) return 0;
  try {
    const std::size_t read = source.read(arrival.sent, {bytes, wanted});
    arrival.sent += read;
    return read;
  } catch (...) {
    arrival.thrown = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

// libcurl begins a body again when a kept connection turns out to be closed.
int seek_body(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Arrival*>(user)->sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

// A machine's own server is reached directly, whatever proxy the environment names.
bool is_loopback(const std::string& url) {
  const auto start = url.find("://");
  if (start == std::string::npos) return false;
  const std::string_view rest = std::string_view(url).substr(start + 3);
  for (const std::string_view host : {"127.0.0.1", "localhost", "[::1]"}) {
    if (!rest.starts_with(host)) continue;
    const std::string_view after = rest.substr(host.size());
    if (after.empty() || after[0] == ':' || after[0] == '/') return true;
  }
  return false;
}

std::string_view reason(long status) {
  static constexpr std::pair<long, std::string_view> kReasons[] = {
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {429, "Too Many Requests"},
      {500, "Internal Server Error"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
  };
  for (const auto& [code, text] : kReasons) {
    if (code == status) return text;
  }
  return {};
}

// "429 Too Many Requests: <body>"
std::string describe(const Response& response) {
  std::string text = std::to_string(response.status);
  if (const auto words = reason(response.status); !words.empty()) {
    text += ' ';
    text += words;
  }
  if (const std::string& to = response.header("location"); !to.empty()) {
    text += " to " + shown_url(to);
  }
  std::string body = response.body.substr(0, kShownBody);
  for (char& c : body) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  body = trimmed(body);
  if (!body.empty()) text += ": " + body;
  return text;
}

bool passes_by_itself(long status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

bool passes_by_itself(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

// The server never saw a request that failed so.
bool not_sent(CURLcode code) {
  return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_RESOLVE_HOST ||
         code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR;
}

milliseconds drawn_from_upper_half(milliseconds pause) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds(
      std::uniform_int_distribution<std::int64_t>(pause.count() / 2, pause.count())(random));
}

std::string seconds_text(milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(time.count()) / 1000.0);
  return text;
}

bool names_a_secret(const std::string& parameter) {
  const std::string name = lower(parameter);
  for (const char* word : {"secret", "token", "key", "password", "signature", "credential"}) {
    if (name.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

const std::string& Response::header(const std::string& name) const {
  static const std::string none;
  const auto found = headers.find(name);
  return found == headers.end() ? none : found->second;
}

struct Client::State {
  Options options;
  std::unique_ptr<CURL, EasyDeleter> easy;

  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl().easy_setopt(easy.get(), option, value);
    if (code != CURLE_OK) {
      throw Error(ErrorCode::Unsupported, std::string("libcurl: ") + curl().easy_strerror(code));
    }
  }

  CURLcode attempt(const Request& request, Arrival& arrival, std::string& problem);
  void sign(const AwsSignature& signature, HeaderList& headers);
  void count();
};

void Client::State::sign(const AwsSignature& signature, HeaderList& headers) {
  if (curl().version < kSigns) {
    throw Error(ErrorCode::Unsupported, "libcurl is too old to sign requests: 7.88 is needed");
  }
  headers.add("x-amz-content-sha256: " + signature.payload_sha256);
  if (!signature.session_token.empty()) {
    headers.add("x-amz-security-token: " + signature.session_token);
  }
  set(CURLOPT_AWS_SIGV4, ("aws:amz:" + signature.region + ":s3").c_str());
  set(CURLOPT_USERNAME, signature.access_key_id.c_str());
  set(CURLOPT_PASSWORD, signature.secret_access_key.c_str());
}

void Client::State::count() {
  if (options.traffic == nullptr) return;
  const auto info = [&](auto name, auto value) {
    curl().easy_getinfo(easy.get(), name, &value);
    return static_cast<std::uint64_t>(value);
  };
  ++options.traffic->requests;
  options.traffic->bytes_sent +=
      info(CURLINFO_REQUEST_SIZE, 0L) + info(CURLINFO_SIZE_UPLOAD_T, curl_off_t{0});
  options.traffic->bytes_received +=
      info(CURLINFO_HEADER_SIZE, 0L) + info(CURLINFO_SIZE_DOWNLOAD_T, curl_off_t{0});
}

CURLcode Client::State::attempt(const Request& request, Arrival& arrival, std::string& problem) {
  curl().easy_reset(easy.get());  // keeps the connections
  std::array<char, CURL_ERROR_SIZE> message{};
  HeaderList headers;
  for (const auto& [name, value] : request.headers)
    headers.add(name + ": " + value);
  headers.add("Expect:");
  if (request.aws) sign(*request.aws, headers);

  set(CURLOPT_ERRORBUFFER, message.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  if (is_loopback(request.url)) set(CURLOPT_PROXY, "");
  set(CURLOPT_USERAGENT, options.user_agent.c_str());
  set(CURLOPT_HTTPHEADER, headers.list);
  if (request.compressed) set(CURLOPT_ACCEPT_ENCODING, "gzip");
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.total_timeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME,
      static_cast<long>(std::max<std::int64_t>(1, options.stall_timeout.count() / 1000)));
  if (request.basic) {
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(CURLOPT_USERNAME, request.basic->first.c_str());
    set(CURLOPT_PASSWORD, request.basic->second.c_str());
  }
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.source) {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.source->size));
    set(CURLOPT_READFUNCTION, &send_body);
    set(CURLOPT_READDATA, &arrival);
    set(CURLOPT_SEEKFUNCTION, &seek_body);
    set(CURLOPT_SEEKDATA, &arrival);
  } else if (request.method != "GET") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, &arrival);
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, &arrival);

  const CURLcode code = curl().easy_perform(easy.get());
  curl().easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &arrival.response.status);
  count();
  if (code != CURLE_OK) problem = message[0] != '\0' ? message.data() : curl().easy_strerror(code);
  return code;
}

Client::Client(Options options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  state_->easy.reset(curl().easy_init());
  if (state_->easy == nullptr) throw std::bad_alloc();
}

Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

Response Client::send(const Request& request) {
  const Options& options = state_->options;
  const std::string name = request.method + " " + shown_url(request.url);
  const auto begun = steady_clock::now();
  milliseconds next_pause = options.first_pause;
  int unclear = 0;

  for (int attempt = 1;; ++attempt) {
    Arrival arrival;
    arrival.request = &request;
    arrival.largest = options.largest_body;
    std::string problem;
    const CURLcode code = state_->attempt(request, arrival, problem);
    if (arrival.thrown) std::rethrow_exception(arrival.thrown);
    if (arrival.too_large) {
      throw Error(ErrorCode::Remote, name + ": the body is larger than " +
                                         std::to_string(options.largest_body) + " bytes");
    }
    std::optional<milliseconds> told;
    bool acted = true;
    arrival.response.unclear_attempts = unclear;
    if (code != CURLE_OK) {
      if (!passes_by_itself(code)) throw Error(ErrorCode::Remote, name + ": " + problem);
      acted = !not_sent(code);
    } else if (passes_by_itself(arrival.response.status)) {
      problem = describe(arrival.response);
      told = parse_retry_after(arrival.response.header("retry-after"), std::time(nullptr));
      acted = arrival.response.status >= 500;
    } else {
      if (arrival.response.ok()) {
        if (request.check) problem = request.check(arrival.response);
      } else if (request.passes && request.passes(arrival.response)) {
        problem = describe(arrival.response);
        acted = false;
      }
      if (problem.empty()) return std::move(arrival.response);
    }

    if (acted) ++unclear;
    const milliseconds pause = told ? *told : drawn_from_upper_half(next_pause);
    next_pause = std::min(2 * next_pause, options.longest_pause);
    const bool too_late = steady_clock::now() + pause > begun + options.give_up_after;
    if (attempt >= options.attempts || too_late) {
      std::string hint;
      if (told && too_late) hint = "the server asks to come back in " + seconds_text(*told);
      throw Error(ErrorCode::Remote,
                  name + ": " + problem +
                      (attempt > 1 ? " (after " + std::to_string(attempt) + " attempts)" : ""),
                  hint);
    }
    if (options.say) {
      options.say(name + ": " + problem + "; trying again in " + seconds_text(pause));
    }
    std::this_thread::sleep_for(pause);
  }
}

Error status_error(const Request& request, const Response& response, std::string hint) {
  return Error(ErrorCode::Remote,
               request.method + " " + shown_url(request.url) + ": " + describe(response),
               std::move(hint));
}

std::string shown_url(const std::string& url) {
  std::string shown = url;
  if (const auto scheme = shown.find("://"); scheme != std::string::npos) {
    const auto end = std::min(shown.find_first_of("/?#", scheme + 3), shown.size());
    const auto at = shown.rfind('@', end);
    if (at != std::string::npos && at > scheme && at < end) {
      shown.erase(scheme + 3, at + 1 - (scheme + 3));
    }
  }
  const auto query = shown.find('?');
  if (query == std::string::npos) return shown;
  std::string out = shown.substr(0, query + 1);
  for (std::size_t at = query + 1; at <= shown.size();) {
    const auto end = std::min(shown.find('&', at), shown.size());
    const std::string field = shown.substr(at, end - at);
    const auto equals = field.find('=');
    out += equals != std::string::npos && names_a_secret(field.substr(0, equals))
               ? field.substr(0, equals) + "=***"
               : field;
    if (end < shown.size()) out += '&';
    at = end + 1;
  }
  return out;
}

std::string url_encode(const std::string& text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    out += url_encode(name) + "=" + url_encode(value);
  }
  return out;
}

std::optional<std::int64_t> parse_date(const std::string& text) {
  const std::time_t date = curl().getdate(text.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return date;
}

std::optional<milliseconds> parse_retry_after(const std::string& text, std::int64_t now_s) {
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc() || end != text.data() + text.size()) {
    const auto date = parse_date(text);
    if (!date) return std::nullopt;
    seconds = *date - now_s;
  }
  constexpr std::int64_t kYear = 366 * 86'400;
  return milliseconds(1000 * std::clamp<std::int64_t>(seconds, 0, kYear));
}

}  // namespace pond::http
