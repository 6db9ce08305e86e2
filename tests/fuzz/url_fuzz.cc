// URLs of the command line.
#include "fuzz/fuzz.h"
#include "pond/url.h"

using namespace pond;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::answers([&] {
    const Url url = Url::parse(text);
    fuzz::expect(!url.path.empty(), "a URL has a path");
    const std::string shown = url.to_string();
    const Url again = Url::parse(shown);
    fuzz::expect(again.host == url.host && again.format == url.format &&
                     again.compression == url.compression && again.kind == url.kind &&
                     again.path == url.path && again.version == url.version,
                 "a URL survives", shown);
    fuzz::expect(again.to_string() == shown, "a URL is written in one way", shown);
  });
  return 0;
}
