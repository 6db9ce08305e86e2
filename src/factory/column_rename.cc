// column-rename: a series with other names for its columns.
//
//   pattern: "csv:///drop/*.csv"
//   rules:
//     - {type: direct, from: Date Time, to: timestamp}
//     - {type: pattern, from: '^(.+) \((.+)\)$', to: $1.$2}
//
// The first rule that fits a column renames it; the others keep their names.
#include <arrow/type.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <nlohmann/json.hpp>

#include "factory/factory_node.h"
#include "factory/input_files.h"
#include "pond/error.h"

namespace pond::factory {
namespace {

using nlohmann::json;
using query::quote_literal;

// "$1.$2" as DuckDB's regexp_replace writes it; "$$" is a dollar sign.
std::string replacement(const std::string& to) {
  std::string text;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == '\\') {
      text += "\\\\";
    } else if (to[i] == '$' && i + 1 < to.size() && to[i + 1] == '$') {
      text += to[++i];
    } else if (to[i] == '$' && i + 1 < to.size() && to[i + 1] >= '0' && to[i + 1] <= '9') {
      text += '\\';
    } else {
      text += to[i];
    }
  }
  return text;
}

class RenamedSeries : public ComputedNode {
 public:
  RenamedSeries(const tinyfs::DynamicSpec& spec, const Environment& environment)
      : ComputedNode(spec, tinyfs::Kind::Series, environment) {
    const json config = json::parse(spec.config);
    pattern_ = config.at("pattern");
    for (const auto& rule : config.at("rules"))
      rules_.push_back({rule.at("type"), rule.at("from"), rule.at("to")});
  }

  std::string relation(query::Session& session) const override {
    const std::string input = session.relation(pattern_);
    const auto before = columns_of(session, input)->field_names();
    const auto after = renamed(session, before);
    std::map<std::string, std::string> taken;
    std::string columns;
    for (std::size_t i = 0; i < before.size(); ++i) {
      const auto [earlier, first] = taken.emplace(after[i], before[i]);
      if (!first || after[i].empty())
        throw Error(ErrorCode::InvalidArgument,
                    first ? "the rules leave no name for the column '" + before[i] + "'"
                          : "the rules give two columns the name '" + after[i] + "': '" +
                                earlier->second + "' and '" + before[i] + "'",
                    "change the rules of the column-rename");
      columns += (i > 0 ? ", " : "") + query::quote_identifier(before[i]) + " AS " +
                 query::quote_identifier(after[i]);
    }
    return "(SELECT " + columns + " FROM " + input + ")";
  }

 private:
  struct Rule {
    std::string type;
    std::string from;
    std::string to;
  };

  // By DuckDB's own regular expressions, which take time linear in the name whatever the pattern.
  std::vector<std::string> renamed(query::Session& session,
                                   const std::vector<std::string>& names) const {
    std::string values;
    for (std::size_t i = 0; i < names.size(); ++i)
      values += (i > 0 ? ", (" : "(") + std::to_string(i) + ", " + quote_literal(names[i]) + ")";
    std::string rename = "CASE";
    for (const auto& rule : rules_) {
      const std::string from = quote_literal(rule.from);
      if (rule.type == "direct")
        rename += " WHEN name = " + from + " THEN " + quote_literal(rule.to);
      else
        rename += " WHEN regexp_matches(name, " + from + ") THEN regexp_replace(name, " + from +
                  ", " + quote_literal(replacement(rule.to)) + ")";
    }
    return query_texts(session, "SELECT " + rename + " ELSE name END FROM (VALUES " + values +
                                    ") pond_columns(place, name) ORDER BY place");
  }

  std::string pattern_;
  std::vector<Rule> rules_;
};

// Asks DuckDB whether a regular expression is one, and knows the groups that `to` asks for.
void check_expression(ConfigReader& rule) {
  const std::string from = rule.text("from");
  const std::string to = rule.text("to");
  try {
    query::Session session(nullptr, {});
    query_texts(session, "SELECT regexp_replace('', " + quote_literal(from) + ", '')");
    // An expression that also matches nothing, with the same groups: a rewrite that asks for more
    // of them than there are leaves the text as it is.
    const auto probe =
        query_texts(session, "SELECT regexp_replace('', " + quote_literal("^(?:" + from + ")?") +
                                 ", " + quote_literal(replacement(to) + "x") + ")");
    if (probe.size() == 1 && probe[0].empty())
      config_error(rule.node("to"), rule.path("to"), "asks for a group that 'from' does not have",
                   "$1 is what the first (…) matched, $0 the whole match");
  } catch (const Error& error) {
    if (std::string_view(error.what()).find(rule.path("to")) != std::string_view::npos) throw;
    constexpr std::string_view kPrefix = "Invalid Input Error: ";
    std::string_view problem = error.what();
    if (problem.starts_with(kPrefix)) problem.remove_prefix(kPrefix.size());
    config_error(rule.node("from"), rule.path("from"),
                 "is not a regular expression: " + std::string(problem));
  }
}

std::string validate(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  const std::string pattern = read_pattern(reader, "pattern");
  json rules = json::array();
  for (const auto& node : reader.list("rules", "{type, from, to}")) {
    ConfigReader rule(node, reader.path("rules", rules.size()));
    const std::string type = rule.text("type");
    const std::string from = rule.text("from");
    const std::string to = rule.text("to");
    rule.finish();
    if (type != "direct" && type != "pattern") {
      const std::string near = nearest(type, {"direct", "pattern"});
      config_error(rule.node("type"), rule.path("type"), "unknown type '" + type + "'",
                   near.empty() ? "the types are direct (an exact name) and pattern (a regular "
                                  "expression)"
                                : "did you mean " + near + "?");
    }
    if (from.empty()) config_error(rule.node("from"), rule.path("from"), "is empty");
    if (to.empty()) config_error(rule.node("to"), rule.path("to"), "is empty");
    if (type == "pattern") check_expression(rule);
    rules.push_back({{"type", type}, {"from", from}, {"to", to}});
  }
  reader.finish();
  return json{{"pattern", pattern}, {"rules", rules}}.dump();
}

}  // namespace

FactoryType column_rename() {
  return {.name = "column-rename",
          .summary = "a series with other names for its columns",
          .example =
              "pattern: csv:///drop/*.csv\n"
              "rules:\n"
              "  - {type: direct, from: Date Time, to: timestamp}\n"
              "  - {type: pattern, from: '^(.+) \\((.+)\\)$', to: $1.$2}\n",
          .validate = validate,
          .load = load_node<RenamedSeries>,
          .run = nullptr};
}

}  // namespace pond::factory
