// An object of a store, as Arrow reads files: by ranges, of which few are fetched.
#pragma once

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "pond/object_store.h"

namespace pond::oplog {

// Reads are answered from the ranges fetched before; what none of them holds is fetched by itself.
// Belongs to one thread. The store outlives it.
class StoreFile final : public arrow::io::RandomAccessFile {
 public:
  // `size` in bytes, as the log or head() tells. The last bytes, where Parquet has its footer, are
  // fetched here.
  StoreFile(const ObjectStore& store, std::string key, std::int64_t size);

  // Fetches a range to come, in one request.
  void fetch(std::int64_t offset, std::int64_t length);
  // Throws the store's own error when that is what made a read fail: Arrow makes a text of it.
  void rethrow() const;

  arrow::Result<std::int64_t> GetSize() override { return size_; }
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t length,
                                     void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position,
                                                       std::int64_t length) override;
  arrow::Result<std::int64_t> Read(std::int64_t length, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t length) override;
  arrow::Status Seek(std::int64_t position) override;
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override;
  bool closed() const override { return closed_; }

 private:
  struct Range {
    std::int64_t offset;
    std::shared_ptr<arrow::Buffer> bytes;
  };

  const ObjectStore& store_;
  std::string key_;
  std::int64_t size_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  std::vector<Range> ranges_;
  std::exception_ptr error_;
};

}  // namespace pond::oplog
