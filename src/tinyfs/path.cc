#include "tinyfs/path.h"

#include <algorithm>

#include "pond/error.h"
#include "pond/tinyfs.h"

namespace pond::tinyfs {
namespace {

constexpr std::size_t kMaxName = 255;     // bytes, as on the host's filesystems
constexpr std::size_t kMaxTarget = 4096;  // bytes, as Linux's PATH_MAX
constexpr char32_t kNotUnicode = 0x110000;

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    if (!c.valid) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> components;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) components.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return components;
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.ends_with('/')) path += '/';
  path += name;
  return path;
}

std::string normalise_path(std::string_view path, std::string_view base) {
  std::vector<std::string_view> kept;
  const auto add = [&](std::string_view part) {
    for (const auto component : split_path(part)) {
      if (component == ".") continue;
      if (component != "..") {
        kept.push_back(component);
      } else if (!kept.empty()) {
        kept.pop_back();
      }
    }
  };
  if (!is_absolute(path)) add(base);
  add(path);
  std::string normal;
  for (const auto component : kept)
    (normal += '/') += component;
  return normal.empty() ? "/" : normal;
}

void check_name(std::string_view name, std::string_view path) {
  std::string why;
  if (name.empty()) {
    why = "a name cannot be empty";
  } else if (name == "." || name == "..") {
    why = "'" + std::string(name) + "' is not a name";
  } else if (name.find('/') != name.npos) {
    why = "a name cannot contain '/'";
  } else if (name.find('\0') != name.npos) {
    why = "a name cannot contain a NUL byte";
  } else if (name.size() > kMaxName) {
    why = "a name has at most 255 bytes, this one has " + std::to_string(name.size());
  } else if (!is_utf8(name)) {
    why = "a name must be UTF-8";
  } else {
    return;
  }
  throw Error(ErrorCode::InvalidArgument, "invalid path: " + shown(path) + ": " + why);
}

void check_target(std::string_view target, std::string_view path) {
  std::string why;
  if (target.empty()) {
    why = "its target cannot be empty";
  } else if (target.find('\0') != target.npos) {
    why = "its target cannot contain a NUL byte";
  } else if (target.size() > kMaxTarget) {
    why = "its target has at most 4096 bytes, this one has " + std::to_string(target.size());
  } else if (!is_utf8(target)) {
    why = "its target must be UTF-8";
  } else {
    return;
  }
  throw Error(ErrorCode::InvalidArgument, "invalid symlink: " + shown(path) + ": " + why);
}

std::string shown(std::string_view path) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      text += c;
    } else {
      (text += "\\x") += kHex[byte >> 4U];
      text += kHex[byte & 15U];
    }
  }
  return text;
}

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const CodePoint broken{kNotUnicode + lead, 1, false};
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return broken;
  char32_t value = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return broken;
    value = (value << 6U) | (byte(i) & 0x3fU);
  }
  // Overlong forms, surrogates and what lies beyond Unicode (RFC 3629 section 3).
  static constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[size] || (value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
    return broken;
  return {value, size, true};
}

}  // namespace pond::tinyfs
