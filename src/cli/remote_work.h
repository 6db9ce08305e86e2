// What the commands of backups share.
#pragma once

#include <string>

#include "pond/remote.h"

namespace CLI {
class App;
}

namespace pond::cli {

class Context;

void add_location_options(CLI::App& command, remote::Location& location);

// Pushes; `remote` then says what is there.
remote::PushReport push_to(Context& context, remote::Remote& remote);
std::string push_text(const remote::PushReport& report, const std::string& name);

}  // namespace pond::cli
