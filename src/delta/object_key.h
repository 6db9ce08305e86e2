// What may be a key of an ObjectStore.
#pragma once

#include <string>

namespace pond {

// InvalidArgument unless `key` is segments between slashes, none of them empty, "." or "..": it
// stays below its directory or prefix, whatever a log says.
void check_object_key(const std::string& key);

}  // namespace pond
