#include "api.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <thread>

namespace hydrovu_server {

namespace {

// Ids as HydroVu gives them, for the quantities it knows; others are numbered from 1000 on.
constexpr std::pair<const char*, const char*> kParameterIds[] = {
    {"water_temperature", "1"}, {"gage_height", "3"}, {"specific_conductance", "10"}, {"pH", "17"},
    {"dissolved_oxygen", "20"}, {"turbidity", "25"},
};
constexpr std::pair<const char*, const char*> kUnitIds[] = {
    {"C", "1"}, {"ft", "38"}, {"uS_cm", "65"}, {"mg_L", "117"}, {"std", "145"}, {"FNU", "194"},
};

constexpr std::int64_t kFarFuture = 4'070'908'800;  // 2099-01-01T00:00:00Z
constexpr std::size_t kListPage = 100;

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string http_date(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

template <class Number>
void append_number(std::string& out, Number value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

void append_reading(std::string& out, std::int64_t seconds, double value) {
  if (out.back() != '[') out += ',';
  out += "{\"timestamp\":";
  append_number(out, seconds);
  out += ",\"value\":";
  append_number(out, value);
  out += '}';
}

// "p3" -> 3; the first page without a header. std::invalid_argument.
std::size_t page_of(const httplib::Request& request) {
  const std::string token = request.get_header_value("x-isi-start-page");
  if (token.empty()) return 0;
  if (token[0] != 'p') throw std::invalid_argument("bad x-isi-start-page");
  return std::stoull(token.substr(1));
}

bool due(std::uint64_t every, std::uint64_t count) {
  return every != 0 && count % every == 0;
}

}  // namespace

std::int64_t parse_seconds(const std::string& text) {
  if (text.find('-', 1) == std::string::npos) return std::stoll(text);
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%d", &parts);
  if (rest != nullptr && (*rest == 'T' || *rest == ' '))
    rest = strptime(rest + 1, "%H:%M:%S", &parts);
  if (rest == nullptr || (*rest != '\0' && std::string(rest) != "Z")) {
    throw std::invalid_argument("not a time: " + text);
  }
  return timegm(&parts);
}

Api::Api(std::vector<Location> locations, ApiOptions options)
    : locations_(std::move(locations)),
      options_(std::move(options)),
      until_(options_.until),
      faults_(options_.faults) {
  int next_id = 1000;
  const auto add = [&](std::vector<Name>& names, const auto& known, const std::string& text) {
    if (std::any_of(names.begin(), names.end(), [&](const Name& n) { return n.text == text; })) {
      return;
    }
    for (const auto& [name, id] : known) {
      if (text == name) return names.push_back({id, text});
    }
    names.push_back({std::to_string(next_id++), text});
  };
  for (const Location& location : locations_) {
    for (const Quantity& quantity : location.quantities) {
      add(parameters_, kParameterIds, quantity.parameter);
      add(units_, kUnitIds, quantity.unit);
    }
  }
}

const std::string& Api::id_of(const std::vector<Name>& names, const std::string& text) const {
  return std::find_if(names.begin(), names.end(), [&](const Name& n) { return n.text == text; })
      ->id;
}

void Api::install(httplib::Server& server) {
  using httplib::Request;
  using httplib::Response;
  server.Post("/public-api/oauth/token",
              [this](const Request& request, Response& response) { token(request, response); });
  server.Get("/public-api/v1/sispec/friendlynames", [this](const Request& request, Response& r) {
    if (authorized(request, r)) friendly_names(request, r);
  });
  server.Get("/public-api/v1/locations/list", [this](const Request& request, Response& response) {
    if (authorized(request, response)) location_list(request, response);
  });
  server.Get(R"(/public-api/v1/locations/([^/]+)/data)",
             [this](const Request& request, Response& response) { data(request, response); });
  admin(server);
  server.set_post_routing_handler([](const Request&, Response& response) {
    response.set_header("Date", http_date(now_seconds()));
  });
  server.set_exception_handler([](const Request&, Response& response, std::exception_ptr problem) {
    response.status = 400;
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      response.set_content(nlohmann::json{{"error", error.what()}}.dump(), "application/json");
    }
  });
}

void Api::send(httplib::Response& response, std::string json) const {
  response.body = std::move(json);
  // The server library compresses the plain type only.
  response.set_header("Content-Type",
                      options_.gzip ? "application/json" : "application/json;charset=utf-8");
}

void Api::token(const httplib::Request& request, httplib::Response& response) {
  std::string id = request.get_param_value("client_id");
  std::string secret = request.get_param_value("client_secret");
  const std::string authorization = request.get_header_value("Authorization");
  const bool basic =
      authorization ==
      httplib::make_basic_authentication_header(options_.client_id, options_.client_secret).second;
  const std::lock_guard lock(mutex_);
  ++stats_["token"];
  if (!basic && (id != options_.client_id || secret != options_.client_secret)) {
    response.status = 401;
    send(response, R"({"error":"invalid_client","error_description":"Bad client credentials"})");
    return;
  }
  if (request.get_param_value("grant_type") != "client_credentials") {
    response.status = 400;
    send(response, R"({"error":"unsupported_grant_type"})");
    return;
  }
  std::random_device random;
  std::string text = "t" + std::to_string(++token_serial_) + "-";
  for (int i = 0; i < 4; ++i)
    text += std::to_string(random());
  tokens_[text] = now_seconds() + options_.token_lifetime;
  send(response, nlohmann::json{{"access_token", text},
                                {"token_type", "bearer"},
                                {"expires_in", options_.token_lifetime},
                                {"scope", "read:locations read:data"}}
                     .dump());
}

bool Api::authorized(const httplib::Request& request, httplib::Response& response) {
  const std::string authorization = request.get_header_value("Authorization");
  const std::lock_guard lock(mutex_);
  if (authorization.starts_with("Bearer ")) {
    const auto found = tokens_.find(authorization.substr(7));
    if (found != tokens_.end() && now_seconds() < found->second) return true;
  }
  ++stats_["401"];
  response.status = 401;
  response.set_header("WWW-Authenticate", "Bearer");
  send(response, R"({"error":"invalid_token","error_description":"Access token expired"})");
  return false;
}

void Api::friendly_names(const httplib::Request&, httplib::Response& response) {
  nlohmann::json names{{"parameters", nlohmann::json::object()},
                       {"units", nlohmann::json::object()}};
  for (const Name& name : parameters_)
    names["parameters"][name.id] = name.text;
  for (const Name& name : units_)
    names["units"][name.id] = name.text;
  send(response, names.dump());
}

void Api::location_list(const httplib::Request& request, httplib::Response& response) {
  const std::size_t page_size = std::min(kListPage, options_.page_size);
  const std::size_t first = page_of(request) * page_size;
  const std::size_t last = std::min(locations_.size(), first + page_size);
  auto list = nlohmann::json::array();
  for (std::size_t i = first; i < last; ++i) {
    const Location& location = locations_[i];
    list.push_back({{"id", location.id},
                    {"name", location.name},
                    {"description", location.description},
                    {"gps", {{"latitude", location.latitude}, {"longitude", location.longitude}}}});
  }
  if (last < locations_.size()) {
    response.set_header("x-isi-next-page", "p" + std::to_string(page_of(request) + 1));
  }
  send(response, list.dump());
}

// True when a fault has taken the place of the answer.
bool Api::disturb(httplib::Response& response, const Faults& faults, std::uint64_t count) {
  const auto refuse = [&](int status) {
    response.status = status;
    response.set_header("Retry-After", faults.retry_after_date
                                           ? http_date(now_seconds() + faults.retry_after)
                                           : std::to_string(faults.retry_after));
    const std::lock_guard lock(mutex_);
    ++stats_[std::to_string(status)];
    return true;
  };
  if (due(faults.expire_every, count)) {
    const std::lock_guard lock(mutex_);
    tokens_.clear();
  }
  if (due(faults.too_many_every, count)) return refuse(429);
  if (due(faults.unavailable_every, count)) return refuse(503);
  return false;
}

void Api::data(const httplib::Request& request, httplib::Response& response) {
  Faults faults;
  std::uint64_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    faults = faults_;
    count = ++data_requests_;
    ++stats_["data"];
  }
  if (faults.delay_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(faults.delay_ms));
  if (disturb(response, faults, count) || !authorized(request, response)) return;

