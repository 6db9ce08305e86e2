// The URIs of the log and Hive's directory names: every path survives, and no directory is left.
#include "delta/actions_json.h"
#include "delta/path_escapes.h"
#include "fuzz/fuzz.h"

using namespace pond;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string encoded = delta::uri_encode(text);
  fuzz::expect(delta::uri_decode(encoded) == text, "a path survives", encoded);
  for (const char c : encoded)
    fuzz::expect(c > 0x20 && c < 0x7f, "a URI is ASCII", encoded);

  const std::string decoded = delta::uri_decode(text);
  fuzz::expect(delta::uri_decode(delta::uri_encode(decoded)) == decoded, "a path survives");
  fuzz::answers([&] {
    delta::check_data_path(text, decoded, "path");
    fuzz::expect(!decoded.empty() && text.front() != '/', "a path is relative", text);
    const std::string framed = "/" + decoded + "/";
    fuzz::expect(framed.find("/../") == std::string::npos, "a path stays below", text);
  });

  const std::string directory = delta::partition_directory({"a", text}, {{"a", text}, {text, {}}});
  fuzz::expect(std::count(directory.begin(), directory.end(), '/') == 2, "two directories",
               directory);
  fuzz::expect(delta::uri_decode(directory.substr(2, directory.find('/') - 2)) ==
                   (text.empty() ? "__HIVE_DEFAULT_PARTITION__" : text),
               "a partition value survives", directory);
  return 0;
}
