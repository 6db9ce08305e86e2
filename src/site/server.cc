#include <httplib.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pond/error.h"
#include "pond/site.h"

namespace pond::site {
namespace {

int status_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::InvalidArgument:
    case ErrorCode::Unsupported:
      return 400;
    case ErrorCode::ReadOnly:
      return 403;
    default:
      return 500;
  }
}

void answer_error(httplib::Response& response, const Error& error) {
  nlohmann::json body = {{"error", error.what()}};
  if (!error.hint().empty()) body["hint"] = error.hint();
  response.status = status_of(error);
  response.set_content(body.dump() + "\n", "application/json");
}

const char* type_of(query::Output format) {
  switch (format) {
    case query::Output::Table:
      return "text/plain; charset=utf-8";
    case query::Output::Csv:
      return "text/csv; charset=utf-8";
    case query::Output::Json:
      return "application/x-ndjson";
    case query::Output::Parquet:
      return "application/vnd.apache.parquet";
    case query::Output::Arrow:
      return "application/vnd.apache.arrow.stream";
  }
  return "application/octet-stream";
}

// Other pages in the same browser may know this address, also under a name of their own that leads
// here (DNS rebinding): only this machine's own names are answered.
bool from_this_machine(const httplib::Request& request, const std::string& host) {
  std::string name = request.get_header_value("Host");
  name = name.substr(0, name.rfind(':'));
  return name == "localhost" || name == "127.0.0.1" || name == host;
}

}  // namespace

struct Server::State {
  httplib::Server http;
  ServeOptions options;
  int port = 0;
  std::mutex pond;  // an FS belongs to one thread at a time

  template <typename Act>
  httplib::Server::Handler guarded(Act act) {
    return [this, act](const httplib::Request& request, httplib::Response& response) {
      if (!from_this_machine(request, options.host)) {
        response.status = 403;
        response.set_content("{\"error\": \"only for this machine\"}\n", "application/json");
        return;
      }
      const std::lock_guard lock(pond);
      try {
        act(request, response);
      } catch (const Error& error) {
        answer_error(response, error);
      }
    };
  }

  void add_api() {
    const auto sql = guarded([this](const httplib::Request& request, httplib::Response& response) {
      const std::string query =
          request.has_param("q") ? request.get_param_value("q") : request.body;
      const auto format = query::parse_output(
          request.has_param("format") ? request.get_param_value("format") : "json");
      query::Session session(options.fs, {});
      std::ostringstream out;
      query::write_result(*session.query(query), format, out);
      response.set_content(out.str(), type_of(format));
    });
    http.Get("/api/sql", sql);
    http.Post("/api/sql", sql);
    http.Get("/api/list",
             guarded([this](const httplib::Request& request, httplib::Response& response) {
               const std::string pattern =
                   request.has_param("pattern") ? request.get_param_value("pattern") : "/**";
               nlohmann::json list = nlohmann::json::array();
               for (const auto& match : options.fs->root().glob(pattern)) {
                 const tinyfs::NodeInfo info = match.node.info();
                 list.push_back({{"path", match.node.path()},
                                 {"kind", tinyfs::to_string(info.kind)},
                                 {"version", info.version},
                                 {"size", info.size},
                                 {"time_us", info.time_us}});
               }
               response.set_content(list.dump() + "\n", "application/json");
             }));
  }
};

Server::Server(const std::filesystem::path& directory, ServeOptions options)
    : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  httplib::Server& http = state_->http;
  // httplib's own choice, SO_REUSEPORT, would let two servers share the port and each answer some
  // requests.
  http.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  http.set_file_extension_and_mimetype_mapping("parquet", "application/vnd.apache.parquet");
  http.set_file_extension_and_mimetype_mapping("js", "text/javascript");
  // A build changes files in place; let the browser ask each time.
  http.set_default_headers({{"Cache-Control", "no-cache"}, {"X-Content-Type-Options", "nosniff"}});
  if (!http.set_mount_point("/", directory.string())) {
    throw Error(ErrorCode::NotFound, directory.string() + ": no such directory",
                "build the site first: pond site build");
  }
  if (state_->options.fs != nullptr) state_->add_api();

  const auto& [host, port, fs] = state_->options;
  state_->port = port;
  if (port == 0) {
    state_->port = http.bind_to_any_port(host.c_str());
  } else if (!http.bind_to_port(host.c_str(), port)) {
    state_->port = -1;
  }
  if (state_->port < 0) {
    throw Error(ErrorCode::Io, "cannot listen on " + host + ":" + std::to_string(port),
                "is another server running there? choose a port with --port, 0 for any");
  }
}

Server::~Server() {
  if (state_) stop();
}
Server::Server(Server&&) noexcept = default;

int Server::port() const {
  return state_->port;
}

std::string Server::url() const {
  return "http://" + state_->options.host + ":" + std::to_string(state_->port) + "/";
}

void Server::run() {
  state_->http.listen_after_bind();
}

void Server::stop() {
  state_->http.stop();
}

}  // namespace pond::site
