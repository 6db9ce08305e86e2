// A page of readings from a server of HydroVu's kind.
#include <cmath>

#include "collect/hydrovu_page.h"
#include "fuzz/fuzz.h"

using namespace pond;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  fuzz::answers([&] {
    const auto page = collect::hydrovu::parse_page(json);
    for (const auto& quantity : page.quantities) {
      for (const auto& reading : quantity.readings) {
        fuzz::expect(reading.seconds >= 0 && reading.seconds <= 253'402'300'799,
                     "a reading has a time");
        fuzz::expect(std::isfinite(reading.value), "a reading is a number");
      }
    }
  });
  return 0;
}
