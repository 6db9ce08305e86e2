// template: text files written from the columns of series, by Mustache templates.
//
//   in_pattern: /reduced/*/res=1h.series
//   out_pattern: $0.md
//   template: |
//     # {{name}}
//     {{#fields}}
//     - {{instrument}}: {{name}} in {{unit}}
//     {{/fields}}
//
// docs/factories.md says what a template can refer to.
#include <arrow/type.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <mstch/mstch.hpp>
#include <nlohmann/json.hpp>

#include "factory/input_files.h"
#include "factory/mustache_check.h"
#include "factory/output_tree.h"
#include "pond/error.h"

namespace pond::factory {
namespace {

using nlohmann::json;

// A column by the project's rule for names: [instrument.]quantity.unit[.aggregate].
struct Field {
  std::string column;
  std::string instrument;
  std::string name;
  std::string unit;
  std::string agg;

  mstch::map values() const {
    return {{"column", column},
            {"instrument", instrument},
            {"name", name},
            {"unit", unit},
            {"agg", agg}};
  }
};

Field field_of(const std::string& column) {
  constexpr std::array<std::string_view, 5> kAggregates{"avg", "min", "max", "sum", "count"};
  Field field{.column = column, .instrument = {}, .name = {}, .unit = {}, .agg = {}};
  std::string rest = column;
  const auto take = [&rest]() -> std::string {
    const std::size_t dot = rest.rfind('.');
    if (dot == rest.npos || dot == 0) return {};
    std::string last = rest.substr(dot + 1);
    rest.resize(dot);
    return last;
  };
  const std::size_t dot = rest.rfind('.');
  if (dot != rest.npos &&
      std::find(kAggregates.begin(), kAggregates.end(), rest.substr(dot + 1)) != kAggregates.end())
    field.agg = take();
  field.unit = take();
  field.name = take();
  field.instrument = field.name.empty() ? "" : rest;
  if (field.name.empty()) field.name = rest;
  return field;
}

// A list whose elements know whether they are the first and the last: for separators.
mstch::array listed(std::vector<mstch::map> items) {
  mstch::array list;
  list.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i]["first"] = i == 0;
    items[i]["last"] = i + 1 == items.size();
    list.push_back(std::move(items[i]));
  }
  return list;
}

mstch::array listed(const std::vector<Field>& fields) {
  std::vector<mstch::map> items;
  items.reserve(fields.size());
  for (const auto& field : fields)
    items.push_back(field.values());
  return listed(std::move(items));
}

// The fields by one of their parts, in the order of first appearance.
mstch::array grouped(const std::vector<Field>& fields, std::string Field::*part,
                     const char* part_name) {
  std::vector<std::pair<std::string, std::vector<Field>>> groups;
  for (const auto& field : fields) {
    auto same = std::find_if(groups.begin(), groups.end(),
                             [&](const auto& group) { return group.first == field.*part; });
    if (same == groups.end()) same = groups.insert(same, {field.*part, {}});
    same->second.push_back(field);
  }
  std::vector<mstch::map> items;
  items.reserve(groups.size());
  for (const auto& [value, members] : groups)
    items.push_back(
        {{part_name, value}, {"unit", members.front().unit}, {"fields", listed(members)}});
  return listed(std::move(items));
}

struct Text {
  std::string path;  // of the text, below the node
  std::vector<InputFile> inputs;
  std::string mustache;       // or
  std::string mustache_path;  // the pond path of a file that holds it
};

class RenderedText : public TextFile {
 public:
  RenderedText(const tinyfs::NodeId& id, tinyfs::NodeInfo info, const Environment& environment,
               Text text)
      : TextFile(id, std::move(info)), environment_(environment), text_(std::move(text)) {}

 protected:
  std::string text() const override {
    std::string mustache = text_.mustache;
    if (!text_.mustache_path.empty()) {
      const auto file = environment_.fs->root().get(text_.mustache_path);
      mustache = tinyfs::read_all(*file.as_file().open());
      if (const std::string problem = mustache_problem(mustache); !problem.empty())
        throw Error(ErrorCode::InvalidArgument, file.path() + ": " + problem);
    }
    return mstch::render(mustache, context());
  }

