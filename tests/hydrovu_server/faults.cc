#include "faults.h"

#include <sstream>
#include <stdexcept>

namespace hydrovu_server {

Faults Faults::parse(const std::string& list) {
  Faults faults;
  std::istringstream words(list);
  std::string word;
  while (std::getline(words, word, ',')) {
    if (word.empty()) continue;
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::int64_t number =
        equals == std::string::npos ? 0 : std::stoll(word.substr(equals + 1));
    const auto every = static_cast<std::uint64_t>(number);
    if (name == "429-every") {
      faults.too_many_every = every;
    } else if (name == "503-every") {
      faults.unavailable_every = every;
    } else if (name == "truncate-every") {
      faults.truncate_every = every;
    } else if (name == "garble-every") {
      faults.garble_every = every;
    } else if (name == "expire-every") {
      faults.expire_every = every;
    } else if (name == "retry-after") {
      faults.retry_after = number;
    } else if (name == "retry-after-date") {
      faults.retry_after_date = true;
    } else if (name == "duplicate") {
      faults.duplicate = true;
    } else if (name == "shuffle") {
      faults.shuffle = true;
    } else if (name == "future") {
      faults.future = true;
    } else if (name == "delay-ms") {
      faults.delay_ms = number;
    } else {
      throw std::invalid_argument("unknown fault: " + name);
    }
  }
  return faults;
}

}  // namespace hydrovu_server
