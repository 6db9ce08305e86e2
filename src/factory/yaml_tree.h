// The shape of YAML from outside, before anything walks through it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace YAML {
class Node;
}

namespace pond::factory {

// InvalidArgument (with the line) for a tree that nests more than 64 deep or has more than 100,000
// values: an alias (*name) inside its own anchor (&name) is a tree without end, and a few lines of
// aliases of aliases one of billions. Also for text that is not UTF-8, which JSON cannot hold.
void check_tree(const YAML::Node& node);

// All documents of a text. Throws YAML::Exception as YAML::LoadAll does, and where that would find
// empty documents without end: yaml-cpp 0.7 does not get past a ',' or ']' that closes nothing.
std::vector<YAML::Node> load_documents(const std::string& text);

// InvalidArgument unless the value of a variable is UTF-8.
void check_variable(std::string_view name, std::string_view value);

}  // namespace pond::factory
