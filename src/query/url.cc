#include "pond/url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "pond/error.h"

namespace pond {
namespace {

constexpr std::array<std::pair<std::string_view, Format>, 10> kFormats{{
    {"csv", Format::Csv},
    {"json", Format::Json},
    {"parquet", Format::Parquet},
    {"arrow", Format::Arrow},
    {"delta", Format::Delta},
    {"weblog", Format::Weblog},
    {"oteljson", Format::OtelJson},
    {"data", Format::Data},
    {"table", Format::Table},
    {"series", Format::Series},
}};

constexpr std::array<std::pair<std::string_view, Compression>, 3> kCompressions{{
    {"gzip", Compression::Gzip},
    {"zstd", Compression::Zstd},
    {"bzip2", Compression::Bzip2},
}};

template <typename Table, typename Value>
std::optional<Value> find_word(const Table& table, std::string_view word, Value) {
  for (const auto& [name, value] : table)
    if (name == word) return value;
  return std::nullopt;
}

template <typename Table, typename Value>
std::string_view word_of(const Table& table, Value value) {
  for (const auto& [name, known] : table)
    if (known == value) return name;
  return {};
}

std::optional<tinyfs::Kind> kind_of(Format format) {
  switch (format) {
    case Format::Data:
      return tinyfs::Kind::Data;
    case Format::Table:
      return tinyfs::Kind::Table;
    case Format::Series:
      return tinyfs::Kind::Series;
    default:
      return std::nullopt;
  }
}

[[noreturn]] void unknown_word(std::string_view word, std::string_view text) {
  std::vector<std::string> known{"host"};
  for (const auto& [name, value] : kFormats)
    known.emplace_back(name);
  for (const auto& [name, value] : kCompressions)
    known.emplace_back(name);
  const std::string near = nearest(word, known);
  std::string hint =
      near.empty() ? "a URL is [host+]format[+compression][+kind]:///path; formats: csv, json, "
                     "parquet, arrow, delta, weblog, oteljson, data, table, series"
                   : "did you mean '" + near + "'?";
  throw Error(ErrorCode::InvalidArgument,
              "unknown part '" + std::string(word) + "' in the URL " + std::string(text),
              std::move(hint));
}

// Words after "host+": a format, then a compression, then a kind, each at most once.
void parse_words(std::string_view scheme, std::string_view text, Url& url) {
  bool have_format = false;
  bool first = true;
  while (!scheme.empty()) {
    const std::size_t plus = scheme.find('+');
    const std::string_view word = scheme.substr(0, plus);
    scheme = plus == std::string_view::npos ? std::string_view{} : scheme.substr(plus + 1);
    if (first && word == "host") {
      url.host = true;
    } else if (const auto compression = find_word(kCompressions, word, Compression::None)) {
      if (url.compression != Compression::None)
        throw Error(ErrorCode::InvalidArgument, "two compressions in the URL " + std::string(text));
      url.compression = *compression;
    } else if (const auto format = find_word(kFormats, word, Format::Auto)) {
      const auto kind = kind_of(*format);
      if (!have_format) {
        url.format = *format;
        have_format = true;
      } else if (!kind) {
        throw Error(ErrorCode::InvalidArgument, "two formats in the URL " + std::string(text));
      } else if (url.kind) {
        throw Error(ErrorCode::InvalidArgument, "two kinds in the URL " + std::string(text));
      }
      if (kind) url.kind = kind;
    } else {
      unknown_word(word, text);
    }
    first = false;
  }
}

void take_version(std::string_view text, Url& url) {
  constexpr std::string_view kMark = "@version=";
  const std::size_t at = url.path.rfind(kMark);
  if (at == std::string::npos) return;
  const std::string_view digits = std::string_view(url.path).substr(at + kMark.size());
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc{} || end != digits.data() + digits.size())
    throw Error(ErrorCode::InvalidArgument,
                "not a version: '" + std::string(digits) + "' in " + std::string(text),
                "write a whole number, as in /sensors/dock.series@version=12");
  url.version = version;
  url.path.erase(at);
}

}  // namespace

bool Url::is_word(std::string_view word) {
  return word == "host" || find_word(kFormats, word, Format::Auto) ||
         find_word(kCompressions, word, Compression::None);
}

Url Url::parse(std::string_view text) {
  Url url;
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos) {
    url.path = text;
  } else {
    if (mark == 0)
      throw Error(ErrorCode::InvalidArgument, "a URL without a format: " + std::string(text),
                  "write for instance csv" + std::string(text));
    parse_words(text.substr(0, mark), text, url);
    std::string_view path = text.substr(mark + 3);
    while (path.starts_with("//"))
      path.remove_prefix(1);
    url.path = path;
    if (!url.host && !path.starts_with('/')) url.path.insert(0, "/");
  }
  take_version(text, url);
  if (url.path.empty())
    throw Error(ErrorCode::InvalidArgument, "no path in '" + std::string(text) + "'");
  return url;
}

std::string Url::to_string() const {
  std::string scheme;
  const auto append = [&scheme](std::string_view word) {
    if (word.empty()) return;
    if (!scheme.empty()) scheme += '+';
    scheme += word;
  };
  if (host) append("host");
  append(word_of(kFormats, format));
  append(word_of(kCompressions, compression));
  if (kind && kind != kind_of(format)) append(tinyfs::to_string(*kind));
  std::string text = scheme.empty() ? path : scheme + "://" + path;
  if (version) text += "@version=" + std::to_string(*version);
  return text;
}

}  // namespace pond
