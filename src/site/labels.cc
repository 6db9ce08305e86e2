#include "site/labels.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace pond::site {
namespace {

using namespace std::string_view_literals;

// Spellings in column names on the left; a unit not listed stays as it is.
constexpr std::array kUnits = {
    std::pair{"C"sv, "°C"sv},      std::pair{"F"sv, "°F"sv},        std::pair{"cfs"sv, "ft³/s"sv},
    std::pair{"cms"sv, "m³/s"sv},  std::pair{"uS_cm"sv, "µS/cm"sv}, std::pair{"mS_cm"sv, "mS/cm"sv},
    std::pair{"mg_L"sv, "mg/L"sv}, std::pair{"ug_L"sv, "µg/L"sv},   std::pair{"m_s"sv, "m/s"sv},
    std::pair{"percent"sv, "%"sv}, std::pair{"pct"sv, "%"sv},       std::pair{"deg"sv, "°"sv},
    std::pair{"std"sv, ""sv},      std::pair{"pH"sv, ""sv},         std::pair{"W_m2"sv, "W/m²"sv},
    std::pair{"psu"sv, "PSU"sv},
};

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == text.npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

// "gage_height" to "Gage height"; "pH" and "ODO" stay.
std::string words(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  const auto upper = [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; };
  if (!text.empty() && !(text.size() > 1 && upper(text[1]))) {
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  }
  return text;
}

}  // namespace

Label label_of(std::string_view column) {
  const auto parts = split(column);
  if (parts.size() == 1) return {words(column), ""};
  const auto known = std::find_if(kUnits.begin(), kUnits.end(),
                                  [&](const auto& unit) { return unit.first == parts.back(); });
  Label label{words(parts[parts.size() - 2]),
              std::string(known == kUnits.end() ? parts.back() : known->second)};
  // What stands before the quantity tells instruments apart.
  for (std::size_t i = 0; i + 2 < parts.size(); ++i) {
    std::string instrument(parts[i]);
    std::replace(instrument.begin(), instrument.end(), '_', ' ');
    label.text += (i == 0 ? ", " : " ") + instrument;
  }
  return label;
}

std::string slug_of(std::string_view title, std::set<std::string>& taken) {
  std::string slug;
  for (const char c : title) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 128 && std::isalnum(byte) != 0) {
      slug += static_cast<char>(std::tolower(byte));
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
    if (slug.size() == 48) break;
  }
  while (!slug.empty() && slug.back() == '-')
    slug.pop_back();
  // The last two are the page's own words in its address.
  if (slug.empty() || slug == "range" || slug == "time")
    slug = "chart" + (slug.empty() ? "" : "-" + slug);
  std::string unique = slug;
  for (int n = 2; !taken.insert(unique).second; ++n)
    unique = slug + "-" + std::to_string(n);
  return unique;
}

std::string escape_html(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

}  // namespace pond::site
