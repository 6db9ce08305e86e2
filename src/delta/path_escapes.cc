#include "delta/path_escapes.h"

#include "pond/delta.h"

namespace pond::delta {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";

void append_percent(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~/=").find(c) != std::string_view::npos;
}

}  // namespace

std::string uri_encode(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      append_percent(out, c);
    }
  }
  return out;
}

std::string uri_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::string hive_escape(std::string_view text) {
  // The set of Spark's ExternalCatalogUtils.escapePathName.
  static constexpr std::string_view kSpecial = "\"#%'*/:=?\\\x7f{[]^";
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || kSpecial.find(c) != std::string_view::npos) {
      append_percent(out, c);
    } else {
      out += c;
    }
  }
  return out;
}

std::string partition_directory(const std::vector<std::string>& columns,
                                const PartitionValues& values) {
  std::string directory;
  for (const auto& column : columns) {
    const auto value = values.find(column);
    const bool null = value == values.end() || !value->second.has_value() || value->second->empty();
    directory += hive_escape(column) + "=" +
                 (null ? "__HIVE_DEFAULT_PARTITION__" : hive_escape(*value->second)) + "/";
  }
  return directory;
}

}  // namespace pond::delta
