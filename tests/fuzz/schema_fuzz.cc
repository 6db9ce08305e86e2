// The protocol's schema JSON to Arrow and back.
#include <arrow/type.h>

#include "fuzz/fuzz.h"
#include "pond/delta.h"

using namespace pond;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz::answers([&] {
    const auto schema = delta::schema_from_json(text);
    const std::string json = delta::schema_to_json(*schema);
    const auto again = delta::schema_from_json(json);
    fuzz::expect(again->Equals(*schema, true), "a schema survives", json);
  });
  return 0;
}
