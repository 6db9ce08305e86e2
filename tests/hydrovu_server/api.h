// The public API of HydroVu, as far as a collector uses it, over measurements in memory.
//
//   POST /public-api/oauth/token                        OAuth2 client credentials (Basic or form)
//   GET  /public-api/v1/sispec/friendlynames
//   GET  /public-api/v1/locations/list
//   GET  /public-api/v1/locations/{id}/data?startTime=SECONDS[&endTime=SECONDS]   (both inclusive)
//
// Lists page: the response header x-isi-next-page goes back as the request header x-isi-start-page.
// A page of data holds every quantity of `page_size` times, or, with PageOrder::Quantity, one
// quantity's readings.
//
// And, for tests, without authentication:
//   POST /admin/until?time=T                 readings after T are not there yet
//   POST /admin/hide[?from=T&to=T]           nor those in between (no arguments: hide nothing)
//   POST /admin/fault?set=LIST               faults.h
//   GET  /admin/stats                        requests so far, by kind, as JSON
#pragma once

#include <httplib.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "faults.h"
#include "measurements.h"

namespace hydrovu_server {

enum class PageOrder { Time, Quantity };

struct ApiOptions {
  std::string client_id = "demo";
  std::string client_secret = "demo-secret";
  std::int64_t token_lifetime = 3600;  // seconds
  std::size_t page_size = 2000;
  PageOrder page_order = PageOrder::Time;
  bool gzip = false;
  std::int64_t until = std::numeric_limits<std::int64_t>::max();  // Unix seconds
  // A column has no readings before its time here.
  std::map<std::string, std::int64_t> columns_from;
  Faults faults;
};

class Api {
 public:
  Api(std::vector<Location> locations, ApiOptions options);
  void install(httplib::Server& server);

 private:
  struct Name {
    std::string id;
    std::string text;
  };

  void token(const httplib::Request& request, httplib::Response& response);
  void friendly_names(const httplib::Request& request, httplib::Response& response);
  void location_list(const httplib::Request& request, httplib::Response& response);
  void data(const httplib::Request& request, httplib::Response& response);
  void admin(httplib::Server& server);

  bool authorized(const httplib::Request& request, httplib::Response& response);
  void send(httplib::Response& response, std::string json) const;
  bool disturb(httplib::Response& response, const Faults& faults, std::uint64_t count);
  std::string render(const Location& location, const Faults& faults, std::int64_t start,
                     std::int64_t end, bool open_end, std::size_t page, bool& more) const;
  const std::string& id_of(const std::vector<Name>& names, const std::string& text) const;

  std::vector<Location> locations_;
  ApiOptions options_;
  std::vector<Name> parameters_;
  std::vector<Name> units_;

  mutable std::mutex mutex_;                    // over what follows
  std::map<std::string, std::int64_t> tokens_;  // to the second they expire
  std::uint64_t token_serial_ = 0;
  std::int64_t until_;
  std::int64_t hide_from_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t hide_to_ = std::numeric_limits<std::int64_t>::min();
  Faults faults_;
  std::uint64_t data_requests_ = 0;
  std::map<std::string, std::uint64_t> stats_;
};

// "2024-01-01", "2024-01-01T00:00:00Z" or Unix seconds; std::invalid_argument.
std::int64_t parse_seconds(const std::string& text);

}  // namespace hydrovu_server