  const std::string id = request.matches[1];
  const auto location = std::find_if(locations_.begin(), locations_.end(),
                                     [&](const Location& l) { return std::to_string(l.id) == id; });
  if (location == locations_.end()) {
    response.status = 404;
    send(response, R"({"error":"no such location"})");
    return;
  }
  const bool open_end = !request.has_param("endTime");
  const std::int64_t start =
      request.has_param("startTime") ? std::stoll(request.get_param_value("startTime")) : 0;
  const std::int64_t end = open_end ? std::numeric_limits<std::int64_t>::max()
                                    : std::stoll(request.get_param_value("endTime"));
  const std::size_t page = page_of(request);
  bool more = false;
  std::string json = render(*location, faults, start, end, open_end, page, more);
  if (more) response.set_header("x-isi-next-page", "p" + std::to_string(page + 1));

  if (due(faults.truncate_every, count)) {
    const std::size_t length = json.size();
    response.set_content_provider(
        length, "application/json;charset=utf-8",
        [json = std::move(json)](std::size_t offset, std::size_t size, httplib::DataSink& sink) {
          if (offset > 0) return false;
          return sink.write(json.data(), std::min(size, json.size() / 2));
        });
    return;
  }
  if (due(faults.garble_every, count)) json.resize(json.size() / 2);
  send(response, std::move(json));
}

std::string Api::render(const Location& location, const Faults& faults, std::int64_t start,
                        std::int64_t end, bool open_end, std::size_t page, bool& more) const {
  std::int64_t hide_from = 0;
  std::int64_t hide_to = 0;
  {
    const std::lock_guard lock(mutex_);
    end = std::min(end, until_);
    hide_from = hide_from_;
    hide_to = hide_to_;
  }
  const auto& seconds = location.seconds;
  const auto first = static_cast<std::size_t>(
      std::lower_bound(seconds.begin(), seconds.end(), start) - seconds.begin());
  const auto last =
      std::max(first, static_cast<std::size_t>(
                          std::upper_bound(seconds.begin(), seconds.end(), end) - seconds.begin()));
  const std::size_t size = options_.page_size;
  const std::size_t pages = std::max<std::size_t>(1, (last - first + size - 1) / size);
  const bool by_quantity = options_.page_order == PageOrder::Quantity;
  more = page + 1 < pages * (by_quantity ? location.quantities.size() : 1);
  const std::size_t slice = by_quantity ? page % pages : page;
  std::size_t begin = std::min(last, first + slice * size);
  const std::size_t stop = std::min(last, begin + size);
  if (faults.duplicate && begin > first && begin < stop) --begin;

  std::vector<std::size_t> rows;
  rows.reserve(stop - begin + 2);
  for (std::size_t i = begin; i < stop; ++i) {
    if (seconds[i] < hide_from || seconds[i] > hide_to) rows.push_back(i);
  }
  if (faults.duplicate && !rows.empty()) rows.insert(rows.begin(), rows.back());
  if (faults.shuffle) std::shuffle(rows.begin(), rows.end(), std::minstd_rand(7));

  std::string json;
  json.reserve(64 + rows.size() * location.quantities.size() * 44);
  json += "{\"locationId\":";
  append_number(json, location.id);
  json += ",\"parameters\":[";
  bool any = false;
  for (std::size_t q = 0; q < location.quantities.size(); ++q) {
    if (by_quantity && page / pages != q) continue;
    const Quantity& quantity = location.quantities[q];
    const auto from = options_.columns_from.find(quantity.column);
    const std::int64_t since = from == options_.columns_from.end()
                                   ? std::numeric_limits<std::int64_t>::min()
                                   : from->second;
    const std::size_t undo = json.size();
    if (any) json += ',';
    json += "{\"customParameter\":false,\"parameterId\":\"" +
            id_of(parameters_, quantity.parameter) + "\",\"unitId\":\"" +
            id_of(units_, quantity.unit) + "\",\"readings\":[";
    for (const std::size_t i : rows) {
      if (seconds[i] >= since && !std::isnan(quantity.values[i])) {
        append_reading(json, seconds[i], quantity.values[i]);
      }
    }
    if (faults.future && open_end && !more && q == 0) append_reading(json, kFarFuture, 1.5);
    if (json.back() == '[') {  // A quantity without readings is not named.
      json.resize(undo);
      continue;
    }
    json += "]}";
    any = true;
  }
  json += "]}";
  return json;
}

void Api::admin(httplib::Server& server) {
  server.Post("/admin/until", [this](const httplib::Request& request, httplib::Response& response) {
    const std::int64_t time = parse_seconds(request.get_param_value("time"));
    const std::lock_guard lock(mutex_);
    until_ = time;
    response.status = 204;
  });
  server.Post("/admin/hide", [this](const httplib::Request& request, httplib::Response& response) {
    const bool some = request.has_param("from");
    const std::int64_t from = some ? parse_seconds(request.get_param_value("from"))
                                   : std::numeric_limits<std::int64_t>::max();
    const std::int64_t to = some ? parse_seconds(request.get_param_value("to"))
                                 : std::numeric_limits<std::int64_t>::min();
    const std::lock_guard lock(mutex_);
    hide_from_ = from;
    hide_to_ = to;
    response.status = 204;
  });
  server.Post("/admin/fault", [this](const httplib::Request& request, httplib::Response& response) {
    const Faults faults = Faults::parse(request.get_param_value("set"));
    const std::lock_guard lock(mutex_);
    faults_ = faults;
    response.status = 204;
  });
  server.Get("/admin/stats", [this](const httplib::Request&, httplib::Response& response) {
    const std::lock_guard lock(mutex_);
    send(response, nlohmann::json(stats_).dump());
  });
}

}  // namespace hydrovu_server
