// The shape of YAML from outside, before anything walks through it.
#pragma once

#include <string_view>

namespace YAML {
class Node;
}

namespace pond::factory {

// InvalidArgument (with the line) for a tree that nests more than 64 deep or has more than 100,000
// values: an alias (*name) inside its own anchor (&name) is a tree without end, and a few lines of
// aliases of aliases one of billions. Also for text that is not UTF-8, which JSON cannot hold.
void check_tree(const YAML::Node& node);

// InvalidArgument unless the value of a variable is UTF-8.
void check_variable(std::string_view name, std::string_view value);

}  // namespace pond::factory
