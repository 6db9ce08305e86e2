#include <arrow/api.h>
#include <arrow/util/byte_size.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/arrow_result.h"
#include "base/file.h"
#include "base/sha256.h"
#include "oplog/fold.h"
#include "pond/error.h"
#include "pond/time.h"
#include "tinylogfs/pond_state.h"
#include "tinylogfs/table_check.h"

namespace pond::tinylogfs {

using oplog::HistoryEntry;
using oplog::Record;
using oplog::RowKind;
using oplog::StoredRecord;
namespace fs = std::filesystem;

namespace {

// Contents up to this size live in the row itself.
constexpr std::size_t kInlineBytes = std::size_t{64} << 10U;

class FdReader : public tinyfs::Reader {
 public:
  explicit FdReader(fs::path path) : path_(std::move(path)), fd_(open_for_read(path_)) {}
  std::size_t read(std::span<char> buffer) override {
    for (;;) {
      const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) throw io_error("cannot read", path_, errno);
    }
  }

 private:
  fs::path path_;
  Fd fd_;
};

// A staging file that vanishes unless it was adopted.
class Staging {
 public:
  explicit Staging(fs::path path) : path_(std::move(path)) {}
  ~Staging() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class StoredFile : public OpLogFile {
 public:
  StoredFile(Pond& pond, const Uuid& part_id, const Uuid& id, tinyfs::Kind kind)
      : OpLogFile(id), pond_(pond), part_id_(part_id), kind_(kind) {}

  tinyfs::NodeInfo info() const override {
    tinyfs::NodeInfo info;
    info.kind = kind_;
    for (const auto& row : rows()) {
      info.version = static_cast<std::uint64_t>(row.version);
      info.size =
          static_cast<std::uint64_t>(row.size) + (kind_ == tinyfs::Kind::Series ? info.size : 0);
      info.time_us = row.time_us;
    }
    return info;
  }

  std::unique_ptr<tinyfs::Reader> open(std::optional<std::uint64_t> version) const override;
  std::vector<tinyfs::VersionInfo> versions() const override {
    std::vector<tinyfs::VersionInfo> all;
    for (const auto& entry : history())
      all.push_back({.version = static_cast<std::uint64_t>(entry.version),
                     .time_us = entry.time_us,
                     .size = static_cast<std::uint64_t>(entry.size)});
    return all;
  }
  void write(tinyfs::Reader& content) override;

  std::vector<Segment> segments(std::optional<std::uint64_t> version) const override;
  std::vector<Segment> segments_after(std::uint64_t version) const override;
  std::shared_ptr<arrow::Schema> schema() const override;
  std::vector<VersionDetail> details() const override;
  std::uint64_t version_at(std::int64_t time_us) const override;
  std::string time_column() const override;

  void append(const arrow::Table& rows, const std::string& attributes) override;
  void append(arrow::RecordBatchReader& rows, const std::string& attributes) override;
  void adopt_parquet(const fs::path& file, bool move, const std::string& attributes) override;
  void adopt_bytes(const fs::path& file) override;

 private:
  std::vector<StoredRecord>& rows() const { return pond_.state(part_id_, id()).rows; }
  std::string label() const { return std::string(to_string(kind_)) + " " + id().to_string(); }
  bool tabular() const { return kind_ != tinyfs::Kind::Data; }
  RowKind row_kind() const;

  // Every version still kept, oldest first; the row of a file never written is none.
  std::vector<HistoryEntry> history() const;
  // The row that holds `version` (the latest when absent).
  StoredRecord& row_of(std::optional<std::uint64_t> version) const;
  Error no_version(std::uint64_t version) const;
  Segment segment(StoredRecord& row) const;
  // Cuts a segment to the rows of versions in (after, upto].
  void cut(Segment& segment, StoredRecord& row, std::int64_t after, std::int64_t upto) const;

  // The row for a new version of `schema`, without its content.
  Record tabular_row(const std::shared_ptr<arrow::Schema>& added, const std::string& attributes,
                     const std::string& what) const;
  std::string time_column_for(const std::string& attributes) const;
  // Of the content file that a Parquet file becomes.
  std::string extension_of(const fs::path& file) const {
    return kind_ == tinyfs::Kind::Series
               ? oplog::appended_extension(static_cast<std::int64_t>(fs::file_size(file)))
               : ".parquet";
  }
  void add(Record row) { pond_.add_version(part_id_, id(), std::move(row)); }

  Pond& pond_;
  Uuid part_id_;
  tinyfs::Kind kind_;
};

void set_inline(Record& row, std::string content) {
  row.location = "inline";
  row.size = static_cast<std::int64_t>(content.size());
  row.hash = Sha256::of(content);
  row.content = std::move(content);
}

void set_content(Record& row, const oplog::OpLog::Content& content) {
  row.location = content.location;
  row.size = content.size;
  row.hash = content.hash;
}

void set_range(Record& row, const TimeRange& range) {
  row.min_time_us = range.min_us;
  row.max_time_us = range.max_us;
}

std::optional<std::string> text_attribute(const std::string& attributes, const char* key) {
  if (attributes.empty()) return std::nullopt;
  const auto json = nlohmann::json::parse(attributes, nullptr, false);
  if (!json.is_object() || !json.contains(key) || !json[key].is_string()) return std::nullopt;
  return json[key].get<std::string>();
}

RowKind StoredFile::row_kind() const {
  switch (kind_) {
    case tinyfs::Kind::Table:
      return RowKind::Table;
    case tinyfs::Kind::Series:
      return RowKind::Series;
    default:
      return RowKind::Data;
  }
}

// --- versions
// -----------------------------------------------------------------------------------------------

std::vector<HistoryEntry> StoredFile::history() const {
  std::vector<HistoryEntry> all;
  for (auto& row : rows()) {
    if (row.version == 0) continue;
    if (row.first_version < row.version) pond_.loaded(row);
    for (auto& entry : oplog::history_of(row))
      all.push_back(std::move(entry));
  }
  return all;
}

Error StoredFile::no_version(std::uint64_t version) const {
  const auto& all = rows();
  std::string hint = "it was never written";
  if (!all.empty() && all.back().version > 0)
    hint = "versions " + std::to_string(std::max<std::int64_t>(1, all.front().first_version)) +
           " to " + std::to_string(all.back().version) + " are kept";
  return Error(ErrorCode::NotFound, "no version " + std::to_string(version), hint);
}

StoredRecord& StoredFile::row_of(std::optional<std::uint64_t> version) const {
  auto& all = rows();
  if (all.empty()) throw Error(ErrorCode::Corrupt, label() + " has no rows");
  if (!version) return all.back();
  const auto wanted = static_cast<std::int64_t>(*version);
  for (auto& row : all)
    if (row.version > 0 && row.first_version <= wanted && wanted <= row.version) return row;
  throw no_version(*version);
}

std::vector<VersionDetail> StoredFile::details() const {
  std::vector<VersionDetail> all;
  for (const auto& entry : history())
    all.push_back({.version = static_cast<std::uint64_t>(entry.version),
                   .time_us = entry.time_us,
                   .txn = entry.txn,
                   .size = static_cast<std::uint64_t>(entry.size),
                   .rows = static_cast<std::uint64_t>(entry.rows),
                   .min_time_us = entry.min_time_us,
                   .max_time_us = entry.max_time_us,
                   .hash = entry.hash,
                   .attributes = entry.attributes});
  return all;
}

std::uint64_t StoredFile::version_at(std::int64_t time_us) const {
  std::optional<std::uint64_t> version;
  for (const auto& entry : history())
    if (entry.time_us <= time_us) version = static_cast<std::uint64_t>(entry.version);
  if (!version)
    throw Error(ErrorCode::NotFound, "no version at " + format_time(time_us),
                "the file is younger than that");
  return *version;
}

// --- reading
// ------------------------------------------------------------------------------------------------

Segment StoredFile::segment(StoredRecord& row) const {
  Segment segment{.first_version = static_cast<std::uint64_t>(row.first_version),
                  .last_version = static_cast<std::uint64_t>(row.version),
                  .rows = static_cast<std::uint64_t>(row.rows),
                  .bytes = static_cast<std::uint64_t>(row.size),
                  .min_time_us = row.min_time_us,
                  .max_time_us = row.max_time_us,
                  .parquet = {},
                  .schema = pond_.schema(row.schema, label()),
                  .ipc = {},
                  .first_row = 0,
                  .last_row = static_cast<std::uint64_t>(row.rows),
                  .fetch = {}};
  if (!row.is_inline()) {
    segment.parquet = pond_.oplog().content_path(row.location);
    if (pond_.oplog().is_partial())
      segment.fetch = [&log = pond_.oplog(), location = row.location] {
        (void)log.content_file(location);
      };
    return segment;
  }
  const auto& content = pond_.loaded(row).content;
  segment.ipc = arrow::Buffer::FromString(
      content.starts_with("PAR1") ? oplog::encode_table(*oplog::decode_table(content, label()))
                                  : content);
  return segment;
}

void StoredFile::cut(Segment& segment, StoredRecord& row, std::int64_t after,
                     std::int64_t upto) const {
  if (row.first_version > after && row.version <= upto) return;
  std::uint64_t end = 0;
  std::int64_t version = row.first_version - 1;
  segment.first_row = segment.last_row = 0;
  for (const auto& entry : oplog::history_of(pond_.loaded(row))) {
    if (entry.version != ++version || entry.rows < 0 ||
        entry.rows > row.rows - static_cast<std::int64_t>(end))
      break;
    end += static_cast<std::uint64_t>(entry.rows);
    if (entry.version <= after) segment.first_row = end;
    if (entry.version <= upto) segment.last_row = end;
  }
  if (version != row.version || end != static_cast<std::uint64_t>(row.rows))
    throw Error(ErrorCode::Corrupt, label() + ": the history of versions " +
                                        std::to_string(row.first_version) + " to " +
                                        std::to_string(row.version) + " does not fit their rows");
}

std::vector<Segment> StoredFile::segments(std::optional<std::uint64_t> version) const {
  if (!tabular())
    throw Error(ErrorCode::InvalidArgument, label() + " is bytes, not a table",
                "name its format: csv:///path, parquet:///path, json:///path");
  auto& last = row_of(version);
  if (last.version == 0) return {};
  if (kind_ == tinyfs::Kind::Table) return {segment(last)};
  const std::int64_t upto = version ? static_cast<std::int64_t>(*version) : last.version;
  std::vector<Segment> all;
  for (auto& row : rows()) {
    if (row.version == 0 || row.first_version > upto) continue;
    auto run = segment(row);
    cut(run, row, 0, upto);
    all.push_back(std::move(run));
  }
  return all;
}

std::vector<Segment> StoredFile::segments_after(std::uint64_t version) const {
  const auto after = static_cast<std::int64_t>(version);
  std::vector<Segment> all;
  for (auto& row : rows()) {
    if (row.version == 0 || row.version <= after) continue;
    auto run = segment(row);
    cut(run, row, after, row.version);
    all.push_back(std::move(run));
  }
  return all;
}

std::shared_ptr<arrow::Schema> StoredFile::schema() const {
  std::shared_ptr<arrow::Schema> merged;
  std::shared_ptr<arrow::Schema> previous;
  const auto& all = rows();
  for (std::size_t i = kind_ == tinyfs::Kind::Table && !all.empty() ? all.size() - 1 : 0;
       i < all.size(); ++i) {
    const auto own = pond_.schema(all[i].schema, label());
    if (own == nullptr || own == previous) continue;
    merged = merge_columns(merged, own);
    previous = own;
  }
  return merged;
}

std::string StoredFile::time_column_for(const std::string& attributes) const {
  if (const auto named = text_attribute(attributes, "time_column")) return *named;
  const auto& all = rows();
  for (auto row = all.rbegin(); row != all.rend(); ++row)
    if (const auto named = text_attribute(row->attributes, "time_column")) return *named;
  return "timestamp";
}

std::string StoredFile::time_column() const {
  return time_column_for({});
}

std::unique_ptr<tinyfs::Reader> StoredFile::open(std::optional<std::uint64_t> version) const {
  auto& row = row_of(version);
  const bool one_version = row.first_version >= row.version;
  if (!row.is_inline() && one_version)
    return std::make_unique<FdReader>(pond_.oplog().content_file(row.location));
  const auto& content = pond_.loaded(row).content;
  if (!tabular() || (one_version && (content.empty() || content.starts_with("PAR1"))))
    return tinyfs::read_bytes(content);
  auto table = row.is_inline() ? oplog::decode_table(content, label())
                               : oplog::read_parquet(pond_.oplog().content_file(row.location));
  if (table->num_rows() != row.rows)
    throw Error(ErrorCode::Corrupt, label() + " has " + std::to_string(table->num_rows()) +
                                        " rows, and " + std::to_string(row.rows) + " were written");
  const auto wanted = version ? static_cast<std::int64_t>(*version) : row.version;
  Segment rows_wanted;
  rows_wanted.last_row = static_cast<std::uint64_t>(row.rows);
  cut(rows_wanted, row, wanted - 1, wanted);
  table = table->Slice(static_cast<std::int64_t>(rows_wanted.first_row),
                       static_cast<std::int64_t>(rows_wanted.last_row - rows_wanted.first_row));
  return tinyfs::read_bytes(oplog::encode_parquet(*table));
}

// --- writing
// ------------------------------------------------------------------------------------------------

void StoredFile::write(tinyfs::Reader& content) {
  std::string head(kInlineBytes + 1, '\0');
  std::size_t filled = 0;
  while (filled < head.size()) {
    const std::size_t n = content.read(std::span(head).subspan(filled));
    if (n == 0) break;
    filled += n;
  }
  head.resize(filled);
  if (!tabular() && filled <= kInlineBytes) {
    Record row;
    row.kind = row_kind();
    set_inline(row, std::move(head));
    add(std::move(row));
    return;
  }
  const Staging staging(pond_.oplog().staging_path(tabular() ? ".parquet" : ".bin"));
  Fd fd = create_exclusive(staging.path());
  write_all(fd, head, staging.path());
  std::string block(std::size_t{1} << 20U, '\0');
  while (const std::size_t n = content.read(block))
    write_all(fd, std::string_view(block).substr(0, n), staging.path());
  fd.close(staging.path());
  if (tabular()) {
    adopt_parquet(staging.path(), true, {});
    return;
  }
  Record row;
  row.kind = row_kind();
  set_content(row, pond_.oplog().adopt_staged(staging.path(), ".bin"));
  add(std::move(row));
}

void StoredFile::adopt_bytes(const fs::path& file) {
  if (tabular()) throw Error(ErrorCode::InvalidArgument, label() + " takes tables, not bytes");
  std::error_code unknown;
  const bool regular = fs::is_regular_file(file, unknown);
  if (!regular || fs::file_size(file, unknown) <= kInlineBytes) {
    FdReader source(file);
    write(source);
    return;
  }
  Record row;
  row.kind = row_kind();
  set_content(row, pond_.oplog().adopt_copy(file, ".bin"));
  add(std::move(row));
}

Record StoredFile::tabular_row(const std::shared_ptr<arrow::Schema>& added,
                               const std::string& attributes, const std::string& what) const {
  if (!tabular()) throw Error(ErrorCode::InvalidArgument, label() + " holds bytes, not a table");
  if (kind_ == tinyfs::Kind::Series)
    if (const auto stored = schema()) check_compatible(*stored, *added, what);
  Record row;
  row.kind = row_kind();
  row.schema = oplog::encode_schema(*added);
  row.attributes = attributes;
  // A series keeps its time column's name once it was given.
  const auto time = time_column_for(attributes);
  if (kind_ == tinyfs::Kind::Series && time != "timestamp") {
    auto json = attributes.empty() ? nlohmann::json::object() : nlohmann::json::parse(attributes);
    json["time_column"] = time;
    row.attributes = json.dump();
  }
  return row;
}

void StoredFile::append(const arrow::Table& table, const std::string& attributes) {
  Record row = tabular_row(table.schema(), attributes, label());
  row.rows = table.num_rows();
  if (kind_ == tinyfs::Kind::Series)
    set_range(row, time_range(table, time_column_for(attributes), label()));
  // A table whose buffers are far larger than what stays inline need not be encoded twice.
  const auto bytes = unwrap(arrow::util::ReferencedBufferSize(table), label(), ErrorCode::Io);
  if (bytes <= static_cast<std::int64_t>(4 * kInlineBytes)) {
    std::string ipc = oplog::encode_table(table);
    if (ipc.size() <= kInlineBytes) {
      set_inline(row, std::move(ipc));
      add(std::move(row));
      return;
    }
  }
  const Staging staging(pond_.oplog().staging_path(".parquet"));
  oplog::write_parquet(table, staging.path());
  set_content(row, pond_.oplog().adopt_staged(staging.path(), extension_of(staging.path())));
  add(std::move(row));
}

void StoredFile::append(arrow::RecordBatchReader& reader, const std::string& attributes) {
  Record row = tabular_row(reader.schema(), attributes, label());
  const auto time = time_column_for(attributes);
  const Staging staging(pond_.oplog().staging_path(".parquet"));
  std::optional<oplog::ParquetSink> sink;
  std::vector<std::shared_ptr<arrow::RecordBatch>> held;
  std::int64_t held_rows = 0;
  TimeRange range;
  const auto flush = [&] {
    const auto table = unwrap(arrow::Table::FromRecordBatches(reader.schema(), held), label());
    if (kind_ == tinyfs::Kind::Series) range.include(time_range(*table, time, label()));
    row.rows += table->num_rows();
    held.clear();
    held_rows = 0;
    return table;
  };
  constexpr std::int64_t kBatchRows = 122'880;
  for (;;) {
    const auto batch = unwrap(reader.Next(), label(), ErrorCode::InvalidArgument);
    if (batch == nullptr) break;
    held.push_back(batch);
    held_rows += batch->num_rows();
    if (held_rows < kBatchRows) continue;
    if (!sink) sink.emplace(staging.path(), reader.schema());
    sink->write(*flush());
  }
  if (!sink) {
    append(*unwrap(arrow::Table::FromRecordBatches(reader.schema(), held), label()), attributes);
    return;
  }
  sink->write(*flush());
  sink->close();
  if (kind_ == tinyfs::Kind::Series) set_range(row, range);
  set_content(row, pond_.oplog().adopt_staged(staging.path(), extension_of(staging.path())));
  add(std::move(row));
}

void StoredFile::adopt_parquet(const fs::path& file, bool move, const std::string& attributes) {
  const bool series = kind_ == tinyfs::Kind::Series;
  const auto facts =
      inspect_parquet(file, series ? std::optional(time_column_for(attributes)) : std::nullopt);
  Record row = tabular_row(facts.schema, attributes, file.string());
  row.rows = facts.rows;
  if (series) set_range(row, facts.range);
  if (fs::file_size(file) <= kInlineBytes) {
    set_inline(row, read_file(file));
  } else if (move) {
    set_content(row, pond_.oplog().adopt_staged(file, extension_of(file)));
  } else {
    set_content(row, pond_.oplog().adopt_copy(file, extension_of(file)));
  }
  add(std::move(row));
  if (move) {
    std::error_code ignored;
    fs::remove(file, ignored);
  }
}

}  // namespace

std::shared_ptr<tinyfs::File> make_file(Pond& pond, const Uuid& part_id, const Uuid& id,
                                        tinyfs::Kind kind) {
  return std::make_shared<StoredFile>(pond, part_id, id, kind);
}

OpLogFile* as_oplog_file(const tinyfs::Node& node) {
  return const_cast<OpLogFile*>(dynamic_cast<const OpLogFile*>(&node));
}

}  // namespace pond::tinylogfs
