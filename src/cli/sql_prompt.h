// The prompt of `pond sql`: statements typed at a terminal, or read from a pipe.
#pragma once

#include <functional>
#include <string>

#include "cli/context.h"

namespace pond::cli {

// Calls `answer` for each statement. At a terminal its errors are shown and the prompt goes on; in
// a pipe they end the run.
void sql_prompt(Context& context, const std::function<void(const std::string& sql)>& answer);

}  // namespace pond::cli
