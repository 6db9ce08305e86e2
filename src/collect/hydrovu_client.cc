#include "collect/hydrovu_client.h"

#include <nlohmann/json.hpp>

#include "pond/error.h"
#include "pond/time.h"

namespace pond::collect::hydrovu {

namespace {

using nlohmann::json;

[[noreturn]] void unexpected(const std::string& what) {
  throw Error(ErrorCode::InvalidArgument, "not what HydroVu sends: " + what);
}

json parse_json(const std::string& body) {
  json document = json::parse(body, nullptr, false);
  if (document.is_discarded()) {
    throw Error(ErrorCode::InvalidArgument,
                "not JSON (" + std::to_string(body.size()) + " bytes, cut short?)");
  }
  return document;
}

// Ids are numbers in some answers and strings in others.
std::string id_text(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) unexpected(std::string("no ") + key);
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string text_or_empty(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<double> number(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::map<std::string, std::string> read_names(const json& document, const char* key) {
  const auto found = document.find(key);
  if (found == document.end() || !found->is_object()) unexpected(std::string("no ") + key);
  std::map<std::string, std::string> names;
  for (const auto& [id, name] : found->items()) {
    if (name.is_string()) names[id] = name.get<std::string>();
  }
  return names;
}

Location read_location(const json& object) {
  if (!object.is_object()) unexpected("a location that is no object");
  Location location;
  location.id = id_text(object, "id");
  location.name = text_or_empty(object, "name");
  location.description = text_or_empty(object, "description");
  if (const auto gps = object.find("gps"); gps != object.end() && gps->is_object()) {
    location.latitude = number(*gps, "latitude");
    location.longitude = number(*gps, "longitude");
  }
  return location;
}

}  // namespace

Client::Client(std::string base_url, Credentials credentials, http::Options options)
    : base_url_(std::move(base_url)),
      credentials_(std::move(credentials)),
      http_(std::move(options)) {
  while (base_url_.ends_with('/'))
    base_url_.pop_back();
}

std::int64_t Client::now_us() const {
  return pond::now_us() + server_ahead_us_;
}

std::string Client::hidden(std::string text) const {
  const std::string& secret = credentials_.client_secret;
  for (std::size_t at = 0; !secret.empty() && (at = text.find(secret, at)) != std::string::npos;) {
    text.replace(at, secret.size(), "***");
    at += 3;
  }
  return text;
}

void Client::renew_token() {
  http::Request request;
  request.method = "POST";
  request.url = base_url_ + "/public-api/oauth/token";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"}};
  request.body = http::form_encode(
      {{"grant_type", "client_credentials"}, {"scope", "read:locations read:data"}});
  request.basic = {credentials_.client_id, credentials_.client_secret};
  std::string token;
  request.check = [&](const http::Response& response) -> std::string {
    try {
      token = text_or_empty(parse_json(response.body), "access_token");
      return token.empty() ? "not what HydroVu sends: no access_token" : "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  const http::Response response = http_.send(request);
  if (!response.ok()) {
    const Error error = http::status_error(request, response);
    const bool refused = response.status == 400 || response.status == 401 || response.status == 403;
    throw Error(ErrorCode::Remote,
                hidden(refused ? std::string("HydroVu refuses the credentials: ") + error.what()
                               : error.what()),
                refused ? "check " + credentials_.where : "");
  }
  token_ = token;
}

http::Response Client::get(const std::string& path, const std::string& start_page,
                           const std::function<void(const http::Response&)>& read) {
  http::Request request;
  request.url = base_url_ + path;
  request.check = [&](const http::Response& response) -> std::string {
    try {
      read(response);
      return {};
    } catch (const Error& error) {
      return error.what();
    }
  };
  bool renewed = false;
  if (token_.empty()) {
    renew_token();
    renewed = true;
  }
  for (;;) {
    request.headers = {{"Authorization", "Bearer " + token_}, {"Accept", "application/json"}};
    if (!start_page.empty()) request.headers.emplace_back("x-isi-start-page", start_page);
    http::Response response = http_.send(request);
    if (response.status == 401 && !renewed) {
      renew_token();
      renewed = true;
      continue;
    }
    if (!response.ok()) {
      const Error error = http::status_error(request, response);
      throw Error(response.status == 404 ? ErrorCode::NotFound : ErrorCode::Remote,
                  hidden(error.what()));
    }
    if (const std::string& date = response.header("date"); !date.empty()) {
      const std::int64_t server_s = http::parse_date(date).value_or(0);
      server_ahead_us_ = std::max<std::int64_t>(0, server_s * 1'000'000 - pond::now_us());
    }
    return response;
  }
}

void Client::pages(const std::string& path, const std::function<void(const http::Response&)>& read,
                   const std::function<bool(bool last)>& more) {
  std::string page;
  do {
    const http::Response response = get(path, page, read);
    const std::string next = response.header("x-isi-next-page");
    if (!next.empty() && next == page) {
      throw Error(ErrorCode::Remote,
                  "GET " + base_url_ + path + ": the page " + page + " names itself as the next");
    }
    page = next;
  } while (more(page.empty()) && !page.empty());
}

Names Client::friendly_names() {
  Names names;
  const auto read = [&](const http::Response& response) {
    const json document = parse_json(response.body);
    names.parameters.merge(read_names(document, "parameters"));
    names.units.merge(read_names(document, "units"));
  };
  pages("/public-api/v1/sispec/friendlynames", read, [](bool) { return true; });
  return names;
}

std::vector<Location> Client::locations() {
  std::vector<Location> locations;
  const auto read = [&](const http::Response& response) {
    const json document = parse_json(response.body);
    if (!document.is_array()) unexpected("no list of locations");
    std::vector<Location> page;
    for (const json& object : document)
      page.push_back(read_location(object));
    locations.insert(locations.end(), page.begin(), page.end());
  };
  pages("/public-api/v1/locations/list", read, [](bool) { return true; });
  return locations;
}

void Client::data(const std::string& location, std::int64_t start_s,
                  std::optional<std::int64_t> end_s,
                  const std::function<bool(const Page& page, bool last)>& take) {
  std::vector<std::pair<std::string, std::string>> query{{"startTime", std::to_string(start_s)}};
  if (end_s) query.emplace_back("endTime", std::to_string(*end_s));
  Page page;
  pages(
      "/public-api/v1/locations/" + http::url_encode(location) + "/data?" +
          http::form_encode(query),
      [&](const http::Response& response) { page = parse_page(response.body); },
      [&](bool last) { return take(page, last); });
}

}  // namespace pond::collect::hydrovu
