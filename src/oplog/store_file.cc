#include "oplog/store_file.h"

#include <algorithm>
#include <cstring>

namespace pond::oplog {
namespace {

// The footer of a file of rows with some hundred row groups, and that of most content files.
constexpr std::int64_t kFooterBytes = std::int64_t{64} << 10;

}  // namespace

StoreFile::StoreFile(const ObjectStore& store, std::string key, std::int64_t size)
    : store_(store), key_(std::move(key)), size_(size) {
  fetch(std::max<std::int64_t>(0, size - kFooterBytes), std::min(size, kFooterBytes));
}

void StoreFile::fetch(std::int64_t offset, std::int64_t length) {
  std::string bytes = store_.read_range(key_, static_cast<std::uint64_t>(offset),
                                        static_cast<std::uint64_t>(length));
  ranges_.push_back({offset, arrow::Buffer::FromString(std::move(bytes))});
}

void StoreFile::rethrow() const {
  if (error_) std::rethrow_exception(error_);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> StoreFile::ReadAt(std::int64_t position,
                                                                std::int64_t length) {
  if (closed_) return arrow::Status::Invalid("closed");
  if (position < 0 || length < 0 || position > size_)
    return arrow::Status::IOError("read out of bounds");
  length = std::min(length, size_ - position);
  const auto holds = [&](const Range& range) {
    return range.offset <= position && position + length <= range.offset + range.bytes->size();
  };
  auto found = std::find_if(ranges_.begin(), ranges_.end(), holds);
  if (found == ranges_.end()) {
    try {
      fetch(position, length);
    } catch (...) {
      error_ = std::current_exception();
      return arrow::Status::IOError(key_, " cannot be read");
    }
    found = ranges_.end() - 1;
    if (found->bytes->size() < length) length = found->bytes->size();
  }
  return arrow::SliceBuffer(found->bytes, position - found->offset, length);
}

arrow::Result<std::int64_t> StoreFile::ReadAt(std::int64_t position, std::int64_t length,
                                              void* out) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, ReadAt(position, length));
  std::memcpy(out, bytes->data(), static_cast<std::size_t>(bytes->size()));
  return bytes->size();
}

arrow::Result<std::int64_t> StoreFile::Read(std::int64_t length, void* out) {
  ARROW_ASSIGN_OR_RAISE(const auto count, ReadAt(position_, length, out));
  position_ += count;
  return count;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> StoreFile::Read(std::int64_t length) {
  ARROW_ASSIGN_OR_RAISE(auto bytes, ReadAt(position_, length));
  position_ += bytes->size();
  return bytes;
}

arrow::Status StoreFile::Seek(std::int64_t position) {
  if (position < 0 || position > size_) return arrow::Status::IOError("seek out of bounds");
  position_ = position;
  return arrow::Status::OK();
}

arrow::Status StoreFile::Close() {
  closed_ = true;
  ranges_.clear();
  return arrow::Status::OK();
}

}  // namespace pond::oplog
