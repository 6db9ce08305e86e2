// The configuration of a site: YAML in, canonical JSON kept, SiteSpec used.
#pragma once

#include <string>

#include "pond/site.h"

namespace YAML {
class Node;
}

namespace pond::site {

// Checks a `site` configuration and returns it as JSON; InvalidArgument names line and key.
std::string validate_spec(const YAML::Node& config);

extern const char* const kExampleSpec;

}  // namespace pond::site
