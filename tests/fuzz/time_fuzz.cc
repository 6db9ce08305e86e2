// Times, durations and ids: what is read is written back as the same.
#include "fuzz/fuzz.h"
#include "pond/time.h"
#include "pond/uuid.h"

using namespace pond;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::answers([&] {
    const std::int64_t time = parse_time(text);
    const std::string again = format_time(time);
    // An offset can lead a little out of the four-digit years.
    if (again.size() <= 27 && again[0] != '-' && again[4] == '-')
      fuzz::expect(parse_time(again) == time, "a time survives", again);
  });
  fuzz::answers([&] { fuzz::expect(parse_duration(text) > 0, "a duration is positive"); });
  fuzz::answers([&] {
    const Uuid id = Uuid::parse(text);
    fuzz::expect(Uuid::parse(id.to_string()) == id, "an id survives", id.to_string());
  });
  if (size >= 8) {  // any number at all, as a damaged file holds it
    const auto time = static_cast<std::int64_t>(fuzz::Input(data, size).number(8));
    const std::string shown = format_time(time);
    fuzz::expect(shown.ends_with('Z'), "a time ends in Z", shown);
    // The years 0 to 9999.
    if (time >= -62'167'219'200'000'000 && time < 253'402'300'800'000'000)
      fuzz::expect(parse_time(shown) == time, "a time survives", shown);
  }
  return 0;
}
