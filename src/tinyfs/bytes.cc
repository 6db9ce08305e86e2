#include <algorithm>
#include <cstring>

#include "pond/tinyfs.h"

namespace pond::tinyfs {
namespace {

class StringReader : public Reader {
 public:
  explicit StringReader(std::string bytes) : bytes_(std::move(bytes)) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = std::min(buffer.size(), bytes_.size() - position_);
    std::memcpy(buffer.data(), bytes_.data() + position_, n);
    position_ += n;
    return n;
  }

 private:
  std::string bytes_;
  std::size_t position_ = 0;
};

}  // namespace

std::unique_ptr<Reader> read_bytes(std::string bytes) {
  return std::make_unique<StringReader>(std::move(bytes));
}

std::string read_all(Reader& reader) {
  std::string bytes;
  // Doubling up to 1 MiB: a small file costs a small buffer, a large one few calls.
  std::size_t step = 4096;
  for (;;) {
    const std::size_t size = bytes.size();
    bytes.resize(size + step);
    const std::size_t n = reader.read(std::span(bytes).subspan(size));
    bytes.resize(size + n);
    if (n == 0) return bytes;
    step = std::min<std::size_t>(step * 2, 1 << 20);
  }
}

void File::write(std::string_view bytes) {
  const auto reader = read_bytes(std::string(bytes));
  write(*reader);
}

}  // namespace pond::tinyfs
