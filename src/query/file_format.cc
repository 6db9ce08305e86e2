#include "query/file_format.h"

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <array>
#include <fstream>
#include <optional>
#include <utility>

#include "pond/error.h"
#include "query/spool.h"

namespace pond::query {
namespace {

constexpr std::array<std::pair<std::string_view, Format>, 9> kExtensions{{
    {".csv", Format::Csv},
    {".tsv", Format::Csv},
    {".json", Format::Json},
    {".jsonl", Format::Json},
    {".ndjson", Format::Json},
    {".parquet", Format::Parquet},
    {".arrow", Format::Arrow},
    {".arrows", Format::Arrow},
    {".feather", Format::Arrow},
}};

constexpr std::array<std::pair<std::string_view, Compression>, 3> kCompressed{{
    {".gz", Compression::Gzip},
    {".zst", Compression::Zstd},
    {".bz2", Compression::Bzip2},
}};

struct Ends {
  std::string head;  // at most 8 bytes
  std::string tail;  // the last 4
};

Ends read_ends(const ByteFile& file) {
  std::ifstream input(file.path, std::ios::binary);
  if (!input) throw Error(ErrorCode::Io, "cannot read " + file.shown);
  Ends ends;
  ends.head.resize(8);
  input.read(ends.head.data(), 8);
  ends.head.resize(static_cast<std::size_t>(input.gcount()));
  input.clear();
  input.seekg(0, std::ios::end);
  if (input.tellg() >= 4) {
    ends.tail.resize(4);
    input.seekg(-4, std::ios::end);
    input.read(ends.tail.data(), 4);
  }
  return ends;
}

Compression compression_of(std::string_view head) {
  if (head.starts_with("\x1f\x8b")) return Compression::Gzip;
  if (head.starts_with("\x28\xb5\x2f\xfd")) return Compression::Zstd;
  if (head.starts_with("BZh")) return Compression::Bzip2;
  return Compression::None;
}

// An IPC file begins with its magic, a stream with the continuation mark of its first message.
bool is_arrow(std::string_view head) {
  return head.starts_with("ARROW1") || head.starts_with("\xff\xff\xff\xff");
}

std::optional<Format> format_of_name(std::string_view name) {
  for (const auto& [extension, compression] : kCompressed) {
    if (!name.ends_with(extension)) continue;
    name.remove_suffix(extension.size());
    break;
  }
  for (const auto& [extension, format] : kExtensions)
    if (name.ends_with(extension)) return format;
  return std::nullopt;
}

[[noreturn]] void not_parquet(const ByteFile& file) {
  std::string hint = "csv://" + file.shown + " reads it as CSV";
  if (file.host)
    hint = "host://" + file.shown + " stores it as data, host+csv://" + file.shown +
           " reads it as CSV";
  throw Error(ErrorCode::InvalidArgument,
              "not a valid parquet file (no PAR1 magic bytes): " + file.shown, hint);
}

}  // namespace

std::string beginning_of(const ByteFile& file, std::size_t limit) {
  const auto input = open_decompressed(file.path, file.compression);
  std::string bytes(limit, '\0');
  std::size_t filled = 0;
  while (filled < limit) {
    const auto read = input->Read(static_cast<std::int64_t>(limit - filled), bytes.data() + filled);
    if (!read.ok())
      throw Error(ErrorCode::InvalidArgument,
                  "cannot be read: " + file.shown + ": " + read.status().message());
    if (*read == 0) break;
    filled += static_cast<std::size_t>(*read);
  }
  bytes.resize(filled);
  return bytes;
}

const char* duckdb_name(Compression compression) {
  switch (compression) {
    case Compression::Gzip:
      return "gzip";
    case Compression::Zstd:
      return "zstd";
    default:
      return "uncompressed";
  }
}

bool has_table_extension(std::string_view name) {
  return format_of_name(name).has_value();
}

ByteFile recognise(ByteFile file) {
  const Ends ends = read_ends(file);
  const Compression seen = compression_of(ends.head);
  if (file.compression == Compression::None) {
    file.compression = seen;
  } else if (seen != file.compression) {
    throw Error(ErrorCode::InvalidArgument, "not compressed as the URL says: " + file.shown,
                "leave the compression out of the URL: it is found from the file");
  }
  const bool parquet = ends.head.starts_with("PAR1") && ends.tail == "PAR1";
  const bool arrow = is_arrow(ends.head);
  const bool readable = file.compression == Compression::None;

  if (file.format == Format::Auto) {
    if (parquet) {
      file.format = Format::Parquet;
    } else if (arrow) {
      file.format = Format::Arrow;
    } else if (const auto format = format_of_name(file.shown)) {
      file.format = *format;
    } else {
      throw Error(
          ErrorCode::InvalidArgument, "not a table: " + file.shown,
          "say how to read it: csv://" + file.shown + ", json://…, parquet://… or arrow://…");
    }
  }
  if (file.format == Format::Data)
    throw Error(ErrorCode::InvalidArgument, "raw data is not a table: " + file.shown,
                "say how to read it: csv://…, json://…, parquet://… or arrow://…");
  if (file.format == Format::Table || file.format == Format::Series)
    file.format = readable && arrow ? Format::Arrow : Format::Parquet;
  if (file.format == Format::Parquet && readable && !parquet) not_parquet(file);
  if (file.format == Format::Arrow && readable && !arrow)
    throw Error(ErrorCode::InvalidArgument, "not an Arrow IPC file or stream: " + file.shown);
  return file;
}

}  // namespace pond::query
