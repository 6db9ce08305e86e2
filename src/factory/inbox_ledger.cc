#include "factory/inbox_ledger.h"

#include <arrow/api.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/arrow_result.h"
#include "pond/error.h"
#include "pond/time.h"
#include "pond/tinylogfs.h"

namespace pond::factory {
namespace {

// Filesystems stamp changes no finer than this.
constexpr std::int64_t kStamp_us = 2'000'000;

std::string text_at(const arrow::RecordBatch& batch, const char* name, std::int64_t row) {
  return dynamic_cast<const arrow::StringArray&>(*batch.GetColumnByName(name)).GetString(row);
}

std::int64_t number_at(const arrow::RecordBatch& batch, const char* name, std::int64_t row) {
  return dynamic_cast<const arrow::Int64Array&>(*batch.GetColumnByName(name)).Value(row);
}

template <class Builder, class Get>
std::shared_ptr<arrow::Array> column_of(Builder builder, const std::vector<Taken>& rows,
                                        const Get& get) {
  for (const auto& row : rows)
    check(builder.Append(get(row)), "the inbox's ledger");
  return unwrap(builder.Finish(), "the inbox's ledger");
}

}  // namespace

Taken look_at(const std::filesystem::path& file) {
  struct stat status = {};
  if (::stat(file.c_str(), &status) != 0) throw io_error("cannot read", file.string(), errno);
  return {.time_us = now_us(),
          .source = file.string(),
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_us = status.st_mtim.tv_sec * 1'000'000 + status.st_mtim.tv_nsec / 1'000,
          .hash = {},
          .path = {}};
}

InboxLedger::InboxLedger(const tinyfs::NodeId& node, RunContext& context)
    : context_(context), path_("/.inbox/" + node.to_string() + ".series") {
  const auto found = context.fs.root().find(path_);
  if (!found) return;
  const auto rows = context.session.query(
      "SELECT epoch_us(\"timestamp\") AS time, source, size, modified, hash, path FROM " +
      context.session.relation(*found));
  query::for_each_batch(*rows, [&](const auto& batch) {
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      Taken file{.time_us = number_at(*batch, "time", row),
                 .source = text_at(*batch, "source", row),
                 .size = static_cast<std::uint64_t>(number_at(*batch, "size", row)),
                 .modified_us = number_at(*batch, "modified", row),
                 .hash = text_at(*batch, "hash", row),
                 .path = text_at(*batch, "path", row)};
      by_hash_[file.hash] = file.path;
      Taken& latest = by_source_[file.source];
      if (file.time_us >= latest.time_us) latest = std::move(file);
    }
  });
}

bool InboxLedger::seems_taken(const Taken& file) const {
  const auto known = by_source_.find(file.source);
  return known != by_source_.end() && known->second.size == file.size &&
         known->second.modified_us == file.modified_us &&
         known->second.modified_us + kStamp_us < known->second.time_us;
}

const std::string* InboxLedger::path_of(const std::string& hash) const {
  const auto known = by_hash_.find(hash);
  return known == by_hash_.end() ? nullptr : &known->second;
}

void InboxLedger::add(Taken file) {
  by_hash_[file.hash] = file.path;
  by_source_[file.source] = file;
  added_.push_back(std::move(file));
}

void InboxLedger::store() {
  if (added_.empty()) return;
  const auto utc = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  const auto texts = [&](std::string Taken::*member) {
    return column_of(arrow::StringBuilder(), added_,
                     [member](const Taken& row) { return row.*member; });
  };
  const auto rows = arrow::Table::Make(
      arrow::schema({arrow::field("timestamp", utc), arrow::field("source", arrow::utf8()),
                     arrow::field("size", arrow::int64()), arrow::field("modified", arrow::int64()),
                     arrow::field("hash", arrow::utf8()), arrow::field("path", arrow::utf8())}),
      {column_of(arrow::TimestampBuilder(utc, arrow::default_memory_pool()), added_,
                 [](const Taken& row) { return row.time_us; }),
       texts(&Taken::source),
       column_of(arrow::Int64Builder(), added_,
                 [](const Taken& row) { return static_cast<std::int64_t>(row.size); }),
       column_of(arrow::Int64Builder(), added_, [](const Taken& row) { return row.modified_us; }),
       texts(&Taken::hash), texts(&Taken::path)});
  tinyfs::WD root = context_.fs.root();
  auto file = root.find(path_);
  if (!file) {
    root.create_directories("/.inbox");
    file = root.create_file(path_, tinyfs::Kind::Series);
  }
  tinylogfs::OpLogFile* stored = tinylogfs::as_oplog_file(*file->node());
  if (stored == nullptr)
    throw Error(ErrorCode::Unsupported, "this pond cannot store what an inbox took: " + path_);
  stored->append(*rows);
  added_.clear();
}

}  // namespace pond::factory
