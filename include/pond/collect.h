// Collectors: jobs that bring data into the pond from where it is measured.
#pragma once

#include "pond/factory.h"

namespace pond::collect {

// hydrovu.
void add_collectors(factory::Registry& registry);

}  // namespace pond::collect
