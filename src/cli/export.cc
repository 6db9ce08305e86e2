#include "cli/export.h"

#include <arrow/record_batch.h>

#include <ostream>
#include <span>

#include "pond/error.h"

namespace pond::cli {
namespace {

constexpr std::string_view kEverything = "SELECT * FROM source";

constexpr std::string_view kParquetMagic = "PAR1";

// The bytes of the one version that alone is what `as_of` asks for; null when several make it up.
std::unique_ptr<tinyfs::Reader> single_version(const tinyfs::NodePath& node,
                                               const query::AsOf& as_of) {
  const tinylogfs::OpLogFile* file = tinylogfs::as_oplog_file(*node.node());
  if (file == nullptr || node.info().version == 0) return nullptr;
  std::optional<std::uint64_t> version = as_of.version;
  if (!version && as_of.time_us) version = file->version_at(*as_of.time_us);
  const std::vector<tinylogfs::Segment> segments = file->segments(version);
  if (segments.size() != 1 || segments.front().first_version != segments.front().last_version)
    return nullptr;
  return file->open(version);
}

}  // namespace

void copy_stream(tinyfs::Reader& reader, std::ostream& out) {
  std::vector<char> buffer(1 << 18);
  while (const std::size_t n = reader.read(std::span(buffer))) {
    if (!out.write(buffer.data(), static_cast<std::streamsize>(n))) return;
  }
}

void write_data(const tinyfs::NodePath& node, const query::AsOf& as_of, std::ostream& out) {
  std::optional<std::uint64_t> version = as_of.version;
  if (as_of.time_us) {
    const tinylogfs::OpLogFile* file = tinylogfs::as_oplog_file(*node.node());
    if (file == nullptr)
      throw Error(ErrorCode::InvalidArgument,
                  node.path() + " is computed: it has no earlier versions");
    version = file->version_at(*as_of.time_us);
  }
  copy_stream(*node.as_file().open(version), out);
}

void write_parquet(Context& context, const tinyfs::NodePath& node, const query::AsOf& as_of,
                   std::ostream& out) {
  if (const auto reader = single_version(node, as_of)) {
    std::string head(kParquetMagic.size(), '\0');
    head.resize(reader->read(head));
    if (head == kParquetMagic) {  // else an Arrow stream: rows too few for a file
      out << head;
      return copy_stream(*reader, out);
    }
  }
  write_rows(context, node, as_of, query::Output::Parquet, out);
}

void write_rows(Context& context, const tinyfs::NodePath& node, const query::AsOf& as_of,
                query::Output format, std::ostream& out) {
  query::Session& session = context.session(false);
  const auto rows = session.query(kEverything, {{"source", session.relation(node, as_of)}});
  query::write_result(*rows, format, out);
}

std::optional<query::Output> output_of(Format format) {
  switch (format) {
    case Format::Csv:
      return query::Output::Csv;
    case Format::Json:
      return query::Output::Json;
    case Format::Arrow:
      return query::Output::Arrow;
    case Format::Auto:
    case Format::Parquet:
    case Format::Delta:
    case Format::Weblog:
    case Format::OtelJson:
    case Format::Data:
    case Format::Table:
    case Format::Series:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace pond::cli
