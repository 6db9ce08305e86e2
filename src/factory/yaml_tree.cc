#include "factory/yaml_tree.h"

#include <yaml-cpp/yaml.h>

#include <string>

#include "pond/error.h"
#include "tinyfs/path.h"

namespace pond::factory {
namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxValues = 100'000;

[[noreturn]] void refuse(const YAML::Node& node, const std::string& problem) {
  const YAML::Mark mark = node.Mark();
  throw Error(ErrorCode::InvalidArgument,
              (mark.is_null() ? "" : "line " + std::to_string(mark.line + 1) + ": ") + problem);
}

void check_below(const YAML::Node& node, int depth, int& values) {
  if (depth > kMaxDepth)
    refuse(node, "nests too deep, or an alias (*) is inside its own anchor (&)");
  if (++values > kMaxValues) refuse(node, "more than 100,000 values");
  if (node.IsScalar()) {
    if (!tinyfs::is_utf8(node.Scalar())) refuse(node, "is not UTF-8");
  } else if (node.IsSequence()) {
    for (const auto& item : node)
      check_below(item, depth + 1, values);
  } else if (node.IsMap()) {
    for (const auto& entry : node) {
      check_below(entry.first, depth + 1, values);
      check_below(entry.second, depth + 1, values);
    }
  }
}

}  // namespace

void check_tree(const YAML::Node& node) {
  int values = 0;
  check_below(node, 0, values);
}

void check_variable(std::string_view name, std::string_view value) {
  if (!tinyfs::is_utf8(value))
    throw Error(ErrorCode::InvalidArgument,
                "the value of the variable " + std::string(name) + " is not UTF-8");
}

}  // namespace pond::factory
