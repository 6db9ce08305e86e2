// What goes wrong on purpose. `…-every=N` strikes every N-th data request, so that its repetition
// succeeds (unless N is 1).
#pragma once

#include <cstdint>
#include <string>

namespace hydrovu_server {

struct Faults {
  std::uint64_t too_many_every = 0;     // 429-every=N: with Retry-After
  std::uint64_t unavailable_every = 0;  // 503-every=N: with Retry-After
  std::uint64_t truncate_every =
      0;  // truncate-every=N: the connection ends in the middle of the body
  std::uint64_t garble_every = 0;  // garble-every=N: a whole response of half a JSON text
  std::uint64_t expire_every = 0;  // expire-every=N: the token is taken for expired, 401
  std::int64_t retry_after = 0;    // retry-after=SECONDS
  bool retry_after_date = false;   // retry-after-date: written as an HTTP date
  bool duplicate = false;          // duplicate: pages overlap, readings repeat within a page
  bool shuffle = false;            // shuffle: readings out of order
  bool future = false;             // future: a reading of the year 2099, in answers without endTime
  std::int64_t delay_ms = 0;       // delay-ms=N: before every data answer

  // "429-every=5,shuffle"; std::invalid_argument names an unknown word.
  static Faults parse(const std::string& list);
};

}  // namespace hydrovu_server
