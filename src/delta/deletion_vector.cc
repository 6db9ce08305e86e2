#include "delta/deletion_vector.h"

#include <roaring/roaring.h>

#include <array>
#include <limits>
#include <memory>
#include <optional>

#include "delta/log_names.h"
#include "delta/path_escapes.h"
#include "delta/z85.h"
#include "pond/error.h"

namespace pond::delta {
namespace {

// The two serialisations, of which the protocol describes the first and uses the second in its
// example of an inline vector. That one counts in big endian, and has a bitmap for every upper
// half.
constexpr std::uint32_t kPortable = 1681511377;
constexpr std::uint32_t kNative = 1681511376;
// Beyond it the rows would not fit into memory, whatever the file says.
constexpr std::int64_t kMostRows = std::int64_t{1} << 30;

[[noreturn]] void corrupt(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::Corrupt, where + ": " + what,
              "the rows it removes cannot be told; restore the file, or read an older version");
}

template <class Number>
Number little_endian(std::string_view bytes) {
  Number number = 0;
  for (std::size_t i = sizeof(Number); i-- > 0;)
    number = static_cast<Number>(number << 8 | static_cast<unsigned char>(bytes[i]));
  return number;
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char c : bytes.substr(0, 4))
    number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

// The CRC-32 of zlib and java.util.zip (polynomial 0x04C11DB7, reflected).
std::uint32_t crc32(std::string_view bytes) {
  static constexpr auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit)
        value = (value & 1) != 0 ? 0xEDB88320U ^ value >> 1 : value >> 1;
      table[i] = value;
    }
    return table;
  }();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes)
    crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
  return crc ^ 0xFFFFFFFFU;
}

struct FreeBitmap {
  void operator()(roaring_bitmap_t* bitmap) const { roaring_bitmap_free(bitmap); }
};
using Bitmap = std::unique_ptr<roaring_bitmap_t, FreeBitmap>;

// The buckets of a serialised bitmap, one after the other.
class BitmapArray {
 public:
  BitmapArray(std::string_view bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {
    native_ = bytes_.size() >= 8 && big_endian(bytes_) == kNative;
    if (!native_ && (bytes_.size() < 12 || little_endian<std::uint32_t>(bytes_) != kPortable))
      corrupt(where_, "not a RoaringBitmapArray");
    buckets_ =
        native_ ? big_endian(bytes_.substr(4)) : little_endian<std::uint64_t>(bytes_.substr(4));
    bytes_.remove_prefix(native_ ? 8 : 12);
  }

  struct Bucket {
    std::uint32_t key = 0;  // the upper half of its rows
    Bitmap bitmap;
  };
  std::optional<Bucket> next() {
    if (index_ == buckets_) return std::nullopt;
    if (bytes_.size() < 4) corrupt(where_, "the bitmap ends too early");
    Bucket bucket;
    // A native bucket begins with its size instead of its key.
    bucket.key =
        native_ ? static_cast<std::uint32_t>(index_) : little_endian<std::uint32_t>(bytes_);
    if (bucket.key > std::numeric_limits<std::int32_t>::max()) corrupt(where_, "a row below zero");
    bytes_.remove_prefix(4);
    const std::size_t size = roaring_bitmap_portable_deserialize_size(bytes_.data(), bytes_.size());
    if (size > 0)
      bucket.bitmap.reset(roaring_bitmap_portable_deserialize_safe(bytes_.data(), size));
    if (!bucket.bitmap) corrupt(where_, "the bitmap is damaged");
    bytes_.remove_prefix(size);
    ++index_;
    return bucket;
  }

 private:
  std::string_view bytes_;
  std::string where_;
  bool native_ = false;
  std::uint64_t buckets_ = 0;
  std::uint64_t index_ = 0;
};

// The rows gathered so far, and what the next ones must be like: the library takes the counts and
// the order in a damaged bitmap on trust.
struct Rows {
  std::vector<std::int64_t> rows;
  std::int64_t high = 0;  // the upper half of the rows of this bucket
  std::int64_t most = 0;
  bool good = true;
};

bool take_row(std::uint32_t low, void* to) {
  auto& rows = *static_cast<Rows*>(to);
  const std::int64_t row = rows.high | low;
  rows.good = (rows.rows.empty() || rows.rows.back() < row) &&
              static_cast<std::int64_t>(rows.rows.size()) < rows.most;
  if (rows.good) rows.rows.push_back(row);
  return rows.good;
}

// PROTOCOL.md#deletion-vector-file-storage-format: size, data, checksum.
std::string read_from_file(const ObjectStore& store, const std::string& key,
                           const DeletionVector& vector, const std::string& where) {
  const auto offset = static_cast<std::uint64_t>(vector.offset.value_or(0));
  const auto size = static_cast<std::uint64_t>(vector.size);
  std::string bytes = store.read_range(key, offset, size + 8);
  if (bytes.size() != size + 8) corrupt(where, "the file ends before the deletion vector does");
  if (big_endian(bytes) != size) corrupt(where, "its size is not what the log says");
  const std::uint32_t checksum = big_endian(std::string_view(bytes).substr(4 + size));
  bytes = bytes.substr(4, size);
  if (crc32(bytes) != checksum) corrupt(where, "the checksum is wrong");
  return bytes;
}

}  // namespace

