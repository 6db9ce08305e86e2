// URLs of the pond command line: [host+]format[+compression][+kind]:///path
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pond/tinyfs.h"

namespace pond {

// Delta is a table in a directory of the host; the others are files.
enum class Format { Auto, Csv, Json, Parquet, Arrow, Delta, Weblog, OtelJson, Data, Table, Series };
enum class Compression { None, Gzip, Zstd, Bzip2 };

struct Url {
  bool host = false;             // outside the pond
  Format format = Format::Auto;  // Auto: as the node's kind, or the file's extension and magic
  Compression compression = Compression::None;
  std::optional<tinyfs::Kind> kind;  // what it becomes when stored: data, table or series
  std::string path;  // may be a glob; absolute, or relative to -d DIR for the host ("host://rel/f")
  std::optional<std::uint64_t> version;  // '…@version=12'

  // A bare word without "://" is a pond path. "host+csv+gzip+series:///f.csv.gz", "host:////abs" =
  // "host:///abs". The formats data, table and series set `kind` too. InvalidArgument names the
  // unknown part and the nearest known one.
  static Url parse(std::string_view text);
  // Is it one of the words before "://": a format, a compression, a kind or "host"?
  static bool is_word(std::string_view word);
  std::string to_string() const;
};

// A file of the host that a URL names.
struct HostFile {
  std::filesystem::path path;
  std::vector<std::string> captures;  // what each wildcard matched
  std::string below;  // its path below the directory above the first wildcard; its name without any
};

// The files of the host that a host+ URL names, sorted; without wildcards exactly one. The
// wildcards are those of pond paths. A relative path starts at `host_directory`; an absolute one
// that is not there is also looked for below it. NotFound names the path.
std::vector<std::filesystem::path> host_files(const Url& url,
                                              const std::filesystem::path& host_directory);
// The same with what the wildcards matched.
std::vector<HostFile> host_matches(const Url& url, const std::filesystem::path& host_directory);

}  // namespace pond
