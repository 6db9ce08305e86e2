#include "factory/reduce_state.h"

#include <nlohmann/json.hpp>

namespace pond::factory {
namespace {

using nlohmann::json;

std::optional<Through> parse_through(const std::string& attributes,
                                     const std::string& fingerprint) {
  const json all = json::parse(attributes, nullptr, false);
  if (!all.is_object() || !all.contains("reduce")) return std::nullopt;
  const json& state = all["reduce"];
  if (!state.is_object() || state.value("config", "") != fingerprint) return std::nullopt;
  Through through;
  if (!state.contains("through") || !state["through"].is_object()) return std::nullopt;
  for (const auto& [id, version] : state["through"].items())
    through[id] = version.get<std::uint64_t>();
  return through;
}

// Every row in the partials must be a row of some present input, of a version that is there.
bool covers(const Through& through, const ReduceOutput& output) {
  std::size_t found = 0;
  for (const auto& input : output.inputs) {
    if (input.series() == nullptr) continue;
    const auto known = through.find(input.id());
    if (known == through.end()) continue;
    ++found;
    if (input.node->info().version < known->second) return false;
  }
  return found == through.size();
}

}  // namespace

std::string partials_directory(const tinyfs::NodeId& node) {
  return "/.reduce/" + node.to_string();
}

std::string partials_name(const std::string& output) {
  std::string name;
  for (const char c : output) {
    if (c == '/')
      name += "%2F";
    else if (c == '%')
      name += "%25";
    else
      name += c;
  }
  return name;
}

std::string partials_path(const tinyfs::NodeId& node, const std::string& output,
                          const Resolution& resolution) {
  return partials_directory(node) + "/" + partials_name(output) + "/res=" + resolution.label +
         ".series";
}

std::string state_attributes(const ReduceConfig& config, const Through& through) {
  return json{{"reduce", {{"config", config.fingerprint()}, {"through", through}}}}.dump();
}

std::optional<StoredPartials> find_partials(const ReduceConfig& config, const tinyfs::NodeId& node,
                                            const ReduceOutput& output,
                                            const Resolution& resolution, tinyfs::FS& fs) {
  const auto file = fs.root().find(partials_path(node, output.name, resolution));
  if (!file) return std::nullopt;
  const auto* stored = tinylogfs::as_oplog_file(*file->node());
  if (stored == nullptr) return std::nullopt;
  const auto details = stored->details();
  if (details.empty()) return std::nullopt;
  auto through = parse_through(details.back().attributes, config.fingerprint());
  if (!through || !covers(*through, output)) return std::nullopt;
  return StoredPartials{*file, std::move(*through)};
}

}  // namespace pond::factory