std::vector<std::int64_t> rows_in_bitmap(std::string_view bytes, std::int64_t cardinality,
                                         const std::string& where) {
  if (cardinality < 0 || cardinality > kMostRows)
    throw Error(ErrorCode::Unsupported,
                where + ": a deletion vector of " + std::to_string(cardinality) + " rows");
  BitmapArray array(bytes, where);
  Rows rows;
  rows.most = cardinality;
  while (const auto bucket = array.next()) {
    rows.high = static_cast<std::int64_t>(bucket->key) << 32;
    roaring_iterate(bucket->bitmap.get(), take_row, &rows);
    if (!rows.good) corrupt(where, "the bitmap is damaged, or of more rows than the log says");
  }
  if (static_cast<std::int64_t>(rows.rows.size()) != cardinality)
    corrupt(where, std::to_string(rows.rows.size()) + " rows, not " + std::to_string(cardinality) +
                       " as the log says");
  return std::move(rows.rows);
}

std::string vector_path(const DeletionVector& vector) {
  const std::string& text = vector.path_or_inline;
  if (vector.storage_type == "p") {
    std::string path = uri_decode(text);
    for (const std::string_view scheme : {"file://", "file:"}) {
      if (path.starts_with(scheme)) return path.substr(scheme.size());
    }
    if (path.starts_with('/')) return path;
    throw Error(ErrorCode::Unsupported, "the deletion vector " + text + " is on another store");
  }
  static constexpr std::size_t kUuid = 20;  // characters of Z85
  const std::size_t prefix = text.size() < kUuid ? 0 : text.size() - kUuid;
  const auto uuid = z85_decode(std::string_view(text).substr(prefix));
  if (vector.storage_type != "u" || !uuid || uuid->size() != 16)
    throw Error(ErrorCode::Corrupt, "no deletion vector is named '" + vector.unique_id() + "'");
  std::string path = uri_decode(text.substr(0, prefix));
  if (path.find("..") != std::string::npos || path.starts_with('/'))
    throw Error(ErrorCode::Corrupt, "the deletion vector '" + text + "' leaves the table");
  path += path.empty() ? "deletion_vector_" : "/deletion_vector_";
  for (std::size_t i = 0; i < uuid->size(); ++i) {
    static constexpr char kHex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>((*uuid)[i]);
    if (i == 4 || i == 6 || i == 8 || i == 10) path += '-';
    path += kHex[byte >> 4];
    path += kHex[byte & 15];
  }
  return path + ".bin";
}

std::vector<std::int64_t> deleted_rows(const ObjectStore& store, const DeletionVector& vector) {
  if (vector.size < 0 || vector.size > std::numeric_limits<std::int32_t>::max() ||
      vector.offset.value_or(0) < 0)
    corrupt(store.describe(), "a deletion vector of impossible size or place");
  if (vector.storage_type == "i") {
    const std::string where = store.describe() + ": an inline deletion vector";
    auto bytes = z85_decode(vector.path_or_inline);
    // The text is filled up to whole groups of characters.
    const auto size = static_cast<std::size_t>(vector.size);
    if (!bytes || bytes->size() < size || bytes->size() >= size + 4) corrupt(where, "not Z85");
    return rows_in_bitmap(std::string_view(*bytes).substr(0, size), vector.cardinality, where);
  }
  const std::filesystem::path path = vector_path(vector);
  if (path.is_absolute()) {
    // Beside the table's own files, where those are files of the host.
    if (!store.local_path(std::string(kLastCheckpointKey)))
      throw Error(ErrorCode::Unsupported,
                  "the deletion vector " + vector.path_or_inline + " is on another store");
    const auto other = open_local_store(path.parent_path());
    return rows_in_bitmap(read_from_file(*other, path.filename(), vector, path), vector.cardinality,
                          path);
  }
  const std::string where = store.describe() + "/" + path.string();
  return rows_in_bitmap(read_from_file(store, path, vector, where), vector.cardinality, where);
}

}  // namespace pond::delta