 private:
  mstch::map context() const {
    // Restricted: the SQL behind a derived input may be that of a pond from somewhere else.
    query::Session session(environment_.fs, {});
    std::vector<Field> all;
    std::vector<mstch::map> files;
    for (const auto& input : text_.inputs) {
      std::vector<Field> fields;
      std::string time_column;
      if (const auto table = input.table(session)) {
        for (const auto& column : table->schema->fields()) {
          if (column->type()->id() != arrow::Type::TIMESTAMP)
            fields.push_back(field_of(column->name()));
          else if (time_column.empty())
            time_column = column->name();
        }
      }
      for (const auto& field : fields)
        if (std::none_of(all.begin(), all.end(),
                         [&](const Field& known) { return known.column == field.column; }))
          all.push_back(field);
      mstch::array captures(input.captures.begin(), input.captures.end());
      files.push_back({{"path", input.shown},
                       {"time_column", time_column},
                       {"captures", std::move(captures)},
                       {"schema", mstch::map{{"fields", listed(fields)}}}});
    }
    const std::string file = text_.path.substr(text_.path.rfind('/') + 1);
    return {{"path", text_.path},
            {"name", file.substr(0, file.rfind('.'))},
            {"files", listed(std::move(files))},
            {"fields", listed(all)},
            {"schema", mstch::map{{"fields", listed(all)}}},
            {"quantities", grouped(all, &Field::name, "name")},
            {"instruments", grouped(all, &Field::instrument, "instrument")}};
  }

  Environment environment_;
  Text text_;
};

std::shared_ptr<OutputNode> load(const tinyfs::DynamicSpec& spec, const Environment& environment) {
  const json config = json::parse(spec.config);
  const std::string in_pattern = config.at("in_pattern");
  const std::string out_pattern = config.at("out_pattern");
  const Text common{.path = {},
                    .inputs = {},
                    .mustache = config.value("template", ""),
                    .mustache_path = config.value("template_path", "")};
  const tinyfs::NodeInfo info = FromSpec(spec).dynamic_info(tinyfs::Kind::Data);
  return std::make_shared<OutputNode>(
      spec, [id = spec.id, in_pattern, out_pattern, common, info, environment] {
        OutputFiles files;
        const Finding now(id);
        if (now.again()) return files;
        for (auto& [path, inputs] :
             group_inputs(in_pattern, "out_pattern", out_pattern, environment.fs)) {
          Text text = common;
          text.path = path;
          text.inputs = std::move(inputs);
          files[path] = [info, environment, text](const tinyfs::NodeId& file) {
            return std::make_shared<RenderedText>(file, info, environment, text);
          };
        }
        return files;
      });
}

std::string validate(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  json result{{"in_pattern", read_pattern(reader, "in_pattern", From::Pond)},
              {"out_pattern", reader.text("out_pattern")}};
  if (reader.text("out_pattern").find_first_not_of("/.") == std::string::npos)
    config_error(reader.node("out_pattern"), reader.path("out_pattern"), "is empty");
  check_captures(reader, "out_pattern", count_wildcards(result["in_pattern"]));
  if (reader.find("template_path")) {
    if (const auto both = reader.find("template"))
      config_error(*both, reader.path("template"), "is given, and template_path too",
                   "give one of them");
    result["template_path"] = tinyfs::normalise_path(reader.text("template_path"));
  } else {
    const std::string text = reader.text("template");
    if (const std::string problem = mustache_problem(text); !problem.empty())
      config_error(reader.node("template"), reader.path("template"), problem);
    result["template"] = text;
  }
  reader.finish();
  return result.dump();
}

}  // namespace

FactoryType template_text() {
  return {.name = "template",
          .summary = "text files written from the columns of series, by Mustache templates",
          .example =
              "in_pattern: /reduced/*/res=1h.series\n"
              "out_pattern: $0.md\n"
              "template: |\n"
              "  # {{name}}\n"
              "  {{#fields}}\n"
              "  - {{instrument}}: {{name}} in {{{unit}}}\n"
              "  {{/fields}}\n",
          .validate = validate,
          .load = load,
          .run = nullptr};
}

}  // namespace pond::factory
