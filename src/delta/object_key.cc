#include "delta/object_key.h"

#include <algorithm>
#include <string_view>

#include "pond/error.h"

namespace pond {

void check_object_key(const std::string& key) {
  bool good = !key.empty() && key.front() != '/' && key.find('\0') == std::string::npos;
  for (std::size_t begin = 0; good && begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view segment(key.data() + begin, end - begin);
    good = !segment.empty() && segment != "." && segment != "..";
    begin = end + 1;
  }
  if (!good) throw Error(ErrorCode::InvalidArgument, "not an object key: '" + key + "'");
}

}  // namespace pond
