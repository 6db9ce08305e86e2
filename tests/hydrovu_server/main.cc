// A local server that speaks the HydroVu API, for tests and the demo: real measurements, real HTTP,
// and every trouble a collector meets, on request. Listens on 127.0.0.1 only.
//
//   hydrovu-server --data examples/data --port 8080
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <thread>

#include "api.h"

namespace hydrovu_server {

namespace {

// What ends the server, besides a signal.
struct Lifeline {
  pid_t parent = 0;        // 0: none
  bool until_eof = false;  // of standard input
};

// Waits for SIGTERM, SIGINT (both blocked in every thread), or the end of the lifeline.
void wait_for_end(const Lifeline& lifeline, const sigset_t& signals) {
  const timespec interval{0, 200'000'000};
  while (sigtimedwait(&signals, nullptr, &interval) < 0) {
    if (lifeline.parent != 0 && kill(lifeline.parent, 0) != 0) return;
    if (!lifeline.until_eof) continue;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, 1, 0) == 1) {
      char ignored[256];
      if (read(STDIN_FILENO, ignored, sizeof ignored) <= 0) return;
    }
  }
}

// Written aside and renamed: whoever waits for the file finds it whole.
void write_port_file(const std::string& path, int port) {
  const std::string aside = path + ".new";
  std::ofstream(aside) << port << "\n";
  if (std::rename(aside.c_str(), path.c_str()) != 0) {
    throw std::runtime_error("cannot write " + path);
  }
}

int serve(Api& api, int port, const std::string& port_file, const Lifeline& lifeline) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  httplib::Server server;
  server.set_keep_alive_max_count(1'000'000);
  server.set_tcp_nodelay(true);
  server.new_task_queue = [] { return new httplib::ThreadPool(4); };
  api.install(server);
  if (port == 0) {
    port = server.bind_to_any_port("127.0.0.1");
  } else if (!server.bind_to_port("127.0.0.1", port)) {
    port = -1;
  }
  if (port < 0) throw std::runtime_error("cannot listen on 127.0.0.1");
  std::thread listener([&] { server.listen_after_bind(); });
  // The library forgets a stop() that comes before it runs.
  while (!server.is_running())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::cout << "http://127.0.0.1:" << port << std::endl;
  if (!port_file.empty()) write_port_file(port_file, port);
  wait_for_end(lifeline, signals);
  server.stop();
  listener.join();
  return 0;
}

}  // namespace

int run(int argc, char** argv) {
  ApiOptions options;
  Lifeline lifeline;
  std::vector<std::string> data;
  int port = 0;
  std::string port_file;
  std::string until;
  std::string faults;
  std::string page_order = "time";
  std::vector<std::pair<std::string, std::string>> columns_from;

  CLI::App app("A local server that speaks the HydroVu API");
  app.add_option("--data", data, "Parquet files, or directories of them")->required();
  app.add_option("--port", port, "0: a free one, printed as part of the address");
  app.add_option("--port-file", port_file, "gets the port's number once the server listens");
  app.add_option("--until", until, "readings after this time are not there yet");
  app.add_option("--page-size", options.page_size, "times in a page")->check(CLI::PositiveNumber);
  app.add_option("--page-order", page_order, "time, or quantity: one quantity after the other")
      ->check(CLI::IsMember({"time", "quantity"}));
  app.add_option("--token-lifetime", options.token_lifetime, "seconds");
  app.add_option("--client-id", options.client_id);
  app.add_option("--client-secret", options.client_secret);
  app.add_option("--fault", faults,
                 "429-every=N,503-every=N,truncate-every=N,garble-every=N,expire-every=N,"
                 "retry-after=S,retry-after-date,duplicate,shuffle,future,delay-ms=N");
  app.add_option("--new-parameter-from", columns_from, "TIME COLUMN: no readings of it before");
  app.add_flag("--gzip", options.gzip, "compress for clients that accept it");
  app.add_option("--parent-pid", lifeline.parent, "stop when this process is gone");
  app.add_flag("--until-eof", lifeline.until_eof, "stop at the end of standard input");
  CLI11_PARSE(app, argc, argv);

  options.page_order = page_order == "time" ? PageOrder::Time : PageOrder::Quantity;
  if (!until.empty()) options.until = parse_seconds(until);
  options.faults = Faults::parse(faults);
  for (const auto& [time, column] : columns_from)
    options.columns_from[column] = parse_seconds(time);
  Api api(read_locations({data.begin(), data.end()}), options);
  return serve(api, port, port_file, lifeline);
}

}  // namespace hydrovu_server

int main(int argc, char** argv) {
  try {
    return hydrovu_server::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "hydrovu-server: " << error.what() << "\n";
    return 1;
  }
}
