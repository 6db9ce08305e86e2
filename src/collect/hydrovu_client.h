// The public API of HydroVu: the calls a collector makes, with the token renewed when it has
// expired.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collect/hydrovu_page.h"
#include "http/http.h"

namespace pond::collect::hydrovu {

struct Credentials {
  std::string client_id;
  std::string client_secret;
  std::string where;  // to say when they are refused: "HYDRO_KEY_ID and HYDRO_KEY_VALUE"
};

// Id to name.
struct Names {
  std::map<std::string, std::string> parameters;
  std::map<std::string, std::string> units;
};

struct Location {
  std::string id;
  std::string name;
  std::string description;
  std::optional<double> latitude;
  std::optional<double> longitude;
};

// Every failure is Remote and names the call. Belongs to one thread.
class Client {
 public:
  Client(std::string base_url, Credentials credentials, http::Options options);

  Names friendly_names();
  std::vector<Location> locations();  // in the server's order

  // Asks for a location's readings from `start_s` on, to `end_s` if given (Unix seconds), and hands
  // over page after page until `take` returns false; `last` says that no page follows. NotFound
  // when the server has no such location.
  void data(const std::string& location, std::int64_t start_s, std::optional<std::int64_t> end_s,
            const std::function<bool(const Page& page, bool last)>& take);

  // The later of this machine's time and the server's: the clock of a small board may stand in the
  // past.
  std::int64_t now_us() const;

 private:
  // GET with a valid token. Not 2xx: Remote, or NotFound for 404. `read` throws InvalidArgument for
  // a body that it cannot make sense of, which is then asked for again.
  http::Response get(const std::string& path, const std::string& start_page,
                     const std::function<void(const http::Response&)>& read);
  void pages(const std::string& path, const std::function<void(const http::Response&)>& read,
             const std::function<bool(bool last)>& more);
  void renew_token();
  std::string hidden(std::string text) const;  // without the secret

  std::string base_url_;
  Credentials credentials_;
  http::Client http_;
  std::string token_;
  std::int64_t server_ahead_us_ = 0;
};

}  // namespace pond::collect::hydrovu
