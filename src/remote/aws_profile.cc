#include "remote/aws_profile.h"

#include <algorithm>

namespace pond::remote {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string_view without_comment(std::string_view value) {
  for (const std::string_view mark : {" #", "\t#", " ;", "\t;"})
    value = value.substr(0, value.find(mark));
  return value;
}

// "[profile  river ]" is "profile river".
std::string section_name(std::string_view line) {
  const std::string_view inside = trimmed(line.substr(1, line.find(']') - 1));
  const auto blank = inside.find_first_of(" \t");
  if (blank == std::string_view::npos) return std::string(inside);
  std::string_view name = trimmed(inside.substr(blank));
  if (name.size() >= 2 && (name.front() == '"' || name.front() == '\'') &&
      name.back() == name.front())
    name = name.substr(1, name.size() - 2);
  return std::string(inside.substr(0, blank)) + " " + std::string(name);
}

}  // namespace

AwsFile parse_aws_file(std::string_view text) {
  AwsFile file;
  std::map<std::string, std::string>* section = nullptr;
  std::string above;  // a key without value
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') continue;
    if (line.front() == '[') {
      section =
          content.find(']') == std::string_view::npos ? nullptr : &file[section_name(content)];
      above.clear();
      continue;
    }
    const auto equals = content.find('=');
    if (section == nullptr || equals == std::string_view::npos) continue;
    const std::string key(trimmed(content.substr(0, equals)));
    const std::string value(trimmed(without_comment(content.substr(equals + 1))));
    const bool nested = line.front() == ' ' || line.front() == '\t';
    if (!nested) above = value.empty() ? key : std::string();
    (*section)[nested && !above.empty() ? above + "." + key : key] = value;
  }
  return file;
}

std::map<std::string, std::string> aws_profile(const AwsFile& credentials, const AwsFile& config,
                                               const std::string& name) {
  std::map<std::string, std::string> settings;
  if (const auto found = credentials.find(name); found != credentials.end())
    settings = found->second;
  auto found = config.find("profile " + name);
  if (found == config.end() && name == "default") found = config.find(name);
  if (found != config.end()) settings.insert(found->second.begin(), found->second.end());
  if (const auto services = settings.find("services"); services != settings.end()) {
    const auto section = config.find("services " + services->second);
    if (section != config.end()) {
      if (const auto url = section->second.find("s3.endpoint_url"); url != section->second.end())
        settings["endpoint_url"] = url->second;
    }
  }
  return settings;
}

}  // namespace pond::remote
